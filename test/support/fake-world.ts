import { sha256 } from '../../src/adapters/access/secrets.js'
import { HighsSolver } from '../../src/adapters/optimiser/highs-solver.js'
import { CheckCode } from '../../src/application/check-code.js'
import { CheckTogether } from '../../src/application/check-together.js'
import { ClearLeg } from '../../src/application/clear-leg.js'
import { CollectQuotes } from '../../src/application/collect-quotes.js'
import { DriveCycle } from '../../src/application/drive-cycle.js'
import { FindOffer } from '../../src/application/find-offer.js'
import { OfferLeg } from '../../src/application/offer-leg.js'
import { LookAhead } from '../../src/application/look-ahead.js'
import { PlayJointly } from '../../src/application/play-jointly.js'
import { PolicyBook } from '../../src/application/policy-book.js'
import { ProposePlan } from '../../src/application/propose-plan.js'
import { ReadPrices } from '../../src/application/read-prices.js'
import { Reconcile } from '../../src/application/reconcile.js'
import { RunCycle } from '../../src/application/run-cycle.js'
import { SeekApproval } from '../../src/application/seek-approval.js'
import { SettleIntent } from '../../src/application/settle-intent.js'
import { SettleTransfers } from '../../src/application/settle-transfers.js'
import { SweepAllowances } from '../../src/application/sweep-allowances.js'
import { TakeSnapshot } from '../../src/application/take-snapshot.js'
import { WatchPrices } from '../../src/application/watch-prices.js'
import { TripBreaker } from '../../src/application/trip-breaker.js'
import { NATIVE, type Token } from '../../src/domain/assets.js'
import type { ChainKey } from '../../src/domain/assets.js'
import type { FeeRules } from '../../src/domain/execution/fees.js'
import type { Market } from '../../src/domain/planning/cost.js'
import type { OperatingLevel, Scope } from '../../src/domain/policy/operating.js'
import type { Portfolio } from '../../src/domain/policy/portfolio.js'
import type { PriceGuard } from '../../src/domain/policy/price-guard.js'
import type { NextDue } from '../../src/domain/rebalancing/due-times.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { ONE_USD } from '../../src/domain/units/usd.js'
import { PriceSources } from '../../src/ports/prices.js'
import { Stopping } from '../../src/ports/stopping.js'
import type { Store } from '../../src/ports/store.js'
import { QuoteVenues } from '../../src/ports/quotes.js'
import { addressOf, FEE_RULES, OWNER } from './builders.js'
import { FakeBridges, FakeTransfers } from './fake-bridges.js'
import { FakeChain } from './fake-chain.js'
import { FakeClock } from './fake-clock.js'
import { FakeBalances, FakeLease, FakePrices, FakeSigner, RecordingObserver } from './fake-ports.js'
import { FakeVenue } from './fake-venue.js'
import { Died, Life } from './life.js'
import { NO_LIMITS } from '../../src/domain/targets/weight-limits.js'
import { looseLimits } from './limits.js'
import { MemoryProposals } from './memory-admin.js'
import { MemoryRows, MemoryStore } from './memory-store.js'

const token = (chain: string, asset: string, symbol: string, number: number, decimals: number): Token => ({
  chain,
  asset,
  symbol,
  address: number === 0 ? NATIVE : addressOf(number),
  decimals,
})

export const ALPHA = {
  eth: token('alpha', 'ETH', 'ETH', 0, 18),
  weth: token('alpha', 'ETH', 'WETH', 0xa1, 18),
  usdc: token('alpha', 'USD', 'USDC', 0xa2, 6),
}
export const BETA = {
  eth: token('beta', 'ETH', 'ETH', 0, 18),
  usdc: token('beta', 'USD', 'USDC', 0xb2, 6),
  wbtc: token('beta', 'BTC', 'WBTC', 0xb3, 8),
}
export const TOKENS: readonly Token[] = [...Object.values(ALPHA), ...Object.values(BETA)]

/** The real one, for all worlds: it remembers nothing and rests in a thread that holds no process open. */
const SOLVER = new HighsSolver()

