import { beforeEach, describe, expect, test } from '@jest/globals'
import { Registry } from 'prom-client'
import { aLeg, aPlan, aPolicy } from '../../../test/support/builders.js'
import { aPortfolio, FakeWorld } from '../../../test/support/fake-world.js'
import { NATIVE, type Token } from '../../domain/assets.js'
import type { Event } from '../../domain/events.js'
import type { Cycle, CycleOutcome, LegRun } from '../../domain/execution/cycle.js'
import type { Attempt, Inclusion, Intent, IntentState } from '../../domain/execution/intent.js'
import type { Transfer, TransferState } from '../../domain/execution/transfer.js'
import { type Cost, NO_COST } from '../../domain/planning/cost.js'
import type { Plan } from '../../domain/planning/plan.js'
import { measureDrift } from '../../domain/portfolio/drift.js'
import type { AssetPrice, ChainReading, SourceReading } from '../../domain/portfolio/snapshot.js'
import { valuePortfolio } from '../../domain/portfolio/valuation.js'
import type { OperatingLevel, Scope } from '../../domain/policy/operating.js'
import type { Decision, DecisionCode } from '../../domain/policy/trigger.js'
import { ofIntent } from '../../domain/purpose.js'
import { amountOf } from '../../domain/units/amount.js'
import { ratioOfBasisPoints } from '../../domain/units/ratio.js'
import { ONE_USD } from '../../domain/units/usd.js'
import { createLogger } from './log.js'
import type { MetricLabels } from './metrics.js'
import { EventObserver } from './observer.js'

const eth: Token = { chain: 'bay', asset: 'ETH', symbol: 'ETH', address: NATIVE, decimals: 18 }
const weth: Token = { ...eth, symbol: 'WETH', address: '0x000000000000000000000000000000000000000e' }
const usdc: Token = {
  chain: 'bay',
  asset: 'USD',
  symbol: 'USDC',
  address: '0x00000000000000000000000000000000000000dc',
  decimals: 6,
}
const farUsdc: Token = { ...usdc, chain: 'anchor' }
const hash = `0x${'ab'.repeat(32)}` as const
const account = '0x00000000000000000000000000000000000000aa'
const now = 1_800_000_000_000

const labels: MetricLabels = {
  revision: 'abc123',
  chains: [
    { key: 'anchor', nativeDecimals: 18, endpoints: ['one', 'two'], blockTimeSeconds: 3, finalitySeconds: 9 },
    { key: 'bay', nativeDecimals: 18, endpoints: ['one'], blockTimeSeconds: 1, finalitySeconds: 3 },
  ],
  venues: ['lifi', 'zeroex'],
  channels: ['ops'],
  bridges: ['swift'],
  assets: ['ETH', 'USD'],
  actions: ['pause', 'read'],
  priceLimits: { ETH: ratioOfBasisPoints(150), USD: ratioOfBasisPoints(50) },
  portfolios: [
    {
      id: 'main',
      account: 'treasury',
      address: account,
      intervalSeconds: 300,
      slippageLimit: ratioOfBasisPoints(30),
      hasShadow: true,
      isLive: true,
      targets: [
        { asset: 'ETH', weight: ratioOfBasisPoints(6000), band: ratioOfBasisPoints(200) },
        { asset: 'USD', weight: ratioOfBasisPoints(4000), band: ratioOfBasisPoints(100) },
      ],
      gasReserve: { anchor: 2n * 10n ** 18n, bay: 5n * 10n ** 17n },
    },
  ],
}

let observer: EventObserver
let registry: Registry
let time: number
let written: string[]

function start(
  destination = { write: (text: string) => void written.push(text) },
  traceOf?: (cycleId: string) => string,
): void {
  written = []
  time = now
  registry = new Registry()
  const clock = { now: () => time, sleep: () => Promise.resolve() }
  observer = new EventObserver({
    log: createLogger({ level: 'debug', pretty: false, destination }),
    registry,
    labels,
    clock,
    ...(traceOf && { traceOf }),
  })
}

beforeEach(() => start())

/** The value of one series as Prometheus would read it, or undefined when it is not exported. */
async function valueOf(series: string): Promise<number | undefined> {
  const found = (await registry.metrics()).split('\n').find((line) => line.startsWith(`evenkeel_${series} `))
  return found === undefined ? undefined : Number(found.split(' ').at(-1))
}

function lines(): Record<string, unknown>[] {
  return written.map((text) => JSON.parse(text) as Record<string, unknown>)
}

const attempt: Attempt = {
  hash,
  raw: '0x',
  gasLimit: 1n,
  maxFeePerGas: 1n,
  maxPriorityFeePerGas: 0n,
  signedAt: now,
  payload: 'step',
}
const inclusion: Inclusion = {
  hash,
  block: { number: 7n, hash, timestamp: now / 1000 },
  isSuccess: true,
  gasPaid: 21_000n,
  movements: [],
}

function intent(state: IntentState, id = 'p.0.swap.0'): Intent {
  const base = {
    id,
    cycleId: 'c1',
    legId: 'p.0',
    kind: 'swap' as const,
    ordinal: 0,
    chain: 'bay',
    account: account as Intent['account'],
    nonce: 4,
    call: { chain: 'bay', to: account as Intent['account'], data: '0x' as const, value: 0n },
    gasLimit: 1n,
    reservedAt: now,
    expiresAt: undefined,
    version: 1,
  }
  if (state === 'reserved' || state === 'released') return { ...base, state, attempts: [] }
  if (state === 'signed') return { ...base, state, attempts: [attempt] }
  if (state === 'foreign') return { ...base, state, attempts: [attempt] }
  return { ...base, state, attempts: [attempt], inclusion }
}

function scopeChanged(scope: Scope, level: OperatingLevel): Event {
  return {
    type: 'scope-changed',
    state: { scope, level, reason: 'Maintenance.', since: time, by: 'operator' },
    isEarlier: false,
  }
}

function moveIntent(state: IntentState, at = now, id?: string): void {
  observer.notify({ type: 'intent-changed', portfolio: 'main', intent: intent(state, id), at })
}

function transfer(state: TransferState, changes: Partial<Transfer> = {}): Transfer {
  const arrived = state !== 'in_flight' && state !== 'late' && state !== 'lost_suspected'
  return {
    id: 'p.1',
    cycleId: 'c1',
    account: account as Transfer['account'],
    bridge: 'swift',
    venue: 'lifi',
    origin: 'bay',
    originHash: hash,
    destination: 'anchor',
    sent: amountOf(usdc, 5_000_000n),
    charges: [],
    expected: amountOf(farUsdc, 4_900_000n),
    minimum: amountOf(farUsdc, 4_800_000n),
    value: 5n * ONE_USD,
    sentAt: now,
    expectedSeconds: 40,
    lostAfterSeconds: 3_600,
    quietSeconds: 60,
    state,
    arrivals: arrived
      ? [
          {
            chain: 'anchor',
            hash,
            log: 0,
            block: inclusion.block,
            amount: amountOf(farUsdc, 4_900_000n),
            isRefund: false,
            finalAt: undefined,
          },
        ]
      : [],
    ...changes,
  }
}

function moveTransfer(state: TransferState, at = now, changes: Partial<Transfer> = {}): void {
  observer.notify({
    type: 'transfer-changed',
    portfolio: 'main',
    transfer: transfer(state, changes),
    usd: 5n * ONE_USD,
    at,
  })
}

function legRun(changes: Partial<LegRun> = {}, kind: 'swap' | 'bridge' = 'swap'): LegRun {
  const sell = amountOf(weth, 10n ** 18n)
  const expectedOut = amountOf(usdc, 3_000_000_000n)
  return {
    leg: aLeg({
      id: 'p.0',
      kind,
      sell,
      expectedOut,
      minimumOut: expectedOut,
      tool: 'pools',
      cost: NO_COST,
      alternatives: [],
    }),
    state: 'done',
    offer: {
      venue: 'lifi',
      tool: 'pools',
      sell,
      expectedOut,
      minimumOut: expectedOut,
      spender: undefined,
      namedFees: 0n,
      durationSeconds: 0,
    },
    sold: sell,
    received: amountOf(usdc, 2_994_000_000n),
    failure: undefined,
    refusals: 0,
    refusedAt: undefined,
    ...changes,
  }
}

