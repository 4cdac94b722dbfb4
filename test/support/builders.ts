import { type Address, type ChainKey, type Hex, type Token } from '../../src/domain/assets.js'
import { type Cycle, type LegRun, waitingRun } from '../../src/domain/execution/cycle.js'
import type { FeeRules } from '../../src/domain/execution/fees.js'
import {
  type Attempt,
  type Inclusion,
  type Intent,
  type NewIntent,
  reservedIntent,
  type StepKind,
} from '../../src/domain/execution/intent.js'
import type { Arrival, Transfer } from '../../src/domain/execution/transfer.js'
import { type Market, NO_COST } from '../../src/domain/planning/cost.js'
import type { Leg, Plan } from '../../src/domain/planning/plan.js'
import type { Policy } from '../../src/domain/policy/policy.js'
import type { Valuation } from '../../src/domain/portfolio/valuation.js'
import { amountOf, type TokenAmount } from '../../src/domain/units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { ONE_USD } from '../../src/domain/units/usd.js'

export const OWNER: Address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
export const NOW = Date.UTC(2026, 10, 20, 12)
/** The rules of the safety catalogue (4.6), with a cap of 1,000 gwei. */
export const FEE_RULES: FeeRules = {
  isReplaceable: true,
  bump: ratioOfBasisPoints(11_500),
  ceiling: 3n * RATIO_ONE,
  cap: 10n ** 12n,
  maxReplacements: 8,
  waitBlocks: 3,
  waitMs: 20_000,
}

/** A value of 32 bytes, the same for the same number. */
export function hashOf(number: number): Hex {
  return `0x${number.toString(16).padStart(64, '0')}`
}

export function addressOf(number: number): Address {
  return `0x${number.toString(16).padStart(40, '0')}`
}

export function aToken(changes: Partial<Token> = {}): Token {
  return { chain: 'alpha', asset: 'USD', symbol: 'USDC', address: addressOf(0xc), decimals: 6, ...changes }
}

export const WETH = aToken({ asset: 'ETH', symbol: 'WETH', address: addressOf(0xe), decimals: 18 })

export function aLeg(changes: Partial<Leg> = {}): Leg {
  const sell = amountOf(WETH, 1_500_000_000_000_000_001n)
  const expectedOut = amountOf(aToken(), 4_500_000_000n)
  return {
    id: 'plan-1.1',
    kind: 'swap',
    sell,
    expectedOut,
    minimumOut: amountOf(expectedOut.token, 4_480_000_000n),
    maxLoss: ratioOfBasisPoints(50),
    venue: 'zeroex',
    tool: 'Uniswap_V3',
    cost: { ...NO_COST, gas: ONE_USD / 3n },
    funding: [],
    slice: undefined,
    reason: '',
    quote: { ageMs: 0, block: undefined },
    alternatives: [{ venue: 'lifi', tool: 'sushi', cost: undefined, refusal: 'No route.' }],
    ...changes,
  }
}

export function aRun(changes: Partial<LegRun> = {}): LegRun {
  return { ...waitingRun(aLeg()), ...changes }
}

/** The run of a leg as it is written together with an intent of its trade. */
export function sendingRun(run: LegRun): LegRun {
  const { venue, tool, sell, expectedOut, minimumOut } = run.leg
  return {
    ...run,
    state: 'sending',
    offer: { venue, tool, sell, expectedOut, minimumOut, spender: undefined, namedFees: ONE_USD, durationSeconds: 0 },
  }
}

export function aPlan(legs: readonly Leg[], id = 'plan-1'): Plan {
  return {
    id,
    legs,
    cost: legs[0]?.cost ?? NO_COST,
    unmet: [{ asset: 'BTC', value: -3n * ONE_USD, reason: 'Below the minimum trade.' }],
    expectedDrift: ratioOfBasisPoints(7),
    method: 'milp',
    alternatives: [{ name: 'nothing', cost: 0n, unmet: 4n * ONE_USD }],
    lowerBound: ONE_USD / 4n,
    separatePools: [],
    quotes: { asked: 2, failed: 0, rounds: 1 },
  }
}

export function aMarket(): Market {
  return {
    prices: new Map([
      ['ETH', 3_000n * ONE_USD],
      ['USD', ONE_USD],
    ]),
    gas: new Map([['alpha', { gasPrice: 12_000_000_001n, nativeAsset: 'ETH', nativeDecimals: 18 }]]),
  }
}

export function aValuation(): Valuation {
  const value = 25_000_000n * ONE_USD + 1n
  return {
    nav: value,
    isComplete: false,
    assets: [
      {
        asset: 'ETH',
        status: 'known',
        price: 3_000n * ONE_USD,
        value,
        positions: [{ asset: 'ETH', chain: 'alpha', amount: amountOf(WETH, 10n ** 22n), value }],
        inTransitValue: 0n,
      },
      { asset: 'BTC', status: 'unknown', reason: 'Holdings on beta are unknown: timeout' },
    ],
  }
}

/** A policy without targets in which every amount that may be lost or traded is zero, unless told otherwise. */
export function aPolicy(changes: Partial<Policy> = {}): Policy {
  return {
    targets: [],
    minimumTrade: 0n,
    maxLoss: { stable: 0n, major: 0n, other: 0n },
    maxBridgeLoss: 0n,
    maxLeg: 0n,
    maxGas: 0n,
    gasReserve: {},
    hubs: {},
    assetHubs: {},
    maxLegs: 40,
    chainShares: {},
    maxBridgeShare: RATIO_ONE,
    bridgeShares: {},
    otherBridgeShare: RATIO_ONE,
    slicing: { maxImpact: RATIO_ONE, maxSlices: 1, recoveryHalfLifeSeconds: 60, riskAversion: 0 },
    replanMove: RATIO_ONE,
    planning: { maxQuotes: 200, deadlineMs: 20_000, solverSeconds: undefined },
    ...changes,
  }
}

