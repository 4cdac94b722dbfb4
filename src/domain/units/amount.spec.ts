import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aToken, WETH } from '../../../test/support/builders.js'
import { InvariantError } from '../errors.js'
import { amountOf, formatAmount, minus, plus, scaleAmount } from './amount.js'
import { RATIO_ONE } from './ratio.js'

const usdc = aToken()
const units = fc.bigInt({ min: 0n, max: 2n ** 128n })

describe('TokenAmount', () => {
  test('adds, subtracts and compares amounts of one token', () => {
    expect(plus(amountOf(usdc, 3n), amountOf(usdc, 4n)).units).toBe(7n)
    expect(minus(amountOf(usdc, 4n), amountOf(usdc, 3n)).units).toBe(1n)
  })

  test('is never negative', () => {
    expect(() => amountOf(usdc, -1n)).toThrow('An amount of USDC cannot be negative, got -1 base units.')
    expect(() => minus(amountOf(usdc, 3n), amountOf(usdc, 4n))).toThrow(InvariantError)
  })

  test.each([plus, minus])('%p refuses two tokens, and two chains of one token', (combine) => {
    expect(() => combine(amountOf(usdc, 1n), amountOf(WETH, 1n))).toThrow(InvariantError)
    expect(() => combine(amountOf(usdc, 1n), amountOf(aToken({ chain: 'beta' }), 1n))).toThrow('cannot be combined')
  })

  test('takes the same address in another letter case for the same token', () => {
    const upper = aToken({ address: usdc.address.toUpperCase().replace('0X', '0x') as typeof usdc.address })
    expect(plus(amountOf(usdc, 1n), amountOf(upper, 1n)).units).toBe(2n)
  })

  test('is written exactly, with its symbol', () => {
    expect(formatAmount(amountOf(WETH, 1_500_000_000_000_000_001n))).toBe('1.500000000000000001 WETH')
    expect(formatAmount(amountOf(aToken({ decimals: 0 }), 12n))).toBe('12 USDC')
  })

  test('a share and the rest of it make the whole, whichever way each is rounded', () => {
    fc.assert(
      fc.property(units, fc.bigInt({ min: 0n, max: RATIO_ONE }), (whole, share) => {
        const amount = amountOf(usdc, whole)
        const parts = plus(scaleAmount(amount, share, 'down'), scaleAmount(amount, RATIO_ONE - share, 'up'))
        expect(parts.units).toBe(whole)
      }),
    )
  })
})