function endLeg(run: LegRun, realised: Cost | undefined = NO_COST): void {
  observer.notify({ type: 'leg-ended', portfolio: 'main', cycleId: 'c1', run, realised, notional: 3000n * ONE_USD })
}

const policy = aPolicy({
  targets: [
    { asset: 'ETH', weight: ratioOfBasisPoints(6000), absoluteBand: ratioOfBasisPoints(200) },
    { asset: 'USD', weight: ratioOfBasisPoints(4000), absoluteBand: ratioOfBasisPoints(100) },
  ],
})

function usable(asset: string, source: string, price: bigint): SourceReading {
  return { asset, source, status: 'usable', price, timestamp: now / 1000 - 5 }
}

const usdPrice: AssetPrice = {
  asset: 'USD',
  status: 'known',
  price: 10n ** 18n,
  sources: [usable('USD', 'chainlink', ONE_USD)],
}
const ethPrice: AssetPrice = {
  asset: 'ETH',
  status: 'known',
  price: 3000n * ONE_USD,
  sources: [usable('ETH', 'chainlink', 3000n * ONE_USD), usable('ETH', 'reference', 3015n * ONE_USD)],
}
const bay = {
  chain: 'bay',
  status: 'known' as const,
  block: inclusion.block,
  baseFee: 1n,
  holdings: [amountOf(eth, 10n ** 18n), amountOf(weth, 10n ** 18n), amountOf(usdc, 4_000_000_000n)],
  problems: [],
}

function measured(chains: ChainReading[] = [bay], prices: AssetPrice[] = [ethPrice, usdPrice]): Event {
  const snapshot = { portfolio: 'main', takenAt: now, chains, inTransit: [], prices }
  const valuation = valuePortfolio(snapshot, [
    { key: 'ETH', class: 'major', tokens: [eth, weth] },
    { key: 'USD', class: 'stable', tokens: [usdc] },
  ])
  return { type: 'portfolio-measured', portfolio: 'main', snapshot, valuation, drift: measureDrift(valuation, policy) }
}

const cycle: Cycle = {
  id: 'c1',
  portfolio: 'main',
  mode: 'live',
  startedAt: now,
  endedAt: now + 2500,
  outcome: 'traded',
  valuation: { nav: 0n, isComplete: true, assets: [] },
  drift: { nav: 0n, assets: [], portfolio: 0n, excluded: [] },
  decision: {
    act: true,
    code: 'manual',
    reasons: [],
    breached: [],
    levels: [],
    policy: undefined,
    figures: [],
    shadow: undefined,
  },
  market: { prices: new Map(), gas: new Map() },
  plan: undefined,
  planReasons: [],
  legs: [],
  intents: [],
  transfers: [],
}

describe('before anything happened', () => {
  test('what will be counted stands at 0', async () => {
    expect(await valueOf('trades_total{portfolio="main",chain="anchor",venue="zeroex",outcome="reverted"}')).toBe(0)
    expect(await valueOf('quotes_total{venue="lifi",chain="bay",outcome="rate_limited"}')).toBe(0)
    expect(await valueOf('policy_rejections_total{stage="simulation",code="SIMULATION_FAILED"}')).toBe(0)
    expect(await valueOf('cycles_total{portfolio="main",outcome="cost_exceeds_benefit"}')).toBe(0)
    expect(await valueOf('transactions{chain="bay",state="signed"}')).toBe(0)
    expect(await valueOf('bridge_transfers_total{bridge="other",outcome="refunded"}')).toBe(0)
    expect(
      await valueOf('trade_slippage_ratio_count{portfolio="main",chain="bay",venue="lifi",benchmark="oracle"}'),
    ).toBe(0)
    expect(await valueOf('lease_held')).toBe(0)
  })

  test('what was never measured is not exported', async () => {
    const text = await registry.metrics()
    for (const name of ['portfolio_value_usd', 'cycle_last_success_timestamp_seconds', 'price_timestamp_seconds'])
      expect(text).not.toMatch(new RegExp(`^evenkeel_${name}[ {]`, 'm'))
  })

  test('thresholds are exported from the configuration', async () => {
    expect(await valueOf('asset_target_ratio{portfolio="main",asset="ETH"}')).toBe(0.6)
    expect(await valueOf('asset_drift_band_ratio{portfolio="main",asset="USD"}')).toBe(0.01)
    expect(await valueOf('slippage_limit_ratio{portfolio="main"}')).toBe(0.003)
    expect(await valueOf('portfolio_live{portfolio="main"}')).toBe(1)
    expect(await valueOf('cycle_interval_seconds{portfolio="main"}')).toBe(300)
    expect(await valueOf('account_balance_floor_native{chain="bay",account="treasury"}')).toBe(0.5)
    expect(await valueOf('price_divergence_limit_ratio{asset="USD"}')).toBe(0.005)
  })

  test('the process itself is measured', async () => {
    expect(await registry.metrics()).toMatch(/^process_resident_memory_bytes /m)
  })
})

test('names keep to the rules of Prometheus', async () => {
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    if (!name.startsWith('evenkeel_')) continue
    expect(name).toMatch(/^evenkeel_[a-z_]+$/)
    expect(`${name} ${String(type)}`).toMatch(/_total counter$|^(?!.*_total) *\S+ (gauge|histogram)$/)
  }
})

