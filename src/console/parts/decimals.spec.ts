import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { difference, fromUnits, sum } from './decimals.js'

describe('decimal text, exactly', () => {
  test('differences and sums beyond what floating point holds', () => {
    expect(difference('12345678901234567890.000000000000000001', '0.000000000000000001')).toBe('12345678901234567890')
    expect(difference('0.1', '0.35')).toBe('-0.25')
    expect(difference('-1.5', '-1.5')).toBe('0')
    expect(difference('-0.05', '0.005')).toBe('-0.055')
    expect(sum(['0.1', '0.2', '-0.05'])).toBe('0.25')
    expect(sum([])).toBe('0')
  })

  test('base units in larger ones', () => {
    expect(fromUnits('1500000001', 9)).toBe('1.500000001')
    expect(fromUnits('21000', 18)).toBe('0.000000000000021')
    expect(fromUnits('0', 9)).toBe('0')
  })

  test('a difference added again gives what it was taken from', () => {
    const decimal = fc.tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.nat(18)).map(([units, places]) => {
      const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0')
      const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
      return units < 0n ? `-${text}` : text
    })
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(sum([difference(a, b), b])).toBe(sum([a]))
      }),
    )
  })
})
