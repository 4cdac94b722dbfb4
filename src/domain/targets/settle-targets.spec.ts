import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  anyShares,
  aTargetAsset,
  aTargetInput,
  currentTargets,
  DAY_MS,
  NOW,
  percentOf,
} from '../../../test/support/targets.js'
import { absolute, RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import { settleTargets } from './settle-targets.js'
import type { TargetAsset, TargetInput } from './target-input.js'
import { NO_LIMITS, type WeightLimits } from './weight-limits.js'

const KEYS = ['BTC', 'ETH', 'LINK', 'USDC']
const input = (changes: Partial<TargetInput> = {}) => aTargetInput(KEYS, changes)
const limitsOf = (changes: Partial<WeightLimits>): WeightLimits => ({ ...NO_LIMITS, ...changes })
const atOnce = (limits: Partial<WeightLimits> = {}) => ({ limits: limitsOf(limits), maxChangePerDay: undefined })
/** Weights in percent, and the reasons. */
function settled(
  weights: readonly number[],
  rules: Parameters<typeof settleTargets>[2],
  from: TargetInput = input(),
  isProtective = false,
) {
  const result = settleTargets(from, { weights, isProtective }, rules)
  if (result.status === 'refused') return result
  expect(result.weights.reduce((sum, one) => sum + one, 0n)).toBe(RATIO_ONE)
  return {
    percents: result.weights.map((one) => Number((ratioToNumber(one) * 100).toFixed(6))),
    reasons: result.reasons,
  }
}

describe('limits', () => {
  test('leave weights within them as they are, without a word', () => {
    expect(settled([0.4, 0.3, 0.1, 0.2], atOnce({ perAsset: percentOf(40) }))).toEqual({
      percents: [40, 30, 10, 20],
      reasons: [],
    })
  })

  test('share out what an asset may not have in proportion to what the others have', () => {
    const limits = { assets: { BTC: { maximum: percentOf(40) } } }
    expect(settled([0.7, 0.2, 0.1, 0], atOnce(limits))).toEqual({
      percents: [40, 40, 20, 0],
      reasons: [
        'Limits (at most 40.0 % of BTC) move BTC from 70.0 % to 40.0 %, ETH from 20.0 % to 40.0 %, LINK from 10.0 % to 20.0 %.',
      ],
    })
  })

  test('take what an asset must have from the others in proportion', () => {
    const limits = { assets: { USDC: { minimum: percentOf(20) } } }
    expect(settled([0.5, 0.3, 0.2, 0], atOnce(limits))).toMatchObject({ percents: [40, 24, 16, 20] })
  })

  test('give weight to an asset that should have none only where nothing else has room', () => {
    const limits = { perAsset: percentOf(40) }
    expect(settled([0.6, 0.4, 0, 0], atOnce(limits))).toMatchObject({ percents: [40, 40, 10, 10] })
    expect(settled([0.6, 0.3, 0.1, 0], atOnce(limits))).toMatchObject({ percents: [40, 40, 20, 0] })
  })

  test('hold an issuer, by name or any, and leave assets of nobody alone', () => {
    const assets = [
      aTargetAsset('BTC'),
      aTargetAsset('STETH', { issuer: 'Lido' }),
      aTargetAsset('USDC', { issuer: 'Circle' }),
      aTargetAsset('EURC', { issuer: 'Circle' }),
    ]
    const any = settled([0.2, 0.2, 0.4, 0.2], atOnce({ perIssuer: percentOf(30) }), input({ assets }))
    // The two of one issuer keep their proportion; what they lose goes to the others until Lido is full, too.
    expect(any).toEqual({
      percents: [40, 30, 20, 10],
      reasons: [
        'Limits (at most 30.0 % with issuer Circle, at most 30.0 % with issuer Lido) move BTC from 20.0 % to 40.0 %, STETH from 20.0 % to 30.0 %, USDC from 40.0 % to 20.0 %, EURC from 20.0 % to 10.0 %.',
      ],
    })
    const named = { perIssuer: percentOf(30), issuers: { Circle: percentOf(60) } }
    expect(settled([0.2, 0.2, 0.4, 0.2], atOnce(named), input({ assets }))).toMatchObject({
      percents: [20, 20, 40, 20],
    })
  })

  test('hold a chain by what lies there', () => {
    const assets = [
      aTargetAsset('BTC', { chains: { base: 0.5, arbitrum: 0.5 } }),
      aTargetAsset('ETH', { chains: { base: 1 } }),
      aTargetAsset('USDC', { chains: { arbitrum: 1 } }),
    ]
    const result = settleTargets(
      input({ assets }),
      { weights: [0.4, 0.4, 0.2] },
      atOnce({ chains: { base: percentOf(45) } }),
    )
    if (result.status === 'refused') throw new Error(result.detail)
    const [btc, eth, usdc] = result.weights.map(ratioToNumber) as [number, number, number]
    expect(0.5 * btc + eth).toBeCloseTo(0.45, 9)
    // Of Σ(x − w)²/w the conditions: x/w is 1 + λ − μ·share on base, so that BTC is half-way between the others.
    expect(btc / 0.4).toBeCloseTo((eth / 0.4 + usdc / 0.2) / 2, 9)
    expect(result.reasons[0]).toMatch(/^Limits \(at most 45\.0 % on base\) move BTC from/)
  })

  test('that name what no asset has are not looked at', () => {
    const limits = { assets: { DOGE: { minimum: percentOf(90) } }, issuers: { Nobody: 0n }, chains: { mars: 0n } }
    expect(settled([0.4, 0.3, 0.1, 0.2], atOnce(limits))).toMatchObject({ reasons: [] })
  })

  test.each([
    [{ assets: { BTC: { minimum: percentOf(60) }, ETH: { minimum: percentOf(50) } } }, 'limits-infeasible', 'Least weights should be at most the whole together, got 110.0 %. Lower one.'], // prettier-ignore
    [{ perAsset: percentOf(24) }, 'limits-infeasible', 'Largest weights should be at least the whole together, got 96.0 %. Raise one.'], // prettier-ignore
    [{ chains: { arbitrum: percentOf(50) } }, 'limits-infeasible', 'Weights should sum to the whole within the limits, got limits that leave no such weights: at most 50.0 % on arbitrum. Loosen one of them.'], // prettier-ignore
    [{ assets: { BTC: { minimum: percentOf(60), maximum: percentOf(50) } } }, 'bad-limit', 'Least weight of BTC should not be above its largest, got 60.0 % and 50.0 %.'], // prettier-ignore
    [{ perChain: -1n }, 'bad-limit', /^Limit of every chain should be from nothing to the whole, got -/],
    [{ issuers: { Lido: percentOf(101) } }, 'bad-limit', 'Limit of issuer Lido should be from nothing to the whole, got 101.0 %.'], // prettier-ignore
  ])('that cannot be kept are refused: %j', (limits, code, detail) => {
    const expected = typeof detail === 'string' ? detail : expect.stringMatching(detail)
    expect(settled([0.4, 0.3, 0.1, 0.2], atOnce(limits))).toEqual({ status: 'refused', code, detail: expected })
  })

  test('that cannot be kept together are named, and no others', () => {
    const assets = [
      aTargetAsset('BTC', { chains: { base: 1 } }),
      aTargetAsset('ETH', { chains: { base: 1 } }),
      aTargetAsset('STETH', { chains: {}, issuer: 'Lido' }),
      aTargetAsset('USDC', { chains: {} }),
    ]
    const limits = {
      assets: { USDC: { maximum: percentOf(20) }, BTC: { minimum: percentOf(5) } },
      issuers: { Lido: percentOf(10) },
      chains: { base: percentOf(60) },
    }
    expect(settled([0.5, 0.2, 0.2, 0.1], atOnce(limits), input({ assets }))).toMatchObject({
      code: 'limits-infeasible',
      detail:
        'Weights should sum to the whole within the limits, got limits that leave no such weights: at most 20.0 % of USDC, at most 10.0 % with issuer Lido, at most 60.0 % on base. Loosen one of them.',
    })
  })
})

describe('smoothing', () => {
  const current = currentTargets({ BTC: 40, ETH: 30, LINK: 10, USDC: 20 })
  const daily = (percents: number, limits: Partial<WeightLimits> = {}) => ({
    limits: limitsOf(limits),
    maxChangePerDay: percentOf(percents),
  })

  test('lets every target go the same part of its way, the farthest as far as the day allows', () => {
    expect(settled([0.2, 0.3, 0.2, 0.3], daily(5), input({ current }))).toEqual({
      percents: [35, 30, 12.5, 22.5],
      reasons: [
        'Targets go 25.0 % of their way: BTC, which is to move by -20.0 % of NAV, moves by 5.0 %, as 5.0 % a day allows since they were last set.',
      ],
    })
  })

  test('does nothing where the way is short enough, or there is nothing to come from', () => {
    expect(settled([0.36, 0.34, 0.1, 0.2], daily(5), input({ current }))).toMatchObject({ reasons: [] })
    expect(settled([0, 0, 0, 1], daily(5))).toEqual({ percents: [0, 0, 0, 100], reasons: [] })
    const others = currentTargets({ DOGE: 100 })
    expect(settled([0, 0, 0, 1], daily(5), input({ current: others }))).toMatchObject({ percents: [0, 0, 0, 100] })
  })

  test('allows for the time since targets were set, a day at most, and nothing for none', () => {
    const after = (ms: number) => {
      const result = settled([0.2, 0.3, 0.2, 0.3], daily(4), input({ current: { ...current, setAt: NOW - ms } }))
      return 'percents' in result ? result.percents[0] : undefined
    }
    expect([after(DAY_MS / 4), after(3 * DAY_MS), after(0), after(-DAY_MS)]).toEqual([39, 36, 40, 40])
  })

  test('begins from the limits where targets in force are outside them', () => {
    const limits = { assets: { BTC: { maximum: percentOf(20) } } }
    const result = settled([0.1, 0.1, 0.1, 0.7], daily(1), input({ current }), false)
    expect(result).toMatchObject({ percents: [39.4, 29.6, 10, 21] })
    expect(settled([0.1, 0.1, 0.1, 0.7], daily(1, limits), input({ current }))).toEqual({
      // From 20, 40, 13⅓ and 26⅔, to which the limit brings what is in force.
      percents: [19.769231, 39.307692, 13.256410, 27.666667], // prettier-ignore
      reasons: [
        'Targets in force are outside the limits and come within them at once.',
        'Targets go 2.3 % of their way: USDC, which is to move by 43.3 % of NAV, moves by 1.0 %, as 1.0 % a day allows since they were last set.',
      ],
    })
  })

  test('does not hold back what is protective, and says so', () => {
    expect(settled([0, 0, 0, 1], daily(5), input({ current }), true)).toEqual({
      percents: [0, 0, 0, 100],
      reasons: ['Less is to be at risk: targets move at once, without smoothing.'],
    })
    expect(settled([0.39, 0.3, 0.1, 0.21], daily(5), input({ current }), true)).toMatchObject({ reasons: [] })
  })

  test('gives the weight of an asset that left to the others in proportion', () => {
    const before = currentTargets({ BTC: 40, ETH: 40, DOGE: 20 })
    expect(settled([0.5, 0.5, 0, 0], daily(5), input({ current: before }))).toEqual({
      percents: [50, 50, 0, 0],
      reasons: [],
    })
  })

  test('refuses a daily move of nothing, or of more than the whole', () => {
    for (const percents of [0, -1, 101])
      expect(settled([0.2, 0.3, 0.2, 0.3], daily(percents))).toMatchObject({ status: 'refused', code: 'bad-limit' })
  })
})

describe('any targets', () => {
  const percents = (min: number, max: number) =>
    fc.integer({ min: min * 100, max: max * 100 }).map((one) => percentOf(one / 100))
  const issuer = fc.constantFrom(undefined, 'Lido', 'Circle')
  const chains = fc.constantFrom({ base: 1 }, { arbitrum: 1 }, { base: 0.3, arbitrum: 0.7 }, { base: 1 / 3 }, {})
  const cases = fc.integer({ min: 1, max: 6 }).chain((size) => {
    const list = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: size, maxLength: size })
    return fc.record({
      assets: list(fc.record({ issuer, chains })).map((all) =>
        all.map((one, i): TargetAsset => aTargetAsset(`A${i}`, one)),
      ),
      wanted: anyShares(size),
      before: fc.option(anyShares(size), { nil: undefined }),
      minima: list(percents(0, 10)),
      maxima: list(percents(30, 100)),
      groups: fc.record({ issuers: fc.record({ Lido: percents(20, 100), Circle: percents(20, 100) }), perChain: percents(40, 100) }), // prettier-ignore
      day: percents(0.01, 30),
      ago: fc.integer({ min: 0, max: 2 * DAY_MS }),
    })
  })
  const heldIn = (assets: readonly TargetAsset[], weights: readonly bigint[], share: (asset: TargetAsset) => number) =>
    weights.reduce((sum, weight, i) => sum + ratioToNumber(weight) * share(assets[i]!), 0)

  test('sum to one, keep every limit, and move no farther than the day allows from what was within them', () => {
    let kept = 0
    fc.assert(
      fc.property(cases, ({ assets, wanted, before, minima, maxima, groups, day, ago }) => {
        const limits = {
          assets: Object.fromEntries(assets.map(({ key }, i) => [key, { minimum: minima[i]!, maximum: maxima[i]! }])),
          chains: {},
          ...groups,
        }
        const first = before && settleTargets(input({ assets }), { weights: before }, { limits, maxChangePerDay: undefined }) // prettier-ignore
        const current =
          first?.status === 'settled'
            ? { weights: Object.fromEntries(assets.map(({ key }, i) => [key, first.weights[i]!])), setAt: NOW - ago, exposure: undefined } // prettier-ignore
            : undefined
        const result = settleTargets(input({ assets, current }), { weights: wanted }, { limits, maxChangePerDay: day })
        if (result.status === 'refused') return expect(result.code).toBe('limits-infeasible')
        kept += 1
        const { weights } = result
        expect(weights.reduce((sum, one) => sum + one, 0n)).toBe(RATIO_ONE)
        for (const [i, weight] of weights.entries()) {
          expect(minima[i]! <= weight && weight <= maxima[i]!).toBe(true)
          if (!current || first?.status !== 'settled') continue
          const allowed = (day * BigInt(Math.min(DAY_MS, ago))) / BigInt(DAY_MS)
          expect(absolute(weight - first.weights[i]!) <= allowed).toBe(true)
        }
        for (const [name, most] of Object.entries(groups.issuers))
          expect(heldIn(assets, weights, (one) => (one.issuer === name ? 1 : 0))).toBeLessThanOrEqual(ratioToNumber(most) + 1e-9) // prettier-ignore
        for (const chain of ['base', 'arbitrum'])
          expect(heldIn(assets, weights, (one) => one.chains[chain] ?? 0)).toBeLessThanOrEqual(ratioToNumber(groups.perChain) + 1e-9) // prettier-ignore
      }),
      { numRuns: 120 },
    )
    expect(kept).toBeGreaterThan(10)
  })

  test('that were settled stay as they are when settled again', () => {
    fc.assert(
      fc.property(cases, ({ assets, wanted, groups }) => {
        const rules = atOnce(groups)
        const once = settleTargets(input({ assets }), { weights: wanted }, rules)
        if (once.status === 'refused') return
        const again = settleTargets(input({ assets }), { weights: once.weights.map(ratioToNumber) }, rules)
        for (const [i, weight] of once.weights.entries())
          expect(again.status === 'settled' && absolute(again.weights[i]! - weight) <= 10n ** 9n).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test.each([[[0.5, 0.5]], [[Number.NaN, 1, 0, 0]], [[1.5, -0.5, 0, 0]], [[0.2, 0.2, 0.2, 0.2]], [[]]])(
    'of %j are refused',
    (weights) => {
      expect(settled(weights, atOnce())).toMatchObject({ status: 'refused', code: 'bad-number' })
    },
  )
})