describe('the process', () => {
  test('says what it is', async () => {
    observer.notify({ type: 'daemon-started', version: '1.2.3', configHash: 'old', mode: 'live' })
    observer.notify({ type: 'daemon-started', version: '1.2.3', configHash: 'new', mode: 'dry-run' })
    expect(await valueOf(`build_info{version="1.2.3",revision="abc123",node_version="${process.version}"}`)).toBe(1)
    expect(await valueOf('config_info{config_hash="new",mode="dry_run"}')).toBe(1)
    expect(await valueOf('config_info{config_hash="old",mode="live"}')).toBeUndefined()
  })

  test('says when it stops, what it waits for, and how long it did', () => {
    observer.notify({ type: 'daemon-stopping', signal: 'SIGTERM', waitsFor: ['main', 'other'] })
    observer.notify({ type: 'daemon-stopped', waitedFor: ['main'], seconds: 1.234, isComplete: true })
    observer.notify({ type: 'daemon-stopping', signal: 'SIGINT', waitsFor: [] })
    observer.notify({ type: 'daemon-stopped', waitedFor: [], seconds: 0.04, isComplete: true })
    observer.notify({ type: 'daemon-stopped', waitedFor: ['main'], seconds: 30, isComplete: false })
    expect(lines()).toEqual([
      expect.objectContaining({ level: 'info', event: 'daemon-stopping', signal: 'SIGTERM', waitsFor: ['main', 'other'], msg: 'Stopping on SIGTERM: nothing more is signed. Waits for the steps under way of main, other.' }),
      expect.objectContaining({ level: 'info', event: 'daemon-stopped', seconds: 1.234, waitedFor: ['main'], msg: 'Stopped after 1.2 s, having waited for the steps of main.' }),
      expect.objectContaining({ level: 'info', msg: 'Stopping on SIGINT: nothing more is signed. No cycle is under way.' }),
      expect.objectContaining({ level: 'info', msg: 'Stopped after 0.0 s; no cycle was under way.' }),
      expect.objectContaining({ level: 'warn', msg: 'Gave up stopping in order after 30.0 s, having waited for the steps of main. The next process goes on from the rows.' }),
    ]) // prettier-ignore
  })

  test('runs from its start until it is paused', async () => {
    observer.notify({ type: 'daemon-started', version: '1', configHash: 'h', mode: 'live' })
    expect(await valueOf('operating_state{scope="global",id="",state="running"}')).toBe(1)
    time = now + 9000
    observer.notify(scopeChanged('all', 'paused_new'))
    expect(await valueOf('operating_state{scope="global",id="",state="running"}')).toBe(0)
    expect(await valueOf('operating_state{scope="global",id="",state="paused_new"}')).toBe(1)
    expect(await valueOf('operating_state_since_timestamp_seconds{scope="global",id=""}')).toBe(now / 1000 + 9)
    observer.notify(scopeChanged('all', 'running'))
    expect(await valueOf('operating_state{scope="global",id="",state="paused_new"}')).toBe(0)
  })

  test('that was paused before its start is not shown as running', async () => {
    observer.notify(scopeChanged('all', 'paused_new'))
    observer.notify({ type: 'daemon-started', version: '1', configHash: 'h', mode: 'live' })
    expect(await valueOf('operating_state{scope="global",id="",state="paused_new"}')).toBe(1)
  })

  test('shows the state of each scope by its name', async () => {
    expect(await valueOf('operating_state{scope="chain",id="bay",state="running"}')).toBe(1)
    observer.notify(scopeChanged('chain:bay', 'paused_hard'))
    expect(await valueOf('operating_state{scope="chain",id="bay",state="paused_hard"}')).toBe(1)
    expect(await valueOf('operating_state{scope="chain",id="anchor",state="running"}')).toBe(1)
    expect(await valueOf('operating_state{scope="global",id="",state="running"}')).toBe(1)
  })

  test('counts trips of breakers and shows those that hold', async () => {
    expect(await valueOf('breaker_trips_total{breaker="B-03"}')).toBe(0)
    const trip = { code: 'B-03', scope: 'all', level: 'halted', reason: 'The ledger differs.' } as const
    observer.notify({ type: 'breaker-tripped', trip, at: now, isEarlier: true })
    expect(await valueOf('breaker_trips_total{breaker="B-03"}')).toBe(0)
    expect(await valueOf('breaker_tripped{breaker="B-03",scope="global",id=""}')).toBe(1)
    observer.notify({ type: 'breaker-tripped', trip, at: now, isEarlier: false })
    expect(await valueOf('breaker_trips_total{breaker="B-03"}')).toBe(1)
    expect(await valueOf('breaker_tripped{breaker="B-03",scope="global",id=""}')).toBe(1)
    expect(lines().at(-1)).toMatchObject({ level: 'error', breaker: 'B-03' })
    observer.notify({ type: 'breaker-cleared', code: 'B-03', scope: 'all', by: 'alice' })
    expect(await valueOf('breaker_tripped{breaker="B-03",scope="global",id=""}')).toBe(0)
  })

  test('shows what the records say is stopped, whichever process stopped it or let it run again', async () => {
    const trip = { code: 'B-06', scope: 'chain:bay', level: 'paused_new', reason: 'No block.' } as const
    const state = { scope: 'chain:bay', level: 'paused_new', reason: '', since: now, by: 'breaker' } as const
    const shown = async () => [
      await valueOf('operating_state{scope="chain",id="bay",state="paused_new"}'),
      await valueOf('operating_state{scope="chain",id="bay",state="running"}'),
      await valueOf('operating_state_since_timestamp_seconds{scope="chain",id="bay"}'),
      await valueOf('breaker_tripped{breaker="B-06",scope="chain",id="bay"}'),
    ]
    observer.notify({ type: 'stops-seen', states: [state], trips: [trip], at: now + 5_000 })
    expect(await shown()).toEqual([1, 0, now / 1000, 1])
    expect(await valueOf('breaker_trips_total{breaker="B-06"}')).toBe(0)
    observer.notify({ type: 'stops-seen', states: [], trips: [], at: now + 10_000 })
    expect(await shown()).toEqual([0, 1, now / 1000 + 10, 0])
    observer.notify({ type: 'stops-seen', states: [], trips: [], at: now + 15_000 })
    expect(await shown()).toEqual([0, 1, now / 1000 + 10, 0])
  })

  test('tells a classified inflow with its amount and reason', () => {
    const inflow = { portfolio: 'main', chain: 'bay', token: NATIVE, reason: 'Capital call.' } as const
    observer.notify({ type: 'inflow-classified', ...inflow, units: 5n })
    expect(lines().at(-1)).toMatchObject({ level: 'warn', event: 'inflow-classified', baseUnits: '5', ...inflow })
  })

  test('counts what the signer answered and what was replaced', async () => {
    observer.notify({ type: 'signer-answered', outcome: 'refused', seconds: 0.02 })
    expect(await valueOf('signer_requests_total{outcome="refused"}')).toBe(1)
    expect(await valueOf('signer_request_duration_seconds_count')).toBe(1)
    observer.notify({ type: 'replaced', ...ofIntent('main', intent('signed')), reason: 'fee_bump', hash })
    expect(await valueOf('transaction_replacements_total{chain="bay",reason="fee_bump"}')).toBe(1)
    observer.notify({ type: 'reorged', ...ofIntent('main', intent('signed')) })
    expect(await valueOf('chain_reorgs_total{chain="bay"}')).toBe(1)
  })

  test('tells endpoints apart by alias and methods by a closed list', async () => {
    const answered = { type: 'rpc-answered', chain: 'anchor', endpoint: 'two', outcome: 'ok', seconds: 0.01 } as const
    observer.notify({ ...answered, method: 'eth_call' })
    observer.notify({ ...answered, method: 'debug_everything' })
    const requests = (method: string) =>
      valueOf(`rpc_requests_total{chain="anchor",endpoint="two",method="${method}",outcome="ok"}`)
    expect([await requests('eth_call'), await requests('other')]).toEqual([1, 1])
    observer.notify({ type: 'endpoint-judged', chain: 'anchor', endpoint: 'two', isHealthy: false, reason: 'It lies.' })
    expect(await valueOf('rpc_endpoint_healthy{chain="anchor",endpoint="two"}')).toBe(0)
    observer.notify({
      type: 'chain-viewed',
      chain: 'anchor',
      isQuorum: true,
      heads: [{ endpoint: 'one', number: 12n, timestamp: now / 1000 }],
      finalizedTimestamp: now / 1000 - 9,
    })
    expect(await valueOf('rpc_quorum{chain="anchor"}')).toBe(1)
    expect(await valueOf('chain_head_block{chain="anchor",endpoint="one"}')).toBe(12)
    expect(await valueOf('chain_finalized_timestamp_seconds{chain="anchor"}')).toBe(now / 1000 - 9)
  })

  test('that loses the lease shows no portfolio any more, but its thresholds', async () => {
    observer.notify({ type: 'lease-taken', epoch: 3 })
    expect(await valueOf('lease_held')).toBe(1)
    expect(await valueOf('lease_epoch')).toBe(3)
    observer.notify(measured())
    moveIntent('signed')
    observer.notify({ type: 'lease-seen', isHeld: false })
    expect(await valueOf('lease_held')).toBe(0)
    observer.notify({ type: 'lease-seen', isHeld: true })
    expect(await valueOf('lease_held')).toBe(1)
    observer.notify({ type: 'lease-lost', reason: 'Another process took it.' })
    expect(await valueOf('lease_held')).toBe(0)
    expect(await valueOf('portfolio_value_usd{portfolio="main"}')).toBeUndefined()
    expect(await valueOf('asset_drift_ratio{portfolio="main",asset="ETH"}')).toBeUndefined()
    expect(await valueOf('transactions{chain="bay",state="signed"}')).toBe(0)
    expect(await valueOf('asset_target_ratio{portfolio="main",asset="ETH"}')).toBe(0.6)
  })
})

