import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addressOf } from '../../../test/support/builders.js'
import { looseLimits } from '../../../test/support/limits.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { type BudgetUse, judgeLosses, judgeSpend, type Limits, type Spend, turnoverLeft } from './budgets.js'

const bps = ratioOfBasisPoints
const NAV = 1_000_000n * ONE_USD
const nothing: BudgetUse = {
  cycleTurnover: 0n,
  hourTurnover: 0n,
  dayTurnover: 0n,
  assetDayTurnover: 0n,
  venueDayTurnover: 0n,
  bridgeCycleTurnover: 0n,
  bridgeDayTurnover: 0n,
  bridgeInFlight: 0n,
  allBridgesInFlight: 0n,
  bridgeLate: 0,
  dayGas: 0n,
  hourTransactions: 0,
  dayCycles: 0,
  failedInRow: 0,
  hourFailures: 0,
  dayLoss: 0n,
  soldTheOtherWay: false,
}
const aSpend = (changes: Partial<Spend> = {}): Spend => ({
  portfolio: 'core',
  cycleId: 'cycle-1',
  chain: 'alpha',
  account: addressOf(0xacc),
  asset: 'ETH',
  venue: 'swaps',
  bridge: undefined,
  turnover: 1_000n * ONE_USD,
  gas: ONE_USD,
  gasWei: 10n ** 15n,
  pair: ['ETH', 'USD'],
  trades: [['ETH', 'USD']],
  at: 0,
  ...changes,
})
const aCrossing = (changes: Partial<Spend> = {}) =>
  aSpend({ bridge: 'swift', pair: undefined, trades: [], asset: 'USD', ...changes })
const judge = (use: Partial<BudgetUse>, limits: Partial<Limits>, spend = aSpend(), bridgePlan = RATIO_ONE) =>
  judgeSpend(spend, { ...nothing, ...use }, { ...looseLimits(limits), bridgePlan }, NAV)

describe('judgeSpend', () => {
  test('lets pass what fits into every cap, to the last unit', () => {
    expect(judge({ cycleTurnover: 4_000n * ONE_USD }, { cycleTurnover: bps(50) })).toBeUndefined()
    expect(judge({ cycleTurnover: 4_000n * ONE_USD + 1n }, { cycleTurnover: bps(50) })).toMatchObject({
      refusal: { code: 'BUDGET_EXCEEDED' },
    })
  })

  test.each<[name: string, use: Partial<BudgetUse>, limits: Partial<Limits>]>([
    ['a cycle', { cycleTurnover: 50_000n * ONE_USD }, { cycleTurnover: bps(500) }],
    ['an hour', { hourTurnover: 50_000n * ONE_USD }, { hourTurnover: bps(500) }],
    ['a day', { dayTurnover: 150_000n * ONE_USD }, { dayTurnover: bps(1_500) }],
    ['an asset', { assetDayTurnover: 150_000n * ONE_USD }, { assetDayTurnover: bps(1_500) }],
    ['a venue', { venueDayTurnover: 150_000n * ONE_USD }, { venueDayTurnover: bps(1_500) }],
    ['gas of a day', { dayGas: 2_000n * ONE_USD }, { dayGas: bps(20) }],
    ['transactions of an hour', { hourTransactions: 30 }, { hourTransactions: 30 }],
    ['cycles of a day', { dayCycles: 48 }, { dayCycles: 48 }],
  ])('C-50, B-12: the cap of %s is refused and stops the portfolio', (_name, use, limits) => {
    expect(judge(use, {})).toBeUndefined()
    expect(judge(use, limits)).toMatchObject({
      refusal: { code: 'BUDGET_EXCEEDED' },
      trip: { code: 'B-12', scope: 'portfolio:core', level: 'paused_new' },
    })
  })

  test('C-51: a trade that undoes one of the day needs a person; where it may, it passes', () => {
    expect(judge({ soldTheOtherWay: true }, { mayReverse: false })).toMatchObject({
      refusal: { code: 'BUDGET_EXCEEDED', detail: expect.stringContaining('C-51') },
      trip: { code: 'B-12', level: 'paused_new' },
    })
    expect(judge({ soldTheOtherWay: true }, { mayReverse: true })).toBeUndefined()
    expect(judge({ soldTheOtherWay: true }, { mayReverse: false }, aCrossing())).toBeUndefined()
  })

  test('C-60: a full bridge is refused and stops nothing; approvals and swaps do not meet it', () => {
    for (const [use, limits] of [
      [{ bridgeInFlight: 20_000n * ONE_USD }, { bridgeInFlight: bps(200) }],
      [{ allBridgesInFlight: 50_000n * ONE_USD }, { allBridgesInFlight: bps(500) }],
      [{ bridgeDayTurnover: 100_000n * ONE_USD }, { bridgeDay: bps(1_000) }],
    ] as const) {
      const verdict = judge(use, limits, aCrossing())
      expect(verdict).toMatchObject({ refusal: { code: 'BRIDGE_CAP' } })
      expect(verdict).not.toHaveProperty('trip')
      expect(judge(use, limits, aCrossing({ turnover: 0n }))).toBeUndefined()
      expect(judge(use, limits)).toBeUndefined()
    }
  })

  test('the share of NAV that one plan may send over a bridge is held at the firm offer, too', () => {
    const use = { bridgeCycleTurnover: 9_500n * ONE_USD }
    expect(judge(use, {}, aCrossing(), bps(100))).toMatchObject({ refusal: { code: 'BRIDGE_CAP' } })
    expect(judge(use, {}, aCrossing({ turnover: 500n * ONE_USD }), bps(100))).toBeUndefined()
  })

  test('C-61: nothing more is sent over a bridge that has a late transfer', () => {
    expect(judge({ bridgeLate: 1 }, {}, aCrossing())).toMatchObject({
      refusal: { code: 'BRIDGE_CAP', detail: expect.stringContaining('C-61') },
    })
  })

  test('D-09: gas of more than a share of the trade is GAS_CAP, five dollars are always allowed', () => {
    const limits = { legGas: bps(100) }
    expect(judge({}, limits, aSpend({ gas: 11n * ONE_USD }))).toMatchObject({ refusal: { code: 'GAS_CAP' } })
    expect(judge({}, limits, aSpend({ gas: 10n * ONE_USD }))).toBeUndefined()
    expect(judge({}, limits, aSpend({ turnover: ONE_USD, gas: 5n * ONE_USD }))).toBeUndefined()
  })
})

