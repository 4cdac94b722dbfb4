import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatDecimal, parseDecimal } from './decimal.js'

const many = { numRuns: 5_000 }
const decimals = fc.integer({ min: 0, max: 36 })
const scaled = fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n })

describe('parseDecimal', () => {
  test.each([
    ['0', 18, 0n],
    ['1', 6, 1_000_000n],
    ['12', 0, 12n],
    ['0.5', 1, 5n],
    ['0.25', 18, 25n * 10n ** 16n],
    ['-3.25', 2, -325n],
    ['1.50', 6, 1_500_000n],
    ['115792089237316195423570985008687907853269984665640564039457', 18, (2n ** 256n / 10n ** 18n) * 10n ** 18n],
  ])('reads %s with %i decimals', (text, places, expected) => {
    expect(parseDecimal(text, places)).toBe(expected)
  })

  test.each([
    '',
    ' ',
    '1 ',
    ' 1',
    '+1',
    '--1',
    '01',
    '-01',
    '1.',
    '.5',
    '1e3',
    '1E3',
    '0x10',
    '1_000',
    '1,5',
    '1.2.3',
    'NaN',
    '١',
  ])('refuses %j (P-27)', (text) => {
    expect(parseDecimal(text, 18)).toBeUndefined()
  })

  test('refuses more places than there are, zeros included', () => {
    expect(parseDecimal('0.1234567', 6)).toBeUndefined()
    expect(parseDecimal('0.1234560', 6)).toBeUndefined()
    expect(parseDecimal('1.0', 0)).toBeUndefined()
  })

  test('accepts no text with an exponent, a plus, a space or a leading zero (P-27)', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.-+eE _,x'), maxLength: 8 })
    fc.assert(
      fc.property(text, decimals, (input, places) => {
        if (parseDecimal(input, places) !== undefined) expect(input).toMatch(/^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/)
      }),
      many,
    )
  })
})

describe('formatDecimal', () => {
  test.each([
    [0n, 0, '0'],
    [0n, 18, '0'],
    [1n, 18, '0.000000000000000001'],
    [1_500_000n, 6, '1.5'],
    [1_000_000n, 6, '1'],
    [-325n, 2, '-3.25'],
    [-5n, 1, '-0.5'],
    [1_000n, 0, '1000'],
  ])('writes %s at %i decimals as %s', (value, places, expected) => {
    expect(formatDecimal(value, places)).toBe(expected)
  })

  test('is undone by parseDecimal, for every value and scale (P-27)', () => {
    fc.assert(
      fc.property(scaled, decimals, (value, places) => {
        expect(parseDecimal(formatDecimal(value, places), places)).toBe(value)
      }),
      many,
    )
  })

  test('writes each value in exactly one way', () => {
    fc.assert(
      fc.property(scaled, scaled, decimals, (a, b, places) => {
        expect(formatDecimal(a, places) === formatDecimal(b, places)).toBe(a === b)
      }),
      many,
    )
  })
})
