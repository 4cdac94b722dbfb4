import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { resetLevels } from '../../../test/support/reset-levels.js'
import { aCovariance, anAssetState, anyState, aState } from '../../../test/support/rebalancing.js'
import type { Drift } from '../portfolio/drift.js'
import { absolute, RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { absoluteThresholdPolicy } from './absolute-threshold-policy.js'
import type { GivenBandParameters } from './given-band.js'
import type { PortfolioState } from './rebalancing-policy.js'

const bps = ratioOfBasisPoints
const decide = (state: PortfolioState, parameters: Partial<GivenBandParameters> = {}) =>
  absoluteThresholdPolicy.create(parameters).decide(state)
const levels = (state: PortfolioState, parameters: Partial<GivenBandParameters> = {}) =>
  decide(state, parameters).levels.map(({ asset, lower, upper }) => [asset, lower, upper])

const eth = anAssetState('ETH', 5_000, 450)
const usd = anAssetState('USD', 4_000, -400, { band: 500 })
const btc = anAssetState('BTC', 1_000, -50, { band: 100 })
const state = aState([eth, usd, btc])
const known = {
  ...aState([eth, { ...usd, cost: 0 }, btc]),
  covariance: aCovariance([0.6, 0.6, 0.6], 0.5),
  fixedCost: 1e-5,
}

describe('levels', () => {
  test('to target, half, edge and inner: outside returns, inside may be a counterpart within its band', () => {
    expect(levels(state, { reset: 'target' })).toEqual([
      ['ETH', bps(5_000), bps(5_000)],
      ['USD', bps(4_000), bps(4_000)],
      ['BTC', bps(1_000), bps(1_000)],
    ])
    expect(levels(state, { reset: 'half' })).toEqual([
      ['ETH', bps(4_900), bps(5_100)],
      ['USD', bps(3_500), bps(4_500)],
      ['BTC', bps(900), bps(1_100)],
    ])
    expect(levels(state, { reset: 'edge' })[0]).toEqual(['ETH', bps(4_800), bps(5_200)])
    expect(levels(state, { reset: 'inner', innerShare: bps(2_500) })[0]).toEqual(['ETH', bps(4_950), bps(5_050)])
  })

  test('equal those of a drift with the same bands, reset and drifts', () => {
    const reset = fc.bigInt({ min: 0n, max: RATIO_ONE })
    fc.assert(
      fc.property(anyState, fc.oneof(reset, fc.constantFrom(0n, RATIO_ONE)), (any, share) => {
        const assets = any.assets.map((one) => ({ ...one, settlesAt: undefined }))
        const same = { ...any, assets, lastTradedAt: undefined }
        const drift: Drift = {
          nav: ONE_USD,
          portfolio: 0n,
          excluded: [],
          assets: assets.map(({ asset, weight, target, band }) => {
            const distance = weight - target
            return { asset, weight, target, band, drift: distance, value: 0n, isInBand: absolute(distance) <= band }
          }),
        }
        const parameters = share === 0n ? { reset: 'target' as const } : { reset: 'inner' as const, innerShare: share }
        const decision = decide(same, parameters)
        if (decision.trade) expect(decision.levels).toEqual(resetLevels(drift, share))
        // One that was asked for and does nothing has no level to reach.
        else if (drift.assets.every(({ isInBand }) => isInBand))
          for (const [index, { lower, upper }] of resetLevels(drift, share).entries())
            expect(!same.isAsked || (lower <= assets[index]!.weight && assets[index]!.weight <= upper)).toBe(true)
        else throw new Error('An asset outside its band was no reason.')
      }),
      { numRuns: 200 },
    )
  })

  test('hysteresis keeps what was brought back, and every counterpart, away from the edge', () => {
    expect(levels(state, { reset: 'edge', hysteresis: RATIO_ONE / 10n })).toEqual([
      ['ETH', bps(4_820), bps(5_180)],
      ['USD', bps(3_550), bps(4_450)],
      ['BTC', bps(910), bps(1_090)],
    ])
    // One that is nearer to its edge than that is included where it is.
    const near = anAssetState('USD', 4_000, -490, { band: 500 })
    const tight = aState([eth, near, anAssetState('BTC', 1_000, 40, { band: 100 })])
    expect(levels(tight, { hysteresis: RATIO_ONE / 10n })[1]).toEqual(['USD', bps(3_510), bps(4_490)])
    expect(decide(state, { reset: 'edge', hysteresis: RATIO_ONE / 10n }).figures[0]!.inner).toBe(bps(180))
  })

  test('an override is the band of its asset', () => {
    const { trade, breached } = decide(state, { overrides: { ETH: { band: bps(450) }, BTC: { band: bps(49) } } })
    expect([trade, breached]).toEqual([true, ['BTC']])
  })
})

describe('what holds a trade back', () => {
  test('an asset whose legs settle is no reason, and is said', () => {
    const settling = aState([{ ...eth, settlesAt: state.now + 90_000 }, usd, btc])
    const decision = decide(settling)
    expect(decision).toMatchObject({ trade: false, breached: [], levels: [] })
    expect(decision.reasons).toContain(
      'ETH is 450 bps from its target, outside its band of ±200 bps, but its legs may settle for another 90 s.',
    )
    expect(decision.reasons[0]).toContain('Every other asset is inside its band; USD is closest to its edge')
    expect(decide({ ...settling, now: state.now + 90_000 }).trade).toBe(true)
  })

  test('when another asset trades, one whose legs settle may stay where it is and move toward its target', () => {
    const settlesAt = state.now + 90_000
    const both = aState([
      { ...eth, settlesAt },
      anAssetState('USD', 4_000, -350, { band: 300 }),
      { ...btc, weight: bps(900) },
    ])
    expect(levels(both)).toEqual([
      ['ETH', bps(4_800), bps(5_450)],
      ['USD', bps(3_850), bps(4_150)],
      ['BTC', bps(900), bps(1_100)],
    ])
    expect(levels(both, { reset: 'target' })).toEqual([
      ['ETH', bps(5_000), bps(5_450)],
      ['USD', bps(4_000), bps(4_000)],
      ['BTC', bps(1_000), bps(1_000)],
    ])
  })

  test('nothing is traded when all that are outside settle', () => {
    const settlesAt = state.now + 1_000
    const two = aState([
      anAssetState('ETH', 5_000, 450, { settlesAt }),
      anAssetState('USD', 5_000, -450, { settlesAt }),
    ])
    expect(decide(two)).toMatchObject({ trade: false, breached: [] })
    expect(decide(two).reasons[0]).toBe('No asset outside its band may be traded now.')
  })

  test('the cooldown, to the millisecond, with the facts', () => {
    const at = (ago: number) => decide({ ...state, lastTradedAt: state.now - ago }, { cooldownMs: 300_000 })
    expect(at(299_999)).toMatchObject({ trade: false, breached: ['ETH'], levels: [] })
    expect(at(120_000).reasons.slice(0, 2)).toEqual([
      'The last trade ended 120 s ago, policy waits 300 s.',
      expect.stringContaining('ETH is 450 bps from its target'),
    ])
    expect(at(300_000).trade).toBe(true)
    expect(at(-5_000).reasons[0]).toBe('The last trade ended 0 s ago, policy waits 300 s.')
  })

  test('a trade that is asked for is held back by none of it, and every asset returns like one outside', () => {
    const calm = aState([anAssetState('ETH', 5_000, 150), anAssetState('USD', 5_000, -150)], {
      isAsked: true,
      lastTradedAt: state.now,
    })
    expect(decide(calm, { cooldownMs: 300_000 })).toMatchObject({ trade: true, breached: [] })
    expect(levels(calm)).toEqual([
      ['ETH', bps(4_900), bps(5_100)],
      ['USD', bps(4_900), bps(5_100)],
    ])
    expect(decide(calm).reasons).toEqual(['A trade was asked for.', 'To reach every target 150 bps of NAV must trade.'])
    expect(decide(calm, { reset: 'edge' })).toMatchObject({
      trade: false,
      reasons: ['Every asset is already where it would be brought.'],
    })
  })

  test.each([
    ['none', aState([])],
    ['one', aState([anAssetState('ETH', 10_000, 0)], { isAsked: true, covariance: [[0.36]] })],
  ])('of %s asset nothing is traded, whoever asks', (_, few) => {
    expect(decide(few)).toMatchObject({ trade: false, breached: [], levels: [] })
    expect(decide(few).reasons).toEqual([
      'Fewer than two assets have a known value: there is nothing to trade against.',
    ])
    expect(decide(few).figures).toHaveLength(few.assets.length)
  })
})

describe('the numbers of a decision', () => {
  test('benefit κq(d² − b²)/2, cost c(d − b) + F, and a day of κqd²/2', () => {
    // ETH against USD and BTC as 4 : 1, all at 60 %, correlation ½: σ_rel² = 0.36·(1 + 0.84 − 1) = 0.3024.
    const [first, second] = decide(known).figures
    expect(first).toMatchObject({ asset: 'ETH', drift: bps(450), band: bps(200), inner: bps(100) })
    expect(first!.benefitPerYear).toBeCloseTo((5 * 0.3024 * (0.045 ** 2 - 0.01 ** 2)) / 2, 12)
    expect(first!.costNow).toBeCloseTo(0.003 * 0.035 + 1e-5, 12)
    expect(first!.costOfWaiting).toBeCloseTo((5 * 0.3024 * 0.045 ** 2) / 2 / 365, 12)
    expect(second).toMatchObject({ drift: bps(-400), inner: bps(250) })
  })

  test('what a band follows from: the cost of the pair, the fixed cost, the volatility against the rest', () => {
    const [first] = decide(known).figures
    expect(first).toMatchObject({ cost: 0.003, fixedCost: 1e-5 })
    expect(first!.volatility).toBeCloseTo(Math.sqrt(0.3024), 12)
    expect(decide(state).figures[0]).toMatchObject({ cost: 0.006, fixedCost: 0, volatility: undefined })
  })

  test('one that would not be moved ends nothing and costs nothing', () => {
    expect(decide(known).figures[2]).toMatchObject({ benefitPerYear: 0, costNow: 0, drift: bps(-50), inner: bps(50) })
  })

  test('are in the sentences', () => {
    expect(decide(known).reasons).toEqual([
      'ETH is 450 bps from its target of 5000 bps; its band is ±200 bps. ' +
        'Back to ±100 bps costs 1.15 bps of NAV now and ends a penalty of 14.6 bps a year; ' +
        'one more day of waiting costs 0.0419 bps.',
      'To reach every target 450 bps of NAV must trade.',
    ])
  })

  test('of a decision not to trade name the asset closest to its edge', () => {
    expect(
      decide({
        ...known,
        assets: [
          anAssetState('ETH', 5_000, 90),
          anAssetState('USD', 4_000, -140, { band: 500 }),
          anAssetState('BTC', 1_000, 50, { band: 100 }),
        ],
      }).reasons,
    ).toEqual([
      'Every asset is inside its band; BTC is closest to its edge with 50 of ±100 bps. ' +
        'Back to ±50 bps costs 0 bps of NAV now and ends a penalty of 0 bps a year; ' +
        'one more day of waiting costs less than 0.001 bps.',
    ])
  })

  test('say what is not known without volatility', () => {
    const { figures, reasons } = decide(state)
    expect(figures[0]).toMatchObject({ benefitPerYear: undefined, costOfWaiting: undefined })
    expect(figures[0]!.costNow).toBeCloseTo(0.006 * 0.035, 12)
    expect(reasons[0]).toContain('costs 2.1 bps of NAV now; what waiting costs is unknown without its volatility.')
  })
})

describe('parameters', () => {
  test.each<[string, Partial<GivenBandParameters>]>([
    ['innerShare is above zero', { innerShare: 0n }],
    ['innerShare is above zero and at most one', { innerShare: RATIO_ONE + 1n }],
    ['cooldownMs is zero or more, got NaN', { cooldownMs: NaN }],
    ['hysteresis is at least zero and below one', { hysteresis: RATIO_ONE }],
    ['aversion is a positive number, got 0', { aversion: 0 }],
    ['referenceVolatility is a positive number, got Infinity', { referenceVolatility: Infinity }],
    ['The band of ETH is a share', { overrides: { ETH: { band: -1n } } }],
    ['costAversion of ETH is a positive number, got 0', { overrides: { ETH: { costAversion: 0 } } }],
    ['band is a share between zero and one', { band: 2n * RATIO_ONE }],
  ])('are refused outside their range: %s', (message, parameters) => {
    expect(() => absoluteThresholdPolicy.create(parameters)).toThrow(message)
  })

  test('the band of the policy stands for the configured ones, and an override for both', () => {
    const { figures } = decide(state, { band: bps(300), overrides: { BTC: { band: bps(10) } } })
    expect(figures.map(({ band }) => band)).toEqual([bps(300), bps(300), bps(10)])
  })
})