describe('judgeLosses', () => {
  const judgeOf = (use: Partial<BudgetUse>, limits: Partial<Limits>) =>
    judgeLosses('core', { ...nothing, ...use }, looseLimits(limits), NAV)

  test('B-01: losses of a day beyond the cap stop everything of the portfolio', () => {
    expect(judgeOf({ dayLoss: 1_000n * ONE_USD }, { dayLoss: bps(10) })).toBeUndefined()
    expect(judgeOf({ dayLoss: 1_000n * ONE_USD + 1n }, { dayLoss: bps(10) })).toMatchObject({
      refusal: { code: 'BUDGET_EXCEEDED' },
      trip: { code: 'B-01', scope: 'portfolio:core', level: 'paused_hard' },
    })
    expect(judge({ dayLoss: 1_001n * ONE_USD }, { dayLoss: bps(10) })).toMatchObject({ trip: { code: 'B-01' } })
  })

  test.each([
    ['3 in a row', { failedInRow: 3, hourFailures: 3 }],
    ['5 in an hour', { failedInRow: 1, hourFailures: 5 }],
  ])('B-13: %s stop the portfolio', (_name, use) => {
    const limits = { failedInRow: 3, hourFailures: 5 }
    expect(judgeOf({ failedInRow: 2, hourFailures: 4 }, limits)).toBeUndefined()
    expect(judgeOf(use, limits)).toMatchObject({ trip: { code: 'B-13', level: 'paused_new' } })
  })
})

describe('properties', () => {
  const usd = fc.bigInt(0n, 200_000n).map((value) => value * ONE_USD)
  const share = fc.integer({ min: 0, max: 2_000 }).map(bps)

  test('P-07: of any history of reservations, releases and reverts no prefix uses more than a cap', () => {
    const step = fc.record({ turnover: usd, fate: fc.constantFrom('keep', 'release', 'release twice', 'revert') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), share, share, (steps, hour, day) => {
        const held = new Map<number, bigint>()
        const used = () => [...held.values()].reduce((sum, value) => sum + value, 0n)
        for (const [index, { turnover, fate }] of steps.entries()) {
          const limits = { hourTurnover: hour, dayTurnover: day }
          const refused = judge({ hourTurnover: used(), dayTurnover: used() }, limits, aSpend({ turnover }))
          if (!refused) held.set(index, turnover)
          expect(used() <= (NAV * (hour < day ? hour : day)) / RATIO_ONE).toBe(true)
          const before = [...held].filter(([key]) => key !== index)
          if (fate !== 'keep') held.delete(index)
          if (fate === 'release twice') held.delete(index)
          if (fate !== 'keep') expect([...held]).toEqual(before)
        }
      }),
    )
  })

  test('P-05: tightening any limit, or using more, never turns a refusal into an acceptance', () => {
    const use = fc.record({
      cycleTurnover: usd,
      dayTurnover: usd,
      dayGas: usd,
      bridgeInFlight: usd,
      allBridgesInFlight: usd,
      dayLoss: usd,
      hourTransactions: fc.integer({ min: 0, max: 50 }),
      failedInRow: fc.integer({ min: 0, max: 5 }),
    })
    const caps = fc.record({
      cycleTurnover: share,
      dayTurnover: share,
      dayGas: share,
      bridgeInFlight: share,
      allBridgesInFlight: share,
      dayLoss: share,
      hourTransactions: fc.integer({ min: 0, max: 50 }),
      failedInRow: fc.integer({ min: 1, max: 6 }),
    })
    const names = fc.constantFrom(...(['cycleTurnover', 'dayTurnover', 'dayGas', 'bridgeInFlight', 'dayLoss'] as const))
    fc.assert(
      fc.property(use, caps, names, fc.boolean(), usd, (used, limits, name, isCrossing, turnover) => {
        const spend = isCrossing ? aCrossing({ turnover }) : aSpend({ turnover })
        if (judge(used, limits, spend) === undefined) return
        expect(judge(used, { ...limits, [name]: limits[name] / 2n }, spend)).toBeDefined()
        expect(judge({ ...used, [name]: used[name] + ONE_USD }, limits, spend)).toBeDefined()
      }),
    )
  })

  test('what is left is what the tightest of the three windows leaves, and never less than nothing', () => {
    const limits = looseLimits({ cycleTurnover: bps(500), hourTurnover: bps(500), dayTurnover: bps(1_500) })
    expect(turnoverLeft(nothing, limits, NAV)).toBe(50_000n * ONE_USD)
    expect(turnoverLeft({ ...nothing, dayTurnover: 120_000n * ONE_USD }, limits, NAV)).toBe(30_000n * ONE_USD)
    expect(turnoverLeft({ ...nothing, hourTurnover: 60_000n * ONE_USD }, limits, NAV)).toBe(0n)
  })
})
