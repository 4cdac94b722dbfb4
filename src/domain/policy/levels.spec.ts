import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aPolicy } from '../../../test/support/builders.js'
import type { Drift } from '../portfolio/drift.js'
import { measureDrift } from '../portfolio/drift.js'
import { absolute, type Ratio, RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { resetLevels } from './levels.js'
import type { Target } from './policy.js'

const bps = ratioOfBasisPoints
const asset = (key: string, target: number, distance: number, band: number) => ({
  asset: key,
  value: ONE_USD,
  weight: bps(target + distance),
  target: bps(target),
  drift: bps(distance),
  band: bps(band),
  isInBand: Math.abs(distance) <= band,
})
const driftOf = (...assets: Drift['assets']): Drift => ({ nav: ONE_USD, assets, portfolio: 0n, excluded: [] })
const levels = (drift: Drift, reset: Ratio) =>
  resetLevels(drift, aPolicy({ reset })).map(({ asset: key, lower, upper }) => [key, lower, upper])

const eth = asset('ETH', 5_000, 450, 200)
const usd = asset('USD', 4_000, -400, 500)
const btc = asset('BTC', 1_000, -50, 100)

describe('resetLevels', () => {
  test('at zero every asset returns to its target, those inside their band included', () => {
    expect(levels(driftOf(eth, usd, btc), 0n)).toEqual([
      ['ETH', bps(5_000), bps(5_000)],
      ['USD', bps(4_000), bps(4_000)],
      ['BTC', bps(1_000), bps(1_000)],
    ])
  })

  test('an asset outside returns to its share of the band, one inside may use its band', () => {
    expect(levels(driftOf(eth, usd, btc), RATIO_ONE / 2n)).toEqual([
      ['ETH', bps(4_900), bps(5_100)],
      ['USD', bps(3_500), bps(4_500)],
      ['BTC', bps(900), bps(1_100)],
    ])
    expect(levels(driftOf(eth), RATIO_ONE)).toEqual([['ETH', bps(4_800), bps(5_200)]])
  })

  test('when nothing is outside, every asset returns like one that is', () => {
    expect(levels(driftOf(usd, btc), RATIO_ONE / 2n)).toEqual([
      ['USD', bps(3_750), bps(4_250)],
      ['BTC', bps(950), bps(1_050)],
    ])
  })

  const target = (key: string) =>
    fc
      .record({ weight: fc.integer({ min: 0, max: 10_000 }), band: fc.integer({ min: 0, max: 12_000 }) })
      .map(({ weight, band }): Target => ({ asset: key, weight: bps(weight), absoluteBand: bps(band) }))
  const portfolios = fc.record({
    targets: fc.tuple(target('A'), target('B'), target('C')),
    values: fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000), fc.nat(1_000_000)),
    reset: fc.bigInt({ min: 0n, max: RATIO_ONE }),
  })
  const measured = ({ targets, values }: { targets: readonly Target[]; values: readonly number[] }) => {
    const assets = targets.map(({ asset: key }, index) => ({
      asset: key,
      status: 'known' as const,
      price: ONE_USD,
      value: BigInt(values[index]!) * ONE_USD,
      positions: [],
      inTransitValue: 0n,
    }))
    const nav = assets.reduce((sum, { value }) => sum + value, 0n)
    return measureDrift({ nav, isComplete: true, assets }, aPolicy({ targets }))
  }

  test('lower ≤ target ≤ upper, within zero and one, and no farther from the target than the band', () => {
    fc.assert(
      fc.property(portfolios, ({ reset, ...world }) => {
        const drift = measured(world)
        for (const [index, { lower, upper }] of resetLevels(drift, aPolicy({ reset })).entries()) {
          const { target: wanted, band } = drift.assets[index]!
          expect(lower >= 0n && lower <= wanted && wanted <= upper && upper <= RATIO_ONE).toBe(true)
          expect(wanted - lower <= band && upper - wanted <= band).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('an asset outside its band is outside its levels, so it must trade; one inside is not pushed out of its band', () => {
    fc.assert(
      fc.property(portfolios, ({ reset, ...world }) => {
        const drift = measured(world)
        const isAllInBand = drift.assets.every(({ isInBand }) => isInBand)
        for (const [index, { lower, upper }] of resetLevels(drift, aPolicy({ reset })).entries()) {
          const { weight, isInBand, drift: distance, band } = drift.assets[index]!
          // a weight is rounded down, so it may show one unit under the edge it stands on
          if (!isInBand) expect(weight < lower || weight >= upper).toBe(true)
          else if (!isAllInBand && reset > 0n) expect(weight + 1n >= lower && weight <= upper).toBe(true)
          if (!isInBand) expect(absolute(distance) > band).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('a smaller reset never leaves an asset that is outside farther from its target', () => {
    fc.assert(
      fc.property(portfolios, fc.bigInt({ min: 0n, max: RATIO_ONE }), ({ reset, ...world }, other) => {
        const drift = measured(world)
        const [tight, loose] = reset < other ? [reset, other] : [other, reset]
        const near = resetLevels(drift, aPolicy({ reset: tight }))
        for (const [index, far] of resetLevels(drift, aPolicy({ reset: loose })).entries())
          if (!drift.assets[index]!.isInBand)
            expect(far.lower <= near[index]!.lower && near[index]!.upper <= far.upper).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