/** ETH is on alpha and is sold there, BTC is on beta only, money moves as USDC. */
export function aPortfolio(changes: Partial<Portfolio> = {}): Portfolio {
  const bps = ratioOfBasisPoints
  const rules = { quorum: 2, maxDivergence: bps(50), minimum: 1n, maximum: 10n ** 30n }
  return {
    id: 'core',
    mode: 'live',
    account: OWNER,
    accountAlias: 'treasury',
    chains: [
      { key: 'alpha', native: ALPHA.eth, priorityFee: 0n, gasLimitCap: 2n ** 24n },
      { key: 'beta', native: BETA.eth, priorityFee: 0n, gasLimitCap: 2n ** 24n },
    ],
    assets: [
      { key: 'ETH', class: 'major', tokens: [ALPHA.weth, ALPHA.eth, BETA.eth] },
      { key: 'USD', class: 'stable', tokens: [ALPHA.usdc, BETA.usdc] },
      { key: 'BTC', class: 'major', tokens: [BETA.wbtc] },
    ],
    priceRules: ['ETH', 'USD', 'BTC'].map((asset) => ({ asset, ...rules })),
    maxSlippage: bps(30),
    maxQuoteAgeMs: 15_000,
    rebalancing: {
      choice: { name: 'absolute-threshold', parameters: { reset: 'target', cooldownMs: 60_000 } },
      calendar: undefined,
    },
    shadow: undefined,
    targetSetting: {
      setter: 'fixed',
      parameters: { weights: { ETH: 0.5, USD: 0.3, BTC: 0.2 } },
      limits: NO_LIMITS,
      maxChangePerDay: undefined,
      source: undefined,
      issuers: {},
    },
    assumedCost: bps(10),
    caution: { leg: RATIO_ONE, slippage: RATIO_ONE },
    limits: looseLimits(),
    planApproval: { people: 0, above: 0n },
    bridges: {
      swift: {
        tier: 'liquidity',
        expectedSeconds: undefined,
        lostAfterSeconds: 3_600,
        quietSeconds: 20,
        hasIds: true,
        inFlight: RATIO_ONE,
        day: RATIO_ONE,
        routes: undefined,
      },
    },
    ...changes,
    policy: {
      targets: [
        { asset: 'ETH', weight: bps(5_000), absoluteBand: bps(200) },
        { asset: 'USD', weight: bps(3_000), absoluteBand: bps(200) },
        { asset: 'BTC', weight: bps(2_000), absoluteBand: bps(200) },
      ],
      minimumTrade: 1_000n * ONE_USD,
      maxLoss: { stable: bps(10), major: bps(50), other: bps(100) },
      maxBridgeLoss: bps(30),
      maxLeg: 10_000_000n * ONE_USD,
      maxGas: 50n * ONE_USD,
      gasReserve: { alpha: 10n ** 18n, beta: 10n ** 18n },
      hubs: { alpha: ALPHA.usdc, beta: BETA.usdc },
      assetHubs: {},
      maxLegs: 40,
      chainShares: {},
      maxBridgeShare: RATIO_ONE,
      bridgeShares: {},
      otherBridgeShare: RATIO_ONE,
      slicing: { maxImpact: bps(10_000), maxSlices: 1, recoveryHalfLifeSeconds: 60, riskAversion: 0 },
      replanMove: RATIO_ONE,
      planning: { maxQuotes: 200, deadlineMs: 20_000, solverSeconds: undefined },
      ...changes.policy,
    },
  }
}

/** Chains, venues, bridge, prices and records: everything that outlives a process. Time makes blocks. */
export class FakeWorld {
  readonly clock = new FakeClock()
  readonly chain = new FakeChain({ alpha: 901, beta: 902 }, () => this.clock.now())
  readonly bridges = new FakeBridges(this.chain, TOKENS, () => this.clock.now())
  readonly balances = new FakeBalances(this.chain)
  readonly prices = new Map([
    ['ETH', 3_000n * ONE_USD],
    ['USD', ONE_USD],
    ['BTC', 60_000n * ONE_USD],
  ])
  readonly sources = [new FakePrices('feed', this.prices), new FakePrices('reference', this.prices)] as const
  readonly swaps: FakeVenue
  readonly rival: FakeVenue
  configHash = 'c'.repeat(64)
  readonly crossings: FakeVenue
  readonly signer = new FakeSigner(OWNER)
  readonly rows = new MemoryRows()
  /** What is watched about prices; nothing unless a test says so. */
  readonly guards: PriceGuard[] = []
  readonly proposals = new MemoryProposals()
  /** Due times of every calendar. */
  nextDue: NextDue = () => undefined
  /** Where processes keep their records. */
  records: () => Store = () => new MemoryStore(this.rows, undefined, () => this.clock.now())
  /** By chain, where they are not FEE_RULES. */
  readonly feeRules = new Map<ChainKey, FeeRules>()