describe('a measured portfolio', () => {
  test('is exported with value, weights, drift and prices', async () => {
    observer.notify(measured())
    expect(await valueOf('portfolio_value_usd{portfolio="main"}')).toBe(10_000)
    expect(await valueOf('position_value_usd{portfolio="main",chain="bay",asset="ETH"}')).toBe(6000)
    expect(await valueOf('position_value_usd{portfolio="main",chain="anchor",asset="ETH"}')).toBeUndefined()
    expect(await valueOf('asset_weight_ratio{portfolio="main",asset="USD"}')).toBe(0.4)
    expect(await valueOf('asset_drift_ratio{portfolio="main",asset="USD"}')).toBe(0)
    expect(await valueOf('portfolio_drift_ratio{portfolio="main"}')).toBe(0)
    expect(await valueOf('valuation_timestamp_seconds{portfolio="main"}')).toBe(now / 1000)
    expect(await valueOf('price_timestamp_seconds{asset="ETH",source="reference"}')).toBe(now / 1000 - 5)
    expect(await valueOf('price_deviation_ratio{asset="ETH",source="reference"}')).toBe(0.005)
    expect(await valueOf('account_balance_native{chain="bay",account="treasury"}')).toBe(1)
  })

  test('shows the whole coin of an account, also what is unattributed and in no value', async () => {
    observer.notify(measured([{ ...bay, unattributed: [amountOf(usdc, 7n), amountOf(eth, 5n * 10n ** 17n)] }]))
    expect(await valueOf('account_balance_native{chain="bay",account="treasury"}')).toBe(1.5)
  })

  test('that is not known completely keeps its last value and time, and shows no drift of what is unknown', async () => {
    observer.notify(measured())
    const unknown: AssetPrice = {
      asset: 'ETH',
      status: 'unknown',
      reason: 'Sources differ.',
      sources: [
        usable('ETH', 'chainlink', 2900n * ONE_USD),
        usable('ETH', 'reference', 3100n * ONE_USD),
        { asset: 'ETH', source: 'third', status: 'unusable', reason: 'Stale.' },
      ],
    }
    observer.notify(measured([{ ...bay, holdings: [amountOf(usdc, 1_000_000n)] }], [unknown, usdPrice]))
    expect(await valueOf('portfolio_value_usd{portfolio="main"}')).toBe(10_000)
    expect(await valueOf('asset_drift_ratio{portfolio="main",asset="ETH"}')).toBeUndefined()
    expect(await valueOf('asset_weight_ratio{portfolio="main",asset="ETH"}')).toBeUndefined()
    expect(await valueOf('position_value_usd{portfolio="main",chain="bay",asset="ETH"}')).toBeUndefined()
    expect(await valueOf('position_value_usd{portfolio="main",chain="bay",asset="USD"}')).toBe(1)
    expect(await valueOf('asset_drift_ratio{portfolio="main",asset="USD"}')).toBe(0)
    expect(await valueOf('price_deviation_ratio{asset="ETH",source="chainlink"}')).toBeCloseTo(-1 / 30, 9)
    expect(await valueOf('price_deviation_ratio{asset="ETH",source="reference"}')).toBeCloseTo(1 / 30, 9)
    expect(await valueOf('price_deviation_ratio{asset="ETH",source="third"}')).toBeUndefined()
  })
})

describe('a transaction', () => {
  test('is counted through its states, and its age grows without events', async () => {
    moveIntent('reserved')
    expect(await valueOf('transactions{chain="bay",state="reserved"}')).toBe(1)
    expect(await valueOf('transaction_oldest_unmined_seconds{chain="bay"}')).toBe(0)
    moveIntent('signed')
    time = now + 7000
    expect(await valueOf('transactions{chain="bay",state="reserved"}')).toBe(0)
    expect(await valueOf('transaction_oldest_unmined_seconds{chain="bay"}')).toBe(7)
    moveIntent('mined', now + 8000)
    expect(await valueOf('transaction_oldest_unmined_seconds{chain="bay"}')).toBe(0)
    expect(await valueOf('transaction_inclusion_seconds_sum{chain="bay"}')).toBe(8)
    moveIntent('final_ok', now + 40_000)
    expect(await valueOf('transaction_finality_seconds_sum{chain="bay"}')).toBe(40)
    expect(await valueOf('transactions_total{chain="bay",kind="swap",outcome="final_ok"}')).toBe(1)
    expect(await valueOf('transactions{chain="bay",state="mined"}')).toBe(0)
  })

  test('told of again is not counted again', async () => {
    for (const state of ['mined', 'mined', 'final_reverted', 'final_reverted'] as const) moveIntent(state)
    expect(await valueOf('transaction_inclusion_seconds_count{chain="bay"}')).toBe(0)
    expect(await valueOf('transactions_total{chain="bay",kind="swap",outcome="final_reverted"}')).toBe(1)
  })

  test('that ended before this process heard of it is no news', () => {
    moveIntent('final_reverted')
    moveIntent('mined', now, 'other')
    moveIntent('final_reverted', now, 'other')
    expect(lines().map(({ level }) => level)).toEqual(['debug', 'debug', 'warn'])
  })

  test('whose block is gone is a warning', () => {
    moveIntent('mined')
    moveIntent('signed')
    expect(lines().at(-1)).toMatchObject({
      level: 'warn',
      intentId: 'p.0.swap.0',
      legId: 'p.0',
      cycleId: 'c1',
      portfolio: 'main',
    })
  })

  test('the oldest of several is the one shown', async () => {
    moveIntent('signed', now, 'a')
    time = now + 3000
    observer.notify({
      type: 'intent-changed',
      portfolio: 'main',
      intent: { ...intent('signed', 'b'), attempts: [{ ...attempt, signedAt: now + 2000 }] } as Intent,
      at: time,
    })
    expect(await valueOf('transaction_oldest_unmined_seconds{chain="bay"}')).toBe(3)
    expect(await valueOf('transactions{chain="bay",state="signed"}')).toBe(2)
  })

  test('costs its gas by kind; a kind nobody knows is other', async () => {
    const of = ofIntent('main', intent('final_ok'))
    observer.notify({ type: 'gas-spent', ...of, kind: 'approve', usd: ONE_USD / 4n })
    observer.notify({ type: 'gas-spent', ...of, kind: 'dance', usd: ONE_USD })
    expect(await valueOf('transaction_cost_usd_total{chain="bay",kind="approve"}')).toBe(0.25)
    expect(await valueOf('transaction_cost_usd_total{chain="bay",kind="other"}')).toBe(1)
  })
})

test('late transfers that somebody looked into are counted by bridge, and no more once they are over', async () => {
  const series = 'bridge_transfers_investigated{bridge="swift",state="late"}'
  expect(await valueOf(series)).toBe(0)
  const transfers = [
    { id: 'a', bridge: 'swift', state: 'late' },
    { id: 'b', bridge: 'swift', state: 'late' },
    { id: 'c', bridge: 'nobody-knows', state: 'lost_suspected' },
  ] as const
  observer.notify({ type: 'investigations-seen', transfers })
  observer.notify({ type: 'investigations-seen', transfers })
  expect(await valueOf(series)).toBe(2)
  expect(await valueOf('bridge_transfers_investigated{bridge="other",state="lost_suspected"}')).toBe(1)
  observer.notify({ type: 'investigations-seen', transfers: [] })
  expect(await valueOf(series)).toBe(0)
})

describe('nonces of an account', () => {
  const lag = 'account_nonce_lag{chain="bay",account="treasury"}'
  const compared = (next: number, onChain: number) =>
    observer.notify({ type: 'nonces-compared', chain: 'bay', account, next, onChain })

  test('are not shown before the chain was asked, whatever was given out', async () => {
    moveIntent('signed')
    expect(await valueOf(lag)).toBeUndefined()
  })

  test('lag by what was given out and is in no block, and by what is in a block and was not given out', async () => {
    compared(4, 4)
    expect([await valueOf(lag), await valueOf('account_nonce{chain="bay",account="treasury"}')]).toEqual([0, 4])
    moveIntent('signed')
    expect(await valueOf(lag)).toBe(1)
    compared(5, 4)
    expect(await valueOf(lag)).toBe(1)
    compared(5, 5)
    moveIntent('mined')
    expect(await valueOf(lag)).toBe(0)
    compared(5, 7)
    expect(await valueOf(lag)).toBe(-2)
  })

  test('of an account that is no portfolio of ours, and after the lease is lost, are not shown', async () => {
    observer.notify({ type: 'nonces-compared', chain: 'bay', account: hash.slice(0, 42) as never, next: 1, onChain: 0 })
    compared(5, 4)
    observer.notify({ type: 'lease-lost', reason: 'So.' })
    expect([await valueOf(lag), await valueOf('account_nonce{chain="bay",account="treasury"}')]).toEqual([
      undefined,
      undefined,
    ])
  })
})

