import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aToken, WETH } from '../../../test/support/builders.js'
import { amountOf } from './amount.js'
import { amountWorth, ONE_USD, type Price, shareOf, usdToNumber, usdToText, valueOf } from './usd.js'

const many = { numRuns: 5_000 }
const dollar: Price = 10n ** 18n
const units = fc.bigInt({ min: 0n, max: 2n ** 128n })
const price = fc.bigInt({ min: 1n, max: 10n ** 30n })
const token = fc.integer({ min: 0, max: 36 }).map((decimals) => aToken({ decimals }))

describe('values', () => {
  test('an amount is worth its units at the price, rounded as named', () => {
    expect(valueOf(amountOf(WETH, 15n * 10n ** 17n), 3_000n * ONE_USD, 'down')).toBe(4_500n * ONE_USD)
    expect(valueOf(amountOf(WETH, 1n), 1n, 'down')).toBe(0n)
    expect(valueOf(amountOf(WETH, 1n), 1n, 'up')).toBe(1n)
    expect(valueOf(amountOf(aToken({ decimals: 0 }), 3n), dollar, 'down')).toBe(3n * ONE_USD)
  })

  test('what a value buys is worth no more than the value, and one unit more would be (P-01)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 40n }), token, price, (value, bought, at) => {
        const amount = amountWorth(value, bought, at, 'down')
        expect(valueOf(amount, at, 'up') <= value).toBe(true)
        expect(valueOf(amountOf(bought, amount.units + 1n), at, 'down') >= value).toBe(true)
      }),
      many,
    )
  })

  test('the value of an amount buys at most the amount back, and rounded up at least that', () => {
    fc.assert(
      fc.property(units, token, price, (count, bought, at) => {
        const amount = amountOf(bought, count)
        expect(amountWorth(valueOf(amount, at, 'down'), bought, at, 'down').units <= count).toBe(true)
        expect(amountWorth(valueOf(amount, at, 'up'), bought, at, 'up').units >= count).toBe(true)
      }),
      many,
    )
  })

  test.each([0n, -ONE_USD])('a value of %s buys nothing', (value) => {
    expect(amountWorth(value, WETH, dollar, 'up').units).toBe(0n)
  })

  test('shares of a whole, display and exact text', () => {
    expect(shareOf(ONE_USD, 3n * ONE_USD, 'down')).toBe(333_333_333_333_333_333n)
    expect(shareOf(ONE_USD, 3n * ONE_USD, 'up')).toBe(333_333_333_333_333_334n)
    expect(usdToNumber(25_000_000n * ONE_USD + ONE_USD / 2n)).toBe(25_000_000.5)
    expect(usdToNumber(-ONE_USD / 4n)).toBe(-0.25)
    expect(usdToText(-ONE_USD / 4n)).toBe('-0.25')
    expect(usdToText(1n)).toBe('0.000000000000000001')
  })
})
