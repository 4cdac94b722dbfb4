import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aCovariance, anAssetState, anyState, aState } from '../../../test/support/rebalancing.js'
import { basisPointsOf, RATIO_ONE, ratioOfBasisPoints, ratioToNumber } from '../units/ratio.js'
import { impulseBandPolicy } from './impulse-band-policy.js'

const bps = ratioOfBasisPoints
const policy = impulseBandPolicy.create({})

/** w = 0.25 and σ_rel = 0.6: the example of the planning theory, 5.4. */
const example = (drift: number, fixedCost: number) =>
  aState([anAssetState('ETH', 2_500, drift), anAssetState('USD', 7_500, -drift, { cost: 0 })], {
    covariance: aCovariance([0.6, 0]),
    fixedCost,
  })

describe('the impulse band', () => {
  test.each([
    [0, 316, 300],
    [0.2, 484, 192],
    [2, 702, 110],
  ])('is that of the theory: a leg of %s bp gives ±%s bps, back to ±%s bps', (points, band, inner) => {
    const [eth] = policy.decide(example(0, points / 1e4)).figures
    expect([basisPointsOf(eth!.band), basisPointsOf(eth!.inner)]).toEqual([band, inner])
  })

  test('trades beyond it, and only back to the inner distance; the other asset is a counterpart within its own', () => {
    expect(policy.decide(example(484, 2e-5)).trade).toBe(false)
    const { trade, breached, levels, figures } = policy.decide(example(485, 2e-5))
    expect([trade, breached]).toEqual([true, ['ETH', 'USD']])
    const [eth, usd] = figures
    expect(levels).toEqual([
      { asset: 'ETH', lower: bps(2_500) - eth!.inner, upper: bps(2_500) + eth!.inner },
      { asset: 'USD', lower: bps(7_500) - usd!.inner, upper: bps(7_500) + usd!.inner },
    ])
  })

  test('an asset that is free to trade has the band of what it is traded against', () => {
    const [eth, usd] = policy.decide(example(0, 2e-5)).figures
    expect(usd).toMatchObject({ band: eth!.band, inner: eth!.inner })
    const both = example(0, 2e-5).assets.map((one) => ({ ...one, cost: 0.0015 }))
    expect(policy.decide({ ...example(0, 2e-5), assets: both }).figures.map(({ band }) => band)).toEqual([
      eth!.band,
      eth!.band,
    ])
  })

  test('says what the band follows from', () => {
    expect(policy.decide(example(500, 2e-5)).reasons[0]).toContain(
      'The band follows from a cost of 30 bps, a fixed cost of 0.2 bps, a volatility of 60 % against the rest and an ' +
        'aversion of 5.',
    )
  })

  test('never narrows when trades or legs become dearer, nor for an asset whose costs count more', () => {
    const dear = fc.double({ min: 1, max: 50, noNaN: true })
    fc.assert(
      fc.property(anyState, dear, dear, (state, costFactor, legFactor) => {
        const bands = (factors: { cost: number; leg: number }, aversion = 1) =>
          impulseBandPolicy
            .create({
              overrides: Object.fromEntries(state.assets.map(({ asset }) => [asset, { costAversion: aversion }])),
            })
            .decide({
              ...state,
              fixedCost: state.fixedCost * factors.leg,
              assets: state.assets.map((one) => ({ ...one, cost: one.cost * factors.cost })),
            })
            .figures.map(({ band }) => band)
        const usual = bands({ cost: 1, leg: 1 })
        for (const wider of [
          bands({ cost: costFactor, leg: 1 }),
          bands({ cost: 1, leg: legFactor }),
          bands({ cost: 1, leg: 1 }, costFactor),
        ])
          // rounding of the last of twelve digits is all they may lose
          for (const [index, band] of wider.entries()) expect(band + 1_000_000n >= usual[index]!).toBe(true)
      }),
      { numRuns: 80 },
    )
  })

  test('stays within its limits', () => {
    const cheap = { ...example(0, 0), assets: example(0, 0).assets.map((one) => ({ ...one, cost: 0 })) }
    expect(policy.decide(cheap).figures.map(({ band }) => band)).toEqual([bps(10), bps(10)])
    const [eth] = policy.decide(example(0, 0.5)).figures
    expect(eth!.band).toBe(bps(1_250))
    expect(eth!.inner).toBeLessThan(bps(10))
    const limited = impulseBandPolicy.create({ maximumBandShare: RATIO_ONE / 100n, minimumBand: 0n })
    expect(limited.decide(example(0, 0)).figures[0]!.band).toBe(bps(25))
    expect(() => impulseBandPolicy.create({ minimumBand: -1n })).toThrow('minimumBand is a share')
    expect(() => impulseBandPolicy.create({ maximumBandShare: 0n })).toThrow('maximumBandShare is above zero')
  })

  test('its width follows volatility when weights are the objective, and does not when risk is', () => {
    const at = (volatility: number, objective: 'risk' | 'weights') => {
      const state = { ...example(0, 0), covariance: aCovariance([volatility, 0]) }
      return ratioToNumber(impulseBandPolicy.create({ objective }).decide(state).figures[0]!.band)
    }
    expect(at(0.9, 'risk') / at(0.3, 'risk')).toBeCloseTo(1, 9)
    expect(at(0.9, 'weights') / at(0.3, 'weights')).toBeCloseTo(3 ** (2 / 3), 9)
    expect(at(0.6, 'weights')).toBeCloseTo(at(0.6, 'risk'), 9)
  })

  test('an asset with its own band keeps it, with the way back that is best for it', () => {
    const own = impulseBandPolicy.create({ overrides: { ETH: { band: bps(250) } } })
    const { figures, reasons } = own.decide(example(251, 2e-5))
    expect(figures[0]!.band).toBe(bps(250))
    expect(figures[0]!.inner > bps(100) && figures[0]!.inner < bps(125)).toBe(true)
    expect(reasons[0]).toContain('The band is its own; the way back follows from a cost of 30 bps')
  })
})