describe('a transfer', () => {
  const series = 'bridge="swift",source_chain="bay",destination_chain="anchor"'
  const arrival = 'bridge="swift",destination_chain="anchor"'

  test('is in flight until it arrived finally', async () => {
    moveTransfer('in_flight')
    time = now + 12_000
    expect(await valueOf(`bridge_transfers{${series},state="in_flight"}`)).toBe(1)
    expect(await valueOf(`bridge_in_flight_usd{${series}}`)).toBe(5)
    expect(await valueOf('bridge_oldest_in_flight_seconds{bridge="swift"}')).toBe(12)
    expect(await valueOf('bridge_expected_seconds{bridge="swift"}')).toBe(40)
    moveTransfer('seen')
    expect(await valueOf(`bridge_transfers{${series},state="in_flight"}`)).toBe(0)
    expect(await valueOf(`bridge_in_flight_usd{${series}}`)).toBe(5)
    moveTransfer('full', now + 60_000)
    moveTransfer('full', now + 60_000)
    expect(await valueOf(`bridge_in_flight_usd{${series}}`)).toBe(0)
    expect(await valueOf('bridge_oldest_in_flight_seconds{bridge="swift"}')).toBe(0)
    expect(await valueOf('bridge_transfers_total{bridge="swift",outcome="full"}')).toBe(1)
    expect(await valueOf(`bridge_duration_seconds_sum{${arrival}}`)).toBe(60)
  })

  test('leaves the age of the oldest once somebody looked into it, to one that nobody did', async () => {
    const oldest = () => valueOf('bridge_oldest_in_flight_seconds{bridge="swift"}')
    const lookedInto = (ids: readonly string[]) =>
      observer.notify({
        type: 'investigations-seen',
        transfers: ids.map((id) => ({ id, bridge: 'swift', state: 'late' })),
      })
    moveTransfer('late', now, { id: 'old' })
    moveTransfer('in_flight', now, { id: 'fresh', sentAt: now + 30_000 })
    time = now + 90_000
    expect(await oldest()).toBe(90)
    lookedInto(['old'])
    expect(await oldest()).toBe(60)
    expect(await valueOf(`bridge_transfers{${series},state="late"}`)).toBe(1)
    lookedInto(['old', 'fresh'])
    expect(await oldest()).toBe(0)
    lookedInto([])
    expect(await oldest()).toBe(90)
  })

  test('is timed by bridge and destination, from before its first second on', async () => {
    expect(await valueOf(`bridge_duration_seconds_count{${arrival}}`)).toBe(0)
    moveTransfer('in_flight')
    moveTransfer('full', now + 60_000)
    moveTransfer('in_flight', now, { id: 'p.2' })
    expect(await valueOf(`bridge_duration_seconds_count{${arrival}}`)).toBe(1)
  })

  test('over a bridge the configuration does not name is counted as other', async () => {
    moveTransfer('late', now, { bridge: 'https://surprise.example/0xabc' })
    expect(
      await valueOf('bridge_transfers{bridge="other",source_chain="bay",destination_chain="anchor",state="late"}'),
    ).toBe(1)
    expect(await registry.metrics()).not.toContain('surprise')
    // What is reckoned at a scrape is not added to what the one before had found.
    expect(
      await valueOf('bridge_transfers{bridge="other",source_chain="bay",destination_chain="anchor",state="late"}'),
    ).toBe(1)
  })

  test.each([
    ['late', 'warn'],
    ['lost_suspected', 'error'],
    ['short', 'warn'],
    ['other_token', 'warn'],
    ['refunded', 'warn'],
    ['full', 'info'],
    ['in_flight', 'info'],
  ] as const)('that is %s is worth a line of level %s with exact amounts', (state, level) => {
    moveTransfer(state)
    expect(lines()).toEqual([
      expect.objectContaining({
        level,
        event: 'transfer-changed',
        legId: 'p.1',
        msg: expect.stringContaining('5 USDC over swift'),
      }),
    ])
  })

  test('whose arrival is undone is a warning', () => {
    moveTransfer('seen')
    moveTransfer('in_flight')
    expect(lines().at(-1)).toMatchObject({ level: 'warn', msg: expect.stringContaining('in flight again') })
  })
})

describe('an ended leg', () => {
  const trade = 'portfolio="main",chain="bay",venue="lifi"'
  const cost: Cost = { slippage: 3n * ONE_USD, fees: 3n * ONE_USD, gas: ONE_USD / 2n, bridge: 0n }

  test('that is done counts notional, cost and slippage against quote and oracle', async () => {
    endLeg(legRun(), cost)
    expect(await valueOf(`trades_total{${trade},outcome="filled"}`)).toBe(1)
    expect(await valueOf(`trade_notional_usd_total{${trade}}`)).toBe(3000)
    expect(await valueOf('trade_cost_usd_total{portfolio="main",chain="bay",component="slippage"}')).toBe(3)
    expect(await valueOf('trade_cost_usd_total{portfolio="main",chain="bay",component="venue_fee"}')).toBe(3)
    expect(await valueOf('trade_cost_usd_total{portfolio="main",chain="bay",component="gas"}')).toBe(0.5)
    expect(await valueOf(`trade_slippage_ratio_bucket{le="0.002",${trade},benchmark="quote"}`)).toBe(1)
    expect(await valueOf(`trade_slippage_ratio_bucket{le="0.001",${trade},benchmark="quote"}`)).toBe(0)
    expect(await valueOf(`trade_slippage_ratio_bucket{le="0.002",${trade},benchmark="oracle"}`)).toBe(1)
    expect(lines()[0]).toMatchObject({
      level: 'info',
      legId: 'p.0',
      sold: '1 WETH',
      received: '2994 USDC',
      cost: { slippage: '3.00 USD', fees: '3.00 USD', gas: '0.50 USD', bridge: '0.00 USD' },
    })
  })

  test('that gained counts as improvement, never as negative cost', async () => {
    endLeg(legRun({ received: amountOf(usdc, 3_003_000_000n) }), { ...NO_COST, slippage: -3n * ONE_USD })
    expect(await valueOf('trade_improvement_usd_total{portfolio="main",chain="bay"}')).toBe(3)
    expect(await valueOf('trade_cost_usd_total{portfolio="main",chain="bay",component="slippage"}')).toBe(0)
    expect(await valueOf(`trade_slippage_ratio_bucket{le="-0.001",${trade},benchmark="quote"}`)).toBe(1)
  })

  test('that sold less than offered is compared with that part of the quote', async () => {
    endLeg(legRun({ sold: amountOf(weth, 10n ** 18n / 2n), received: amountOf(usdc, 1_500_000_000n) }))
    expect(await valueOf(`trades_total{${trade},outcome="partially_filled"}`)).toBe(1)
    expect(await valueOf(`trade_slippage_ratio_bucket{le="0",${trade},benchmark="quote"}`)).toBe(1)
    expect(await valueOf(`trade_slippage_ratio_bucket{le="-0.001",${trade},benchmark="quote"}`)).toBe(0)
  })

  test.each([
    ['REVERTED', 'reverted'],
    ['MIN_OUT_TOO_LOW', 'aborted'],
  ] as const)('that failed with %s is %s, pays its gas and has no notional', async (code, outcome) => {
    endLeg(legRun({ state: 'failed', sold: undefined, received: undefined, failure: { code, detail: 'It did.' } }), {
      ...NO_COST,
      gas: ONE_USD,
    })
    expect(await valueOf(`trades_total{${trade},outcome="${outcome}"}`)).toBe(1)
    expect(await valueOf(`trade_notional_usd_total{${trade}}`)).toBe(0)
    expect(await valueOf('trade_cost_usd_total{portfolio="main",chain="bay",component="gas"}')).toBe(1)
    expect(lines()[0]).toMatchObject({ level: 'warn', code, msg: 'Leg p.0 is failed: It did.' })
  })

  test('that a new plan replaces is cancelled, which is no warning', async () => {
    const failure = { code: 'REPLANNED', detail: 'ETH has moved 60 bps.' } as const
    endLeg(legRun({ state: 'skipped', offer: undefined, sold: undefined, received: undefined, failure }), undefined)
    expect(await valueOf('trades_total{portfolio="main",chain="bay",venue="zeroex",outcome="cancelled"}')).toBe(1)
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 'info',
        code: 'REPLANNED',
        msg: 'Leg p.0 gives way to a new plan: ETH has moved 60 bps.',
      }),
    ])
  })

  test('that bridged costs its fee and is no trade', async () => {
    endLeg(legRun({}, 'bridge'), { ...NO_COST, bridge: 2n * ONE_USD })
    expect(await valueOf('trade_cost_usd_total{portfolio="main",chain="bay",component="bridge_fee"}')).toBe(2)
    expect(await valueOf(`trades_total{${trade},outcome="filled"}`)).toBe(0)
    expect(await valueOf(`trade_notional_usd_total{${trade}}`)).toBe(0)
  })
})