/** A live cycle that has just been decided, with one leg unless told otherwise. */
export function aCycle(changes: Partial<Cycle> = {}): Cycle {
  const legs = changes.legs ?? [aRun()]
  const nav = 25_000_000n * ONE_USD
  const decision = {
    act: true,
    code: 'band-breached' as const,
    reasons: ['ETH is 1000 bps from its target.'],
    breached: ['ETH'],
    levels: [{ asset: 'ETH', lower: ratioOfBasisPoints(8_900), upper: ratioOfBasisPoints(9_100) }],
    policy: 'absolute-threshold' as const,
    figures: [
      {
        asset: 'ETH',
        drift: ratioOfBasisPoints(1_000),
        band: ratioOfBasisPoints(200),
        inner: ratioOfBasisPoints(100),
        benefitPerYear: 0.0123,
        costNow: 0.0004,
        costOfWaiting: undefined,
        cost: 0.003,
        fixedCost: 0.00002,
        volatility: undefined,
      },
    ],
    shadow: undefined,
  }
  return {
    id: 'cycle-1',
    portfolio: 'core',
    mode: 'live',
    startedAt: NOW,
    endedAt: undefined,
    outcome: undefined,
    valuation: aValuation(),
    drift: {
      nav,
      assets: [
        {
          asset: 'ETH',
          value: nav,
          weight: ratioOfBasisPoints(10_000),
          target: ratioOfBasisPoints(9_000),
          drift: ratioOfBasisPoints(1_000),
          band: ratioOfBasisPoints(200),
          isInBand: false,
        },
      ],
      portfolio: ratioOfBasisPoints(500),
      excluded: [{ asset: 'BTC', reason: 'Holdings on beta are unknown: timeout' }],
    },
    decision,
    market: aMarket(),
    plan:
      legs.length === 0
        ? undefined
        : aPlan(
            legs.map(({ leg }) => leg),
            legs[0]!.leg.id.split('.')[0],
          ),
    planReasons: [],
    intents: [],
    transfers: [],
    ...changes,
    legs,
  }
}

export function newIntent(cycle: Cycle, run: LegRun, changes: Partial<NewIntent> = {}): NewIntent {
  const kind: StepKind = changes.kind ?? run.leg.kind
  const ordinal = changes.ordinal ?? 1
  const chain: ChainKey = run.leg.sell.token.chain
  return {
    id: `${run.leg.id}.${kind}.${ordinal}`,
    cycleId: cycle.id,
    legId: run.leg.id,
    kind,
    ordinal,
    chain,
    account: OWNER,
    call: { chain, to: addressOf(0xabc), data: '0x1234', value: 10n ** 30n },
    gasLimit: 180_000n,
    reservedAt: NOW + 1,
    expiresAt: undefined,
    ...changes,
  }
}

/** An intent of the first leg of a cycle, reserved unless told otherwise. */
export function anIntent(changes: Partial<Intent> = {}): Intent {
  const cycle = aCycle()
  return { ...reservedIntent(newIntent(cycle, cycle.legs[0]!), 4), ...changes } as Intent
}

export function anAttempt(number: number, changes: Partial<Attempt> = {}): Attempt {
  return {
    hash: hashOf(number),
    raw: `0x02f8${number.toString(16).padStart(8, '0')}`,
    gasLimit: 180_000n,
    maxFeePerGas: 2n ** 70n,
    maxPriorityFeePerGas: 1_000_000_000n,
    signedAt: NOW + 2,
    payload: 'step',
    ...changes,
  }
}

export function anInclusion(number: number, changes: Partial<Inclusion> = {}): Inclusion {
  return {
    hash: hashOf(number),
    block: { number: 100n, hash: hashOf(0xb10c), timestamp: 1_763_640_000 },
    isSuccess: true,
    gasPaid: 2_100_000_000_000_000n,
    movements: [
      { token: WETH.address, units: -1_500_000_000_000_000_001n },
      { token: aToken().address, units: 4_490_000_000n },
    ],
    ...changes,
  }
}

/** A final payout on beta. */
export function anArrival(amount: TokenAmount, changes: Partial<Arrival> = {}): Arrival {
  return {
    chain: 'beta',
    hash: hashOf(0xa11),
    log: 0,
    block: { number: 9n, hash: hashOf(0xb10c), timestamp: 1_763_640_100 },
    amount,
    isRefund: false,
    finalAt: NOW,
    ...changes,
  }
}

export function aTransfer(cycle: Cycle, run: LegRun, changes: Partial<Transfer> = {}): Transfer {
  const there = aToken({ chain: 'beta', address: addressOf(0xcb) })
  return {
    id: run.leg.id,
    cycleId: cycle.id,
    account: OWNER,
    bridge: 'swift',
    venue: 'lifi',
    origin: 'alpha',
    originHash: hashOf(7),
    destination: 'beta',
    sent: amountOf(aToken(), 1_000_000_000n),
    charges: [],
    expected: amountOf(there, 998_000_000n),
    minimum: amountOf(there, 990_000_000n),
    value: 1_000n * ONE_USD,
    sentAt: NOW + 3,
    expectedSeconds: 20,
    lostAfterSeconds: 3_600,
    quietSeconds: 60,
    state: 'in_flight',
    arrivals: [],
    ...changes,
  }
}