describe('the impulse band without what it needs', () => {
  test('without covariance goes by the configured bands and says so', () => {
    const state = { ...example(201, 2e-5), covariance: undefined }
    const { trade, figures, reasons, levels } = policy.decide(state)
    expect(trade).toBe(true)
    expect(figures.map(({ band, inner }) => [band, inner])).toEqual([
      [bps(200), bps(100)],
      [bps(200), bps(100)],
    ])
    expect(levels[0]).toEqual({ asset: 'ETH', lower: bps(2_400), upper: bps(2_600) })
    expect(reasons.at(-1)).toBe('Every asset keeps its configured band: prices are too few to tell volatilities.')
  })

  test.each([
    ['its volatility against the rest is zero.', aCovariance([0.6, 0.6], 1)],
    ['the covariance gives it no volatility against the rest', aCovariance([0.6, 0.6], 2)],
  ])('%s', (why, covariance) => {
    const { figures, reasons } = policy.decide({ ...example(0, 2e-5), covariance })
    expect(figures.map(({ band }) => band)).toEqual([bps(200), bps(200)])
    expect(reasons.filter((reason) => reason.includes(why))).toHaveLength(2)
  })

  test('an asset that is not wanted keeps its band and is sold whole; the only one wanted keeps its own', () => {
    const state = aState([anAssetState('ETH', 10_000, -201), anAssetState('OLD', 0, 201)], {
      covariance: aCovariance([0.6, 0.9]),
    })
    const { trade, levels, reasons } = policy.decide(state)
    expect(trade).toBe(true)
    expect(levels[1]).toEqual({ asset: 'OLD', lower: 0n, upper: 0n })
    expect(reasons).toContain('OLD keeps its configured band: its target is zero, so it is sold whole.')
    expect(reasons).toContain('ETH keeps its configured band: nothing else is wanted.')
    const nearlyOnly = [
      { ...state.assets[0]!, weight: RATIO_ONE },
      { ...state.assets[1]!, weight: 0n, target: 10n ** 11n },
    ]
    expect(policy.decide({ ...state, assets: nearlyOnly }).reasons).toContain(
      'ETH keeps its configured band: nothing else is wanted.',
    )
    // A band of zero would make the least dust a reason.
    const dust = aState([anAssetState('ETH', 10_000, -9), anAssetState('OLD', 0, 9, { band: 0 })], {
      covariance: aCovariance([0.6, 0.9]),
    })
    expect(policy.decide(dust).trade).toBe(false)
    const own = impulseBandPolicy.create({ overrides: { OLD: { band: bps(5) } } })
    expect(own.decide(dust).reasons).toContain('OLD keeps its own band: its target is zero, so it is sold whole.')
    expect(own.decide(dust).breached).toEqual(['OLD'])
  })
})