  constructor() {
    const options = { clock: this.clock, market: () => this.market() }
    this.swaps = new FakeVenue('swaps', { ...options, kinds: ['swap'], chargeBps: 10, number: 1 })
    this.rival = new FakeVenue('rival', { ...options, kinds: ['swap'], chargeBps: 20, number: 2 })
    this.crossings = new FakeVenue('crossings', { ...options, kinds: ['bridge'], chargeBps: 5, number: 3 })
    for (const native of [ALPHA.eth, BETA.eth]) this.chain.give(native, OWNER, 5n * 10n ** 18n)
    this.clock.onPass(() => {
      this.chain.mineAll()
      this.bridges.relay()
    })
  }

  /** Much more ETH than the target of `aPortfolio` wants, nearly no BTC. */
  static drifted(): FakeWorld {
    const world = new FakeWorld()
    world.chain.give(ALPHA.weth, OWNER, 200n * 10n ** 18n)
    world.chain.give(ALPHA.usdc, OWNER, 100_000n * 10n ** 6n)
    world.chain.give(BETA.usdc, OWNER, 20_000n * 10n ** 6n)
    return world
  }

  /** What an operator, or a breaker of another process, writes. */
  hold(reason: string, level: OperatingLevel = 'paused_new', scope: Scope = 'all'): void {
    this.rows.scopes.set(scope, { scope, level, reason, since: this.clock.now(), by: 'operator' })
  }

  market(): Market {
    const gas = { gasPrice: 1_000_000_000n, nativeAsset: 'ETH', nativeDecimals: 18 }
    return {
      prices: this.prices,
      gas: new Map([
        ['alpha', gas],
        ['beta', gas],
      ]),
    }
  }

  /** Units of every token except the native coins, which also pay for gas. */
  holdings(): Record<string, bigint> {
    return Object.fromEntries(
      TOKENS.filter(({ address }) => address !== NATIVE).map((one) => [
        `${one.symbol} on ${one.chain}`,
        this.chain.balance(one, OWNER),
      ]),
    )
  }

  /** Successful calls of each kind that are part of the chains now. */
  effects(): string[] {
    return this.chain
      .receipts()
      .flatMap(({ chain, isSuccess, action }) =>
        isSuccess && action && action.do !== 'approve'
          ? [`${action.do} ${action.units} ${action.sell} on ${chain}`]
          : [],
      )
      .toSorted()
  }

  /** A process on this world; another one on the same world is a restart. */
  start(life = new Life()): FakeProcess {
    return new FakeProcess(this, life)
  }
}

/** The application as the composition root builds it, on the fakes. */
export class FakeProcess {
  readonly observer = new RecordingObserver()
  readonly lease = new FakeLease()
  readonly stopping = new Stopping()
  readonly stopped: unknown[] = []
  readonly store: Store
  readonly readPrices: ReadPrices
  readonly collectQuotes: CollectQuotes
  readonly takeSnapshot: TakeSnapshot
  readonly proposePlan: ProposePlan
  readonly offerLeg: OfferLeg
  readonly clearLeg: ClearLeg
  readonly settleIntent: SettleIntent
  readonly tripBreaker: TripBreaker
  readonly settleTransfers: SettleTransfers
  readonly driveCycle: DriveCycle
  readonly reconcile: Reconcile
  readonly sweepAllowances: SweepAllowances
  readonly runCycle: RunCycle

