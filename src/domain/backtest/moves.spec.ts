import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { RATIO_ONE, ratioOfBasisPoints, ratioToNumber } from '../units/ratio.js'
import { weightsWithin } from './moves.js'

const level = (asset: string, lower: number, upper: number) => ({
  asset,
  lower: ratioOfBasisPoints(lower),
  upper: ratioOfBasisPoints(upper),
})

test('an asset outside goes to its nearer level; the hub is the counterpart, or whoever is furthest on the other side', () => {
  const levels = [level('A', 2_400, 2_600), level('B', 2_000, 3_000), level('C', 4_000, 6_000)]
  const from = (weights: readonly number[], hub?: number) =>
    weightsWithin(['A', 'B', 'C'], weights, [0.25, 0.25, 0.5], levels, hub)
  const expectWeights = (moved: readonly number[], wanted: readonly number[]) => {
    for (const [place, weight] of wanted.entries()) expect(moved[place]).toBeCloseTo(weight, 12)
  }
  // C is below its target, so that it takes what A gives up; B is on its own.
  expectWeights(from([0.3, 0.25, 0.45]), [0.26, 0.25, 0.49])
  // Both are below, C further: B gets what C may not take without passing its target.
  expectWeights(from([0.4, 0.22, 0.38]), [0.26, 0.24, 0.5])
  // A hub takes it whatever its distance.
  expectWeights(from([0.28, 0.25, 0.47]), [0.26, 0.25, 0.49])
  expectWeights(from([0.3, 0.25, 0.45], 1), [0.26, 0.29, 0.45])
})

test('an asset without a level stays where it is', () => {
  expect(weightsWithin(['A', 'B'], [0.7, 0.3], [0.5, 0.5], [level('A', 4_000, 6_000)], undefined)).toEqual([0.6, 0.3])
})

test('keeps the sum and ends within levels around a target', () => {
  const states = fc
    .array(fc.record({ weight: fc.integer({ min: 1, max: 1_000 }), target: fc.integer({ min: 1, max: 1_000 }) }), {
      minLength: 2,
      maxLength: 8,
    })
    .chain((rows) =>
      fc.tuple(fc.constant(rows), fc.array(fc.integer({ min: 0, max: 800 }), { minLength: 8, maxLength: 8 })),
    )
  fc.assert(
    fc.property(states, ([rows, widths]) => {
      const share = (key: 'weight' | 'target', index: number) =>
        rows[index]![key] / rows.reduce((total, row) => total + row[key], 0)
      const assets = rows.map((_, index) => `A${index}`)
      const levels = assets.map((asset, index) => {
        const target = BigInt(Math.round(share('target', index) * 1e18))
        const width = ratioOfBasisPoints(widths[index]!)
        const [lower, upper] = [target - width, target + width]
        return { asset, lower: lower < 0n ? 0n : lower, upper: upper > RATIO_ONE ? RATIO_ONE : upper }
      })
      const moved = weightsWithin(
        assets,
        assets.map((_, index) => share('weight', index)),
        assets.map((_, index) => share('target', index)),
        levels,
        widths[0]! % 2 === 0 ? 0 : undefined,
      )
      expect(moved.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9)
      for (const [index, { lower, upper }] of levels.entries()) {
        expect(moved[index]).toBeGreaterThanOrEqual(ratioToNumber(lower) - 1e-9)
        expect(moved[index]).toBeLessThanOrEqual(ratioToNumber(upper) + 1e-9)
      }
    }),
  )
})
