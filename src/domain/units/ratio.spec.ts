import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { InvariantError } from '../errors.js'
import {
  absolute,
  basisPointsOf,
  larger,
  mulDiv,
  RATIO_ONE,
  ratioOfBasisPoints,
  ratioToNumber,
  smaller,
} from './ratio.js'

const many = { numRuns: 5_000 }
const any = fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n })
const positive = fc.bigInt({ min: 1n, max: 2n ** 130n })

describe('mulDiv', () => {
  test.each([
    [7n, 1n, 2n, 'down', 3n],
    [7n, 1n, 2n, 'up', 4n],
    [7n, 1n, 2n, 'zero', 3n],
    [-7n, 1n, 2n, 'down', -4n],
    [-7n, 1n, 2n, 'up', -3n],
    [-7n, 1n, 2n, 'zero', -3n],
    [-8n, 1n, 2n, 'down', -4n],
    [8n, 1n, 2n, 'up', 4n],
    [0n, 5n, 3n, 'up', 0n],
  ] as const)('%s × %s ÷ %s rounded %s is %s', (a, b, divisor, rounding, expected) => {
    expect(mulDiv(a, b, divisor, rounding)).toBe(expected)
  })

  test.each([0n, -1n])('refuses to divide by %s', (divisor) => {
    expect(() => mulDiv(1n, 1n, divisor, 'down')).toThrow(InvariantError)
  })

  test('brackets the exact quotient: down ≤ exact ≤ up, one apart or equal; zero is the one nearer to zero (P-01)', () => {
    fc.assert(
      fc.property(any, any, positive, (a, b, divisor) => {
        const [down, up, zero] = (['down', 'up', 'zero'] as const).map((rounding) => mulDiv(a, b, divisor, rounding))
        expect(down! * divisor <= a * b && a * b <= up! * divisor).toBe(true)
        expect(up! - down!).toBe((a * b) % divisor === 0n ? 0n : 1n)
        expect(zero).toBe(absolute(down!) < absolute(up!) ? down : up)
      }),
      many,
    )
  })
})

describe('basis points', () => {
  test('are whole and come back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (points) => {
        expect(basisPointsOf(ratioOfBasisPoints(points))).toBe(points)
      }),
    )
    expect(ratioOfBasisPoints(10_000)).toBe(RATIO_ONE)
    expect(() => ratioOfBasisPoints(0.5)).toThrow('whole numbers, got 0.5')
  })

  test('a deviation is never reported larger than it is', () => {
    fc.assert(
      fc.property(any, (ratio) => {
        expect(absolute(ratioOfBasisPoints(basisPointsOf(ratio / 2n ** 90n))) <= absolute(ratio / 2n ** 90n)).toBe(true)
      }),
    )
    expect(basisPointsOf(-199_999_999_999_999n)).toBe(-1)
  })
})

test('smaller, larger and absolute agree with the order of numbers', () => {
  fc.assert(
    fc.property(any, any, (a, b) => {
      expect([smaller(a, b), larger(a, b)]).toEqual(a < b ? [a, b] : [b, a])
      expect(absolute(a)).toBe(larger(a, 0n - a))
    }),
  )
  expect(ratioToNumber(RATIO_ONE / 4n)).toBe(0.25)
})
