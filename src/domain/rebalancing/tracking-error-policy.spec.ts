import { describe, expect, test } from '@jest/globals'
import { aCovariance, anAssetState, aState } from '../../../test/support/rebalancing.js'
import { basisPointsOf, ratioOfBasisPoints, ratioToNumber } from '../units/ratio.js'
import { trackingErrorPolicy } from './tracking-error-policy.js'

const bps = ratioOfBasisPoints
/** Two assets: the tracking error is σ_rel·|d|, with σ_rel = √(0.36 + 0.04). */
const two = (drift: number, settlesAt?: number) =>
  aState([anAssetState('ETH', 5_000, drift), anAssetState('BTC', 5_000, -drift, { settlesAt })], {
    covariance: aCovariance([0.6, 0.2]),
  })
const three = aState(
  [anAssetState('ETH', 5_000, 400), anAssetState('BTC', 3_000, -300), anAssetState('USD', 2_000, -100)],
  { covariance: aCovariance([0.6, 0.5, 0.01], 0.3) },
)
const policy = trackingErrorPolicy.create({})

const errorOf = (drifts: readonly number[], covariance = three.covariance!) =>
  Math.sqrt(covariance.reduce((sum, row, i) => sum + drifts[i]! * row.reduce((s, v, j) => s + v * drifts[j]!, 0), 0))

describe('the tracking-error trigger', () => {
  test('trades beyond τ: 2 % of √0.4 is 316 bps for two assets', () => {
    expect(policy.decide(two(316)).trade).toBe(false)
    expect(policy.decide(two(317))).toMatchObject({ trade: true, breached: ['ETH', 'BTC'] })
    expect(policy.decide(two(-317)).trade).toBe(true)
    expect(policy.decide(two(200)).figures.map(({ band }) => basisPointsOf(band))).toEqual([316, 316])
    expect(policy.decide(two(317)).reasons.at(-1)).toBe('The tracking error is 200 bps a year of 200 bps tolerated.')
  })

  test.each([
    ['target', 0],
    ['half', 0.01],
    ['edge', 0.02],
    ['inner', 0.005],
  ] as const)('to %s brings every distance back by the same proportion: %s is left', (reset, left) => {
    const tight = trackingErrorPolicy.create({ reset, innerTrackingError: 0.005 })
    const { trade, figures, levels } = tight.decide({ ...three, fixedCost: 1e-5 })
    expect(trade).toBe(true)
    const ends = figures.map(({ drift, inner }) => Math.sign(Number(drift)) * ratioToNumber(inner))
    expect(errorOf(ends)).toBeCloseTo(left, 9)
    for (const [index, drift] of [0.04, -0.03, -0.01].entries()) {
      expect(ends[index]).toBeCloseTo((drift * left) / errorOf([0.04, -0.03, -0.01]), 9)
      const { target } = three.assets[index]!
      expect(levels[index]).toMatchObject({
        lower: target - figures[index]!.inner,
        upper: target + figures[index]!.inner,
      })
    }
  })

  test.each([0.005, 0.04])('half of τ = %s is left where nothing else is said', (trackingError) => {
    const { trade, figures } = trackingErrorPolicy.create({ trackingError }).decide({ ...three, fixedCost: 1e-5 })
    const ends = figures.map(({ drift, inner }) => Math.sign(Number(drift)) * ratioToNumber(inner))
    expect(trade).toBe(trackingError < errorOf([0.04, -0.03, -0.01]))
    if (trade) expect(errorOf(ends)).toBeCloseTo(trackingError / 2, 9)
  })

  test('its bands are where the present mix of distances would reach τ', () => {
    const error = errorOf([0.02, -0.015, -0.005])
    const half = { ...three, assets: three.assets.map((one) => ({ ...one, weight: (one.weight + one.target) / 2n })) }
    const { trade, figures } = policy.decide(half)
    expect(trade).toBe(false)
    for (const [index, drift] of [0.02, 0.015, 0.005].entries())
      expect(ratioToNumber(figures[index]!.band)).toBeCloseTo((drift * 0.02) / error, 9)
  })

  test('an asset without a distance has the band it would reach alone', () => {
    const still = { ...two(0) }
    expect(policy.decide(still)).toMatchObject({ trade: false })
    expect(policy.decide(still).figures.map(({ band }) => basisPointsOf(band))).toEqual([316, 316])
  })

  test('an asset whose legs settle does not count', () => {
    const settling = two(400, two(0).now + 1)
    // ETH alone: d₁(Σd)₁ = 0.04²·0.36, so 240 bps; below that its part is no reason.
    expect(policy.decide(settling)).toMatchObject({ trade: true, breached: ['ETH'] })
    expect(policy.decide(settling).reasons.at(-1)).toContain('without the assets whose legs settle 240 bps')
    expect(policy.decide(two(330, two(0).now + 1)).trade).toBe(false)
    expect(policy.decide(two(330)).trade).toBe(true)
  })

  test('an asset that has its own band is a reason beyond it', () => {
    const own = trackingErrorPolicy.create({ overrides: { BTC: { band: bps(100) } } })
    expect(own.decide(two(100)).trade).toBe(false)
    expect(own.decide(two(101))).toMatchObject({ trade: true, breached: ['BTC'] })
  })

  test.each([
    ['prices are too few', undefined],
    ['the covariance gives none a volatility', aCovariance([0, 0])],
    ['the covariance gives none a volatility', aCovariance([0.6, 0.6], 1)],
    ['the covariance gives none a volatility', aCovariance([0.6, 0.6], 2)],
  ])('goes by the configured bands when %s', (why, covariance) => {
    const { trade, figures, reasons } = policy.decide({ ...two(201), covariance })
    expect(trade).toBe(true)
    expect(figures.map(({ band }) => band)).toEqual([bps(200), bps(200)])
    expect(reasons.at(-1)).toContain(why)
  })

  test('and where only the distances meet a negative variance', () => {
    const covariance = [
      [0.04, 0.05, 0],
      [0.05, 0.04, 0],
      [0, 0, 0.01],
    ]
    const state = aState(
      [anAssetState('ETH', 3_000, 201), anAssetState('BTC', 3_000, -201), anAssetState('USD', 4_000, 0)],
      { covariance },
    )
    expect(policy.decide(state)).toMatchObject({ trade: true, breached: ['ETH', 'BTC'] })
    expect(policy.decide(state).reasons.at(-1)).toContain('not positive semidefinite')
  })

  test.each([
    [{ trackingError: 0 }, 'trackingError is a positive number'],
    [{ innerTrackingError: 0.03 }, 'innerTrackingError is at least zero and at most trackingError'],
    [{ innerTrackingError: NaN }, 'innerTrackingError is at least zero and at most trackingError'],
  ])('refuses %j', (parameters, message) => {
    expect(() => trackingErrorPolicy.create(parameters)).toThrow(message)
  })
})
