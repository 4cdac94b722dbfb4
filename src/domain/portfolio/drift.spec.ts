import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aPolicy } from '../../../test/support/builders.js'
import { bandOf, type Policy, type Target } from '../policy/policy.js'
import { absolute, RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { measureDrift } from './drift.js'
import type { Valuation } from './valuation.js'

const bps = ratioOfBasisPoints
const policyOf = (targets: readonly Target[]): Policy => aPolicy({ targets })
/** Values by asset; undefined for unknown. */
const valued = (values: Record<string, bigint | undefined>): Valuation => {
  const assets = Object.entries(values).map(([asset, value]) =>
    value === undefined
      ? { asset, status: 'unknown' as const, reason: 'no answer' }
      : { asset, status: 'known' as const, price: ONE_USD, value, positions: [], inTransitValue: 0n },
  )
  const nav = Object.values(values).reduce<bigint>((sum, value) => sum + (value ?? 0n), 0n)
  return { nav, isComplete: !Object.values(values).includes(undefined), assets }
}
const policy = policyOf([
  { asset: 'ETH', weight: bps(5_000), absoluteBand: bps(200) },
  { asset: 'USD', weight: bps(3_000), absoluteBand: bps(200) },
  { asset: 'BTC', weight: bps(2_000), absoluteBand: bps(200) },
])

describe('measureDrift', () => {
  test('is positive where overweight, and half its sum is what must trade', () => {
    const drift = measureDrift(valued({ ETH: 60n * ONE_USD, USD: 30n * ONE_USD, BTC: 10n * ONE_USD }), policy)
    expect(drift.assets.map((one) => [one.asset, one.weight, one.drift, one.isInBand])).toEqual([
      ['ETH', bps(6_000), bps(1_000), false],
      ['USD', bps(3_000), 0n, true],
      ['BTC', bps(1_000), bps(-1_000), false],
    ])
    expect(drift.portfolio).toBe(bps(1_000))
  })

  test('an asset on the edge of its band is inside, one unit further is not', () => {
    const at = (eth: bigint) =>
      measureDrift(
        valued({ ETH: eth, USD: 10_000n - eth }),
        policyOf([
          { asset: 'ETH', weight: bps(5_000), absoluteBand: bps(200) },
          { asset: 'USD', weight: bps(5_000), absoluteBand: bps(200) },
        ]),
      ).assets[0]!.isInBand
    expect([at(5_200n), at(5_201n), at(4_800n), at(4_799n)]).toEqual([true, false, true, false])
  })

  test('without the unknown assets, the rest is measured against targets scaled up to one', () => {
    const drift = measureDrift(valued({ ETH: 60n * ONE_USD, USD: 40n * ONE_USD, BTC: undefined }), policy)
    expect(drift.assets.map(({ target }) => target)).toEqual([bps(6_250), bps(3_750)])
    expect(drift.assets.map(({ drift: distance }) => distance)).toEqual([bps(-250), bps(250)])
    expect(drift.excluded).toEqual([{ asset: 'BTC', reason: 'no answer' }])
  })

  test('an empty account has no drift, and an asset without a target no band', () => {
    expect(measureDrift(valued({ ETH: 0n, USD: 0n }), policy)).toMatchObject({ nav: 0n, portfolio: 0n })
    const [stray] = measureDrift(valued({ SHIB: ONE_USD }), policy).assets
    expect(stray).toMatchObject({ target: 0n, drift: RATIO_ONE, band: 0n, isInBand: false })
  })

  test('sums to zero within one unit of rounding per asset, and no drift is reported too large', () => {
    const value = fc.bigInt({ min: 0n, max: 10n ** 30n })
    const assets = fc.array(fc.record({ value, part: fc.integer({ min: 1, max: 1_000 }) }), {
      minLength: 2,
      maxLength: 8,
    })
    fc.assert(
      fc.property(assets, (list) => {
        const whole = BigInt(list.reduce((sum, { part }) => sum + part, 0))
        const targets = list.map(({ part }, index) => ({
          asset: `A${index}`,
          weight: (BigInt(part) * RATIO_ONE) / whole,
        }))
        const drift = measureDrift(
          valued(Object.fromEntries(list.map((one, index) => [`A${index}`, one.value]))),
          policyOf(targets),
        )
        const sum = drift.assets.reduce((total, one) => total + one.drift, 0n)
        expect(absolute(sum) <= 2n * BigInt(list.length)).toBe(true)
        for (const one of drift.assets)
          if (drift.nav > 0n)
            expect(absolute(one.drift) * drift.nav <= absolute(one.value * RATIO_ONE - one.target * drift.nav)).toBe(
              true,
            )
        expect(drift.portfolio >= 0n && drift.portfolio <= RATIO_ONE).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is the same for any order of the assets (P-22)', () => {
    const values = { ETH: 61n * ONE_USD, USD: 22n * ONE_USD, BTC: 17n * ONE_USD }
    const straight = measureDrift(valued(values), policy)
    const turned = measureDrift(
      valued(Object.fromEntries(Object.entries(values).toReversed())),
      policyOf(policy.targets.toReversed()),
    )
    expect(turned.assets.toReversed()).toEqual(straight.assets)
    expect(turned.portfolio).toBe(straight.portfolio)
  })
})

describe('bandOf', () => {
  test('is the tighter of the absolute band and the relative one; without either, nothing is tolerated', () => {
    const weight = bps(2_000)
    expect(bandOf({ asset: 'A', weight, absoluteBand: bps(200), relativeBand: bps(2_500) })).toBe(bps(200))
    expect(bandOf({ asset: 'A', weight, absoluteBand: bps(800), relativeBand: bps(2_500) })).toBe(bps(500))
    expect(bandOf({ asset: 'A', weight, relativeBand: bps(2_500) })).toBe(bps(500))
    expect(bandOf({ asset: 'A', weight, absoluteBand: bps(200) })).toBe(bps(200))
    expect(bandOf({ asset: 'A', weight })).toBe(0n)
  })
})