describe('a cycle', () => {
  const end = (outcome: CycleOutcome, plan?: Plan) =>
    observer.notify({ type: 'cycle-ended', portfolio: 'main', cycle: { ...cycle, plan }, outcome, seconds: 2.5 })

  test('that ended is counted, timed and marks the last success', async () => {
    end('within_band')
    expect(await valueOf('cycles_total{portfolio="main",outcome="within_band"}')).toBe(1)
    expect(await valueOf('cycle_duration_seconds_sum{portfolio="main"}')).toBe(2.5)
    expect(await valueOf('cycle_last_success_timestamp_seconds{portfolio="main"}')).toBe(now / 1000 + 2.5)
  })

  test.each(['error', 'stale_data'] as const)('that ended with %s is no success', async (outcome) => {
    end(outcome)
    expect(await valueOf(`cycles_total{portfolio="main",outcome="${outcome}"}`)).toBe(1)
    expect(await valueOf('cycle_last_success_timestamp_seconds{portfolio="main"}')).toBeUndefined()
  })

  test('that was skipped is counted; a pause is a success, standby is not', async () => {
    observer.notify({
      type: 'cycle-skipped',
      portfolio: 'main',
      outcome: 'standby',
      reason: 'Another holds the lease.',
    })
    expect(await valueOf('cycle_last_success_timestamp_seconds{portfolio="main"}')).toBeUndefined()
    observer.notify({ type: 'cycle-skipped', portfolio: 'main', outcome: 'paused', reason: 'Paused.' })
    expect(await valueOf('cycle_last_success_timestamp_seconds{portfolio="main"}')).toBe(now / 1000)
    expect(await valueOf('cycles_total{portfolio="main",outcome="standby"}')).toBe(1)
  })

  test.each([
    ['error', undefined, 'error'],
    ['stale_data', undefined, 'warn'],
    ['within_band', undefined, 'debug'],
    ['traded', aPlan([]), 'info'],
  ] as const)('that ended with %s is told at the level of its reader', (outcome, plan, level) => {
    end(outcome, plan)
    expect(lines()).toEqual([expect.objectContaining({ level, outcome, cycleId: 'c1', portfolio: 'main' })])
  })
})

test.each([
  ['ok', 'ok', 'debug'],
  ['no-route', 'no_route', 'debug'],
  ['rate-limited', 'rate_limited', 'debug'],
  ['unavailable', 'error', 'warn'],
  ['malformed', 'error', 'warn'],
] as const)('a quote that is %s is counted as %s and told as %s', async (outcome, counted, level) => {
  observer.notify({ type: 'quoted', venue: 'lifi', chain: 'bay', outcome, seconds: 0.3, detail: 'So it was.' })
  expect(await valueOf(`quotes_total{venue="lifi",chain="bay",outcome="${counted}"}`)).toBe(1)
  expect(await valueOf('quote_duration_seconds_sum{venue="lifi",chain="bay"}')).toBe(0.3)
  expect(lines()).toEqual([expect.objectContaining({ level })])
})

test('a refused offer is counted and told under the same code', async () => {
  const refusal = { portfolio: 'main', cycleId: 'c1', legId: 'p.0', detail: 'Too little.' } as const
  observer.notify({ type: 'offer-refused', ...refusal, code: 'MIN_OUT_TOO_LOW' })
  expect(await valueOf('policy_rejections_total{stage="quote",code="MIN_OUT_TOO_LOW"}')).toBe(1)
  expect(lines()).toEqual([expect.objectContaining({ level: 'warn', code: 'MIN_OUT_TOO_LOW', legId: 'p.0' })])
})

test('a reconciliation adds up the portfolios of a chain and is as old as the oldest of them', async () => {
  const mismatch = { token: usdc.address, asset: 'USD', decimals: 6, ledger: 2n ** 70n, onChain: 1n }
  observer.notify({ type: 'reconciled', portfolio: 'main', chain: 'bay', mismatches: [mismatch], at: now })
  observer.notify({ type: 'reconciled', portfolio: 'second', chain: 'bay', mismatches: [mismatch], at: now + 5000 })
  expect(await valueOf('reconciliation_mismatches{chain="bay"}')).toBe(2)
  expect(await valueOf('reconciliation_last_success_timestamp_seconds{chain="bay"}')).toBe(now / 1000)
  observer.notify({ type: 'reconciled', portfolio: 'main', chain: 'bay', mismatches: [], at: now + 9000 })
  expect(await valueOf('reconciliation_mismatches{chain="bay"}')).toBe(1)
  expect(await valueOf('reconciliation_last_success_timestamp_seconds{chain="bay"}')).toBe(now / 1000 + 5)
  expect(lines().map(({ level }) => level)).toEqual(['error', 'error', 'debug'])
  expect(lines()[0]).toMatchObject({ mismatches: [{ ledgerBaseUnits: '1180591620717411303424', chainBaseUnits: '1' }] })
})

test('books that were not compared are as old as the lead, and hide behind no portfolio that was', async () => {
  const age = () => valueOf('reconciliation_last_success_timestamp_seconds{chain="bay"}')
  const found = (portfolio: string) => observer.notify({ type: 'books-found', portfolio, chain: 'bay' })
  const compared = (portfolio: string, at: number) =>
    observer.notify({ type: 'reconciled', portfolio, chain: 'bay', mismatches: [], at })
  observer.notify({ type: 'lease-taken', epoch: 3 })
  expect(await age()).toBeUndefined()
  found('main')
  expect(await age()).toBe(now / 1000)
  expect(await valueOf('reconciliation_mismatches{chain="bay"}')).toBeUndefined()
  compared('main', now + 9000)
  found('main')
  expect(await age()).toBe(now / 1000 + 9)
  found('second')
  compared('main', now + 20_000)
  expect(await age()).toBe(now / 1000)
  compared('second', now + 25_000)
  expect(await age()).toBe(now / 1000 + 20)
  expect(await valueOf('reconciliation_last_success_timestamp_seconds{chain="cove"}')).toBeUndefined()
  observer.notify({ type: 'lease-lost', reason: 'Another process took it.' })
  expect(await age()).toBeUndefined()
})

test('a difference is valued at the latest price, is 0 where there is none, and absent where no price is known', async () => {
  const difference = (asset: string) =>
    valueOf(`reconciliation_difference_usd{portfolio="main",chain="bay",asset="${asset}"}`)
  const missing = { token: eth.address, asset: 'ETH', decimals: 18, ledger: 2n * 10n ** 18n, onChain: 10n ** 18n }
  const reconciled = { type: 'reconciled', portfolio: 'main', chain: 'bay', mismatches: [missing], at: now } as const
  observer.notify(reconciled)
  expect([await difference('ETH'), await difference('USD')]).toEqual([undefined, 0])
  observer.notify(measured())
  observer.notify(reconciled)
  expect([await difference('ETH'), await difference('USD')]).toEqual([-3000, 0])
  observer.notify({ ...reconciled, mismatches: [] })
  expect(await difference('ETH')).toBe(0)
  observer.notify({ type: 'lease-lost', reason: 'Another process took it.' })
  expect(await difference('ETH')).toBeUndefined()
})

