import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { InvariantError } from '../errors.js'
import { parseDecimal } from './decimal.js'
import {
  absolute,
  basisPointsOf,
  larger,
  mulDiv,
  pointsBeside,
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

describe('pointsBeside', () => {
  test.each([
    ['0.0050000000000001', '0.005', '50.000000000001', '50'],
    ['0.00504', '0.005', '50.4', '50'],
    ['-0.00504', '0.005', '-50.4', '50'],
    ['0.0062', '0.005', '62', '50'],
    ['0.00629', '0.00501', '62', '50'],
    ['0.005', '0.005', '50', '50'],
    ['0.00509', '0.00508', '50.9', '50.8'],
    ['0.000000000000000001', '0', '0.00000000000001', '0'],
    ['-0.00001', '0.5', '0', '5000'],
  ])('%s beside %s is %s, and that is %s', (one, other, text, otherText) => {
    const ratio = (value: string) => parseDecimal(value, 18)!
    expect(pointsBeside(ratio(one), ratio(other))).toBe(text)
    expect(pointsBeside(ratio(other), ratio(one))).toBe(otherText)
  })

  test('two sizes that differ never read the same, and none reads larger than it is', () => {
    const near = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n })
    fc.assert(
      fc.property(near, fc.oneof(near, fc.bigInt({ min: -300n, max: 300n })), fc.boolean(), (one, by, isNear) => {
        const other = isNear ? one + by : by
        const [text, otherText] = [pointsBeside(one, other), pointsBeside(other, one)].map((told) =>
          told.replace('-', ''),
        )
        expect(text === otherText).toBe(absolute(one) === absolute(other))
        expect(parseDecimal(text!, 14)! <= absolute(one)).toBe(true)
      }),
      many,
    )
  })
})