  constructor(
    readonly world: FakeWorld,
    readonly life: Life,
  ) {
    const { clock } = world
    const { observer } = this
    this.lease.isOurs = true
    const lease = Object.assign(Object.create(this.lease) as FakeLease, {
      isHeld: () => this.lease.isHeld() && !life.isOver,
    })
    const failpoints = life.failpoints()
    const store = life.mortal('store', world.records())
    const chain = life.mortal('chain', world.chain)
    const signer = life.mortal('signer', world.signer)
    const balances = life.mortal('balances', world.balances)
    const transfers = life.mortal('transfers', new FakeTransfers(world.chain))
    const quotes = new QuoteVenues(
      [world.swaps, world.rival, world.crossings].map((venue) => life.mortal(venue.venue, venue)),
    )
    const prices = new PriceSources(world.sources.map((source) => life.mortal(source.name, source)))
    this.store = store
    const watchPrices = new WatchPrices({
      guards: world.guards,
      tripBreaker: new TripBreaker({ store, clock, observer }),
      store,
      clock,
      observer,
    })
    this.readPrices = new ReadPrices({ prices, ...(world.guards.length > 0 && { watchPrices }) })
    this.collectQuotes = new CollectQuotes({ quotes, observer, clock, store })
    this.takeSnapshot = new TakeSnapshot({ balances, readPrices: this.readPrices, clock, observer })
    this.proposePlan = new ProposePlan({
      takeSnapshot: this.takeSnapshot,
      lookAhead: new LookAhead(),
      policies: new PolicyBook({ nextDueOf: () => world.nextDue }),
      collectQuotes: this.collectQuotes,
      playJointly: new PlayJointly({ collectQuotes: this.collectQuotes, quotes, chain }),
      solver: life.mortal('solver', SOLVER),
      clock,
      observer,
    })
    const tripBreaker = new TripBreaker({ store, clock, observer })
    const checkCode = new CheckCode({ chain, store, tripBreaker, clock })
    const findOffer = new FindOffer({ collectQuotes: this.collectQuotes, quotes, checkCode, chain, clock, observer })
    this.offerLeg = new OfferLeg({
      readPrices: this.readPrices,
      findOffer,
      checkTogether: new CheckTogether({ findOffer, chain, clock }),
      tripBreaker,
      quotes,
      chain,
      store,
      clock,
      observer,
      failpoints,
    })
    this.tripBreaker = tripBreaker
    this.clearLeg = new ClearLeg({ chain, balances, tripBreaker, store, clock, observer, failpoints })
    this.settleIntent = new SettleIntent({
      chain,
      signer,
      store,
      clock,
      observer,
      lease,
      stopping: this.stopping,
      failpoints,
      readPrices: this.readPrices,
      tripBreaker: this.tripBreaker,
      feeRules: (chain) => world.feeRules.get(chain) ?? FEE_RULES,
      resendMs: 3_000,
    })
    this.settleTransfers = new SettleTransfers({
      tripBreaker: this.tripBreaker,
      transfers,
      chain,
      store,
      clock,
      observer,
      failpoints,
      pollMs: 1_000,
    })
    this.driveCycle = new DriveCycle({
      readPrices: this.readPrices,
      balances,
      tripBreaker: this.tripBreaker,
      offerLeg: this.offerLeg,
      clearLeg: this.clearLeg,
      settleIntent: this.settleIntent,
      settleTransfers: this.settleTransfers,
      seekApproval: new SeekApproval({
        proposals: life.mortal('proposals', world.proposals),
        terms: { environment: 'test', config: world.configHash },
        hash: sha256,
        clock,
        observer,
      }),
      store,
      lease,
      clock,
      observer,
      failpoints,
      pollMs: 1_000,
    })
    this.reconcile = new Reconcile({ balances, chain, store, tripBreaker, observer, clock })
    this.sweepAllowances = new SweepAllowances({
      chain,
      store,
      settleIntent: this.settleIntent,
      tripBreaker,
      lease,
      clock,
      observer,
    })
    this.runCycle = new RunCycle({
      proposePlan: this.proposePlan,
      driveCycle: this.driveCycle,
      tripBreaker: this.tripBreaker,
      settleTransfers: this.settleTransfers,
      reconcile: this.reconcile,
      sweepAllowances: this.sweepAllowances,
      balances,
      store,
      lease,
      clock,
      observer,
      failpoints,
      stop: (error) => this.stopped.push(error),
    })
  }

  /** Works on an open cycle until it is over or the process is. */
  async drive(portfolio: Portfolio, cycleId: string): Promise<void> {
    const giveUp = new AbortController()
    const started = this.world.clock.now()
    this.world.clock.onPass(() => {
      if (this.world.clock.now() - started > 3_600_000) giveUp.abort()
    })
    await this.driveCycle.run(portfolio, cycleId, giveUp.signal).catch((error: unknown) => {
      if (!(error instanceof Died)) throw error
    })
    if (giveUp.signal.aborted) throw new Error(`Cycle ${cycleId} is not over after an hour.`)
  }
}