describe('a decision', () => {
  const decide = (code: DecisionCode, reasons: string[], changes: Partial<Decision> = {}) => {
    const judged = { act: true, code, reasons, breached: ['ETH'], levels: [], policy: undefined, figures: [] }
    const decision = { ...judged, shadow: undefined, ...changes }
    observer.notify({ type: 'decided', portfolio: 'main', cycleId: 'c1', decision })
  }
  const figures = {
    asset: 'ETH',
    drift: ratioOfBasisPoints(812),
    band: ratioOfBasisPoints(300),
    inner: 0n,
    benefitPerYear: 0.01,
    costNow: 0.0004,
    costOfWaiting: 0.00003,
    cost: 0.003,
    fixedCost: 0.00001,
    volatility: 0.6,
  }

  test('shows its figures, and none where something is not known any more', async () => {
    decide('within-band', [], { figures: [figures] })
    expect(await valueOf('asset_drift_band_ratio{portfolio="main",asset="ETH"}')).toBe(0.03)
    expect(await valueOf('decision_benefit_per_year_ratio{portfolio="main",asset="ETH"}')).toBe(0.01)
    expect(await valueOf('decision_cost_ratio{portfolio="main",asset="ETH"}')).toBe(0.0004)
    expect(await valueOf('decision_waiting_cost_per_day_ratio{portfolio="main",asset="ETH"}')).toBe(0.00003)
    decide('within-band', [], { figures: [{ ...figures, benefitPerYear: undefined, costOfWaiting: undefined }] })
    expect(await valueOf('decision_benefit_per_year_ratio{portfolio="main",asset="ETH"}')).toBeUndefined()
    expect(await valueOf('decision_waiting_cost_per_day_ratio{portfolio="main",asset="ETH"}')).toBeUndefined()
  })

  test('of the shadow policy is counted beside whether the live one agrees', async () => {
    const shadow = { act: false, reasons: [], breached: [], levels: [], policy: 'hybrid', figures: [] } as const
    decide('band-breached', [], { shadow: { ...shadow, code: 'not-due' } })
    decide('within-band', [], { act: false, shadow: { ...shadow, code: 'not-due' } })
    const count = (agrees: boolean) =>
      valueOf(`shadow_decisions_total{portfolio="main",code="not_due",agrees="${agrees}"}`)
    expect([await count(true), await count(false)]).toEqual([1, 1])
  })

  test('is told in words a colleague understands', () => {
    decide('band-breached', ['ETH is 812 bps from its target.'])
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'main must trade: ETH is 812 bps from its target.',
        code: 'band-breached',
      }),
    ])
  })

  test('is counted by its code, that to plan the rest of a cycle anew included', async () => {
    decide('replanned', ['What remained of cycle c0 is planned anew.'])
    decide('replanned', ['What remained of cycle c1 is planned anew.'])
    expect(await valueOf('decisions_total{portfolio="main",code="replanned"}')).toBe(2)
    expect(await valueOf('decisions_total{portfolio="main",code="band_breached"}')).toBe(0)
  })
})

describe('a plan', () => {
  const plan: Plan = {
    ...aPlan([legRun().leg], 'p'),
    cost: { slippage: ONE_USD, fees: 0n, gas: ONE_USD / 3n, bridge: 0n },
    unmet: [{ asset: 'LINK', value: 7n * ONE_USD, reason: 'Too small.' }],
    method: 'water-filling',
    alternatives: [
      { name: 'nothing', cost: 0n, unmet: 900n * ONE_USD },
      { name: 'naive', cost: undefined, unmet: 900n * ONE_USD },
      { name: 'greedy', cost: 2n * ONE_USD, unmet: 5n * ONE_USD },
    ],
    lowerBound: ONE_USD,
    separatePools: [{ group: 'ETH on bay, sell', venues: ['lifi', 'zeroex'], proof: 'fill-lists', detail: 'None.' }],
    quotes: { asked: 42, failed: 3, rounds: 2 },
  }
  const propose = (changes: Partial<Plan> = {}) =>
    observer.notify({ type: 'plan-proposed', portfolio: 'main', cycleId: 'c1', plan: { ...plan, ...changes } })

  test('is told with how it was found, what it costs and what the greedy one would cost', () => {
    propose()
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'Plan for main: 1 leg for 1.33 USD by water-filling, greedily 2.00 USD with 5.00 USD left undone; 42 quotes asked, 3 failed.',
        method: 'water-filling',
        cost: { slippage: '1.00 USD', fees: '0.00 USD', gas: '0.33 USD', bridge: '0.00 USD' },
        alternatives: {
          nothing: { cost: '0.00 USD', unmet: '900.00 USD' },
          naive: { cost: 'no way', unmet: '900.00 USD' },
          greedy: { cost: '2.00 USD', unmet: '5.00 USD' },
        },
        lowerBound: '1.00 USD',
        quotes: { asked: 42, failed: 3, rounds: 2 },
        legs: ['p.0: swap 1 WETH on bay for 3000 USDC on bay, zeroex pools'],
        separatePools: ['ETH on bay, sell: lifi and zeroex, fill-lists'],
        unmet: ['LINK, 7.00 USD: Too small.'],
      }),
    ])
  })

  test('that nothing greedy stands beside is told without it', () => {
    propose({
      alternatives: [],
      quotes: { asked: 1, failed: 0, rounds: 1 },
      lowerBound: undefined,
      noBound: 'It broke.',
    })
    expect(lines()).toEqual([
      expect.objectContaining({
        msg: 'Plan for main: 1 leg for 1.33 USD by water-filling; 1 quote asked, 0 failed.',
        lowerBound: 'It broke.',
      }),
    ])
  })

  test('is measured beside what else could have been done, beside its bound, and by its quotes', async () => {
    propose()
    expect(await valueOf('plans_total{portfolio="main",method="water_filling"}')).toBe(1)
    expect(await valueOf('plan_cost_usd{portfolio="main",plan="plan"}')).toBeCloseTo(4 / 3, 9)
    expect(await valueOf('plan_cost_usd{portfolio="main",plan="greedy"}')).toBe(2)
    expect(await valueOf('plan_cost_usd{portfolio="main",plan="naive"}')).toBeUndefined()
    expect(await valueOf('plan_unmet_usd{portfolio="main",plan="plan"}')).toBe(7)
    expect(await valueOf('plan_unmet_usd{portfolio="main",plan="nothing"}')).toBe(900)
    expect(await valueOf('plan_lower_bound_usd{portfolio="main"}')).toBe(1)
    expect(await valueOf('plan_bound_gap_ratio{portfolio="main"}')).toBeCloseTo(4 / 3 + 0.35 - 1, 9)
    expect(await valueOf('plan_quotes_total{portfolio="main",outcome="ok"}')).toBe(39)
    expect(await valueOf('plan_quotes_total{portfolio="main",outcome="failed"}')).toBe(3)
  })

  test('without alternatives and bound does not stand beside those of the one before', async () => {
    propose()
    propose({ alternatives: [], lowerBound: 2n * ONE_USD })
    expect(await valueOf('plan_cost_usd{portfolio="main",plan="plan"}')).toBeCloseTo(4 / 3, 9)
    expect(await valueOf('plan_cost_usd{portfolio="main",plan="greedy"}')).toBeUndefined()
    expect(await valueOf('plan_unmet_usd{portfolio="main",plan="greedy"}')).toBeUndefined()
    expect(await valueOf('plan_lower_bound_usd{portfolio="main"}')).toBeUndefined()
    expect(await valueOf('plan_bound_gap_ratio{portfolio="main"}')).toBeUndefined()
  })

  test('is not shown any more by a process that lost the lease', async () => {
    propose()
    observer.notify({ type: 'lease-lost', reason: 'Another process took it.' })
    expect(await valueOf('plan_cost_usd{portfolio="main",plan="plan"}')).toBeUndefined()
    expect(await valueOf('plan_bound_gap_ratio{portfolio="main"}')).toBeUndefined()
    expect(await valueOf('plans_total{portfolio="main",method="water_filling"}')).toBe(1)
  })

  test('that was not found is counted as none', async () => {
    observer.notify({ type: 'no-plan', portfolio: 'main', cycleId: 'c1', reasons: ['No venue.'] })
    expect(await valueOf('plans_total{portfolio="main",method="none"}')).toBe(1)
  })
})

