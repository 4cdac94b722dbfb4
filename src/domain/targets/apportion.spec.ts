import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyShares } from '../../../test/support/targets.js'
import { larger, RATIO_ONE, smaller } from '../units/ratio.js'
import { apportion } from './apportion.js'

const free = (shares: readonly number[]) => {
  const keys = shares.map((_, index) => `A${index}`)
  return apportion(
    keys,
    shares,
    shares.map(() => 0n),
    shares.map(() => RATIO_ONE),
  )
}
const sum = (weights: readonly bigint[]) => weights.reduce((total, one) => total + one, 0n)
const TRILLIONTH = RATIO_ONE / 10n ** 12n

describe('apportion', () => {
  test('writes shares as they are read', () => {
    expect(free([0.1, 0.2, 0.3, 0.4])).toEqual([10n ** 17n, 2n * 10n ** 17n, 3n * 10n ** 17n, 4n * 10n ** 17n])
  })

  test('gives what is left over to the largest remainder, of equal ones to the first key', () => {
    expect(free([1 / 3, 1 / 3, 1 / 3])).toEqual([333_333_333_334n, 333_333_333_333n, 333_333_333_333n].map((one) => one * TRILLIONTH)) // prettier-ignore
    expect(free([1 / 6, 1 / 2, 1 / 3])).toEqual([166_666_666_667n, 500_000_000_000n, 333_333_333_333n].map((one) => one * TRILLIONTH)) // prettier-ignore
    const keys = ['C', 'A', 'B']
    const thirds = apportion(keys, [1 / 3, 1 / 3, 1 / 3], [0n, 0n, 0n], [RATIO_ONE, RATIO_ONE, RATIO_ONE])
    expect(thirds[1]! - thirds[0]!).toBe(TRILLIONTH)
  })

  test('sums to exactly one, each within a trillionth of its share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }).chain(anyShares), (shares) => {
        const weights = free(shares)
        expect(sum(weights)).toBe(RATIO_ONE)
        for (const [index, weight] of weights.entries())
          expect(Math.abs(Number(weight) / 1e18 - shares[index]!)).toBeLessThanOrEqual(1.001e-12)
      }),
    )
  })

  test('keeps to bounds exactly and still sums to one, however far they are from the shares', () => {
    const offset = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n })
    const cases = fc.integer({ min: 1, max: 6 }).chain((size) =>
      fc.record({
        shares: anyShares(size),
        // Bounds around other shares, so that some weights fit.
        around: anyShares(size).map(free),
        offsets: fc.array(fc.tuple(offset, offset), { minLength: size, maxLength: size }),
      }),
    )
    fc.assert(
      fc.property(cases, ({ shares, around, offsets }) => {
        const lower = around.map((one, i) => larger(0n, one - larger(0n, offsets[i]![0])))
        const upper = around.map((one, i) => smaller(RATIO_ONE, one + larger(0n, offsets[i]![1])))
        const keys = shares.map((_, i) => `A${i}`)
        const weights = apportion(keys, shares, lower, upper)
        expect(sum(weights)).toBe(RATIO_ONE)
        for (const [i, weight] of weights.entries()) expect(lower[i]! <= weight && weight <= upper[i]!).toBe(true)
      }),
    )
  })
})
