import { describe, expect, test } from '@jest/globals'
import { InvariantError } from '../errors.js'
import { pointsText, ratioBelow } from './shares.js'

describe('ratioBelow', () => {
  test('rounds down to a millionth of a millionth', () => {
    expect(ratioBelow(0.25)).toBe(250_000_000_000_000_000n)
    expect(ratioBelow(1.9e-12)).toBe(1_000_000n)
    expect(ratioBelow(-1.1e-12)).toBe(-2_000_000n)
  })

  test.each([NaN, Infinity, -Infinity, 1_001])('refuses %s', (share) => {
    expect(() => ratioBelow(share)).toThrow(InvariantError)
  })
})

test.each([
  [0, '0'],
  [0.0123456, '123'],
  [0.00012345, '1.23'],
  [-0.00002, '-0.2'],
  [0.34567, '3457'],
  [1e-9, 'less than 0.001'],
])('%s is %s basis points', (share, text) => {
  expect(pointsText(share)).toBe(text)
})