test('a failure is an error with its cause', () => {
  observer.notify({ type: 'failed', what: 'the cycle of main', isRetried: false, error: new Error('No answer.') })
  expect(lines()).toEqual([
    expect.objectContaining({
      level: 'error',
      msg: 'Failed: the cycle of main: No answer.',
      err: expect.objectContaining({ type: 'Error' }),
    }),
  ])
})

test('an event that cannot be told does not reach the caller', () => {
  observer.notify({ type: 'portfolio-measured', portfolio: 'main' } as Event)
  expect(lines()).toEqual([expect.objectContaining({ level: 'error', event: 'portfolio-measured' })])
})

test('a log that cannot be written does not reach the caller', () => {
  start({
    write: () => {
      throw new Error('Disk full.')
    },
  })
  expect(() => observer.notify(scopeChanged('all', 'running'))).not.toThrow()
})

describe('the outlook', () => {
  const regime = {
    name: 'stressed' as const,
    volatility: 1.2,
    median: 0.5,
    periods: 365,
    ratio: 2.4,
    stressedFrom: 1.75,
    calmBelow: 1.25,
    age: 1,
    reason: 'Volatility is far above its median.',
  }
  const risk = {
    asOfDay: 20_000,
    pricesHash: 'ab12',
    assets: ['ETH', 'USD'],
    covariance: undefined,
    forecasts: [{ asset: 'ETH', volatility: 0.8, model: 'ewma' as const, reason: 'It scored best.', scores: [] }],
    regime,
    missing: [{ asset: 'USD', reason: 'There is no daily price of USD.' }],
  }

  test('shows regime and forecasts, and none where they are not known any more', async () => {
    observer.notify({ type: 'risk-read', portfolio: 'main', risk })
    expect(await valueOf('regime_stressed{portfolio="main"}')).toBe(1)
    expect(await valueOf('forecast_volatility_ratio{asset="ETH"}')).toBe(0.8)
    expect(await valueOf('forecast_volatility_ratio{asset="USD"}')).toBeUndefined()
    expect(lines()).toEqual([expect.objectContaining({ level: 'debug', regime: 'stressed' })])
    observer.notify({ type: 'risk-read', portfolio: 'main', risk: { ...risk, regime: undefined, forecasts: [] } })
    expect(await valueOf('regime_stressed{portfolio="main"}')).toBeUndefined()
    expect(await valueOf('forecast_volatility_ratio{asset="ETH"}')).toBeUndefined()
  })

  test('counts targets that were set and those that were refused, and tells both', async () => {
    const weights = { ETH: ratioOfBasisPoints(6_000), USD: ratioOfBasisPoints(4_000) }
    observer.notify({ type: 'targets-set', portfolio: 'main', setter: 'equal', weights, reasons: ['Half each.'] })
    const refused = { setter: 'source', code: 'source-unavailable', detail: 'No file.' } as const
    observer.notify({ type: 'targets-refused', portfolio: 'main', ...refused })
    expect(await valueOf('target_sets_total{portfolio="main",outcome="set"}')).toBe(1)
    expect(await valueOf('target_sets_total{portfolio="main",outcome="refused"}')).toBe(1)
    expect(lines()).toEqual([
      expect.objectContaining({ level: 'info', weights: { ETH: '0.6', USD: '0.4' } }),
      expect.objectContaining({ level: 'warn', code: 'source-unavailable' }),
    ])
  })
})

describe('a purpose', () => {
  const quoted = { type: 'quoted', venue: 'lifi', chain: 'bay', outcome: 'ok', seconds: 1, detail: '' } as const
  const asked = { type: 'rpc-answered', chain: 'bay', endpoint: 'one', method: 'eth_call' } as const
  const ofCycle = { portfolio: 'main', cycleId: 'c1' }

  test('is on every line that is told meanwhile, and on none after', async () => {
    await observer.during(ofCycle, () =>
      observer.during({ stage: 'plan' }, async () => {
        await Promise.resolve()
        observer.notify(quoted)
        observer.notify({ ...asked, outcome: 'ok', seconds: 1 })
        observer.notify({ type: 'failed', what: 'a step', error: new Error('No.'), isRetried: true })
      }),
    )
    observer.notify(quoted)
    expect(lines().slice(0, 3)).toMatchObject(Array.from({ length: 3 }, () => ({ ...ofCycle, stage: 'plan' })))
    expect(lines()[3]).not.toHaveProperty('cycleId')
  })

  test('of two at once is with its own lines', async () => {
    await Promise.all(
      ['one', 'two'].map((legId) =>
        observer.during({ ...ofCycle, legId }, async () => {
          await Promise.resolve()
          observer.notify({ ...quoted, venue: legId })
        }),
      ),
    )
    expect(lines()).toMatchObject([
      { venue: 'one', legId: 'one' },
      { venue: 'two', legId: 'two' },
    ])
  })

  test('gives way to what an event says itself', async () => {
    await observer.during({ ...ofCycle, legId: 'other', chain: 'anchor' }, async () => moveIntent('signed'))
    expect(lines()).toMatchObject([{ cycleId: 'c1', legId: 'p.0', intentId: 'p.0.swap.0', chain: 'bay' }])
  })

  test('is not on lines of what the process does for itself', async () => {
    await observer.during(ofCycle, async () => observer.notify({ type: 'lease-lost', reason: 'Taken.' }))
    expect(lines()[0]).not.toHaveProperty('cycleId')
  })

  test('passes on what is done or thrown', async () => {
    expect(await observer.during(ofCycle, () => Promise.resolve(7))).toBe(7)
    await expect(observer.during(ofCycle, () => Promise.reject(new Error('No.')))).rejects.toThrow('No.')
  })

  test('of a cycle is on all of its lines, from the first look to the last settlement', async () => {
    const world = FakeWorld.drifted()
    const process = world.start()
    process.observer.also = observer
    await process.runCycle.run(aPortfolio(), new AbortController().signal)
    const [cycle] = world.rows.cycles.values()
    expect(cycle).toMatchObject({ outcome: 'traded' })
    expect(lines().filter(({ cycleId }) => cycleId !== cycle!.id)).toEqual([])
    const of = (...types: string[]) => lines().filter(({ event }) => types.includes(String(event)))
    expect(of('quoted').length).toBeGreaterThan(of('broadcast').length)
    const ofIntents = of('intent-changed', 'broadcast', 'gas-spent')
    expect(ofIntents.length).toBeGreaterThan(3 * cycle!.intents.length)
    const intents = cycle!.intents.map(({ id }) => id)
    for (const line of ofIntents) expect(intents).toContain(line['intentId'])
    expect(new Set(of('quoted').map(({ stage }) => stage))).toEqual(new Set(['quotes', 'simulate', 'offer']))
    for (const line of of('quoted').filter(({ stage }) => stage === 'offer')) expect(line).toHaveProperty('legId')
  }, 30_000)

  test('names the trace of its cycle where traces are on', async () => {
    start(undefined, (cycleId) => `trace of ${cycleId}`)
    await observer.during(ofCycle, async () => observer.notify(quoted))
    endLeg(legRun())
    observer.notify(quoted)
    expect(lines().map(({ traceId }) => traceId)).toEqual(['trace of c1', 'trace of c1', undefined])
  })
})

test('counts spans of traces by what became of them', async () => {
  expect(await valueOf('trace_spans_total{outcome="sent"}')).toBe(0)
  observer.notify({ type: 'spans-sent', outcome: 'dropped', count: 3, isNews: true, detail: 'No room.' })
  expect(await valueOf('trace_spans_total{outcome="dropped"}')).toBe(3)
})
