import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { agreePrice, type PriceRules } from './prices.js'
import type { SourceReading } from './snapshot.js'

const rules: PriceRules = {
  asset: 'ETH',
  quorum: 2,
  maxDivergence: ratioOfBasisPoints(50),
  minimum: 100n * ONE_USD,
  maximum: 10_000n * ONE_USD,
}
const at = (source: string, price: bigint): SourceReading => ({
  asset: 'ETH',
  source,
  status: 'usable',
  price,
  timestamp: 0,
})
const dead = (source: string): SourceReading => ({ asset: 'ETH', source, status: 'unusable', reason: 'timeout' })
const price = (...readings: SourceReading[]) => {
  const agreed = agreePrice(rules, readings)
  return agreed.status === 'known' ? agreed.price : agreed.reason
}

describe('agreePrice', () => {
  test('takes the median of an odd number of sources, the lower middle of an even one', () => {
    expect(price(at('a', 3_000n * ONE_USD), at('b', 3_010n * ONE_USD), at('c', 3_002n * ONE_USD))).toBe(
      3_002n * ONE_USD,
    )
    expect(price(at('a', 3_000n * ONE_USD), at('b', 3_000n * ONE_USD + 3n))).toBe(3_000n * ONE_USD + 1n)
  })

  test('one source alone is no price, and the missing one is named (C-30, F-66)', () => {
    expect(price(at('a', 3_000n * ONE_USD), dead('b'))).toBe('ETH needs 2 price sources, 1 usable (b: timeout).')
    expect(price(at('a', 3_000n * ONE_USD))).toBe('ETH needs 2 price sources, 1 usable (no others configured).')
    expect(price()).toContain('0 usable')
  })

  test('sources further apart than allowed are no price, with the numbers (C-31)', () => {
    expect(price(at('a', 3_000n * ONE_USD), at('b', 3_015n * ONE_USD))).toBe(3_007n * ONE_USD + ONE_USD / 2n)
    expect(price(at('a', 3_000n * ONE_USD), at('b', 3_015n * ONE_USD + 1n))).toBe(
      'Sources of ETH differ by 50.00000000000001 bps, policy allows 50 bps.',
    )
    expect(price(at('a', 3_000n * ONE_USD), at('b', 3_060n * ONE_USD))).toContain('differ by 200 bps')
  })

  test.each([
    ['below the minimum', 99n * ONE_USD],
    ['above the maximum', 10_001n * ONE_USD],
  ])('agreement %s is a broken source (C-37)', (_name, value) => {
    expect(price(at('a', value), at('b', value))).toContain('outside its sanity bounds')
  })

  test('the bounds themselves are inside', () => {
    expect(price(at('a', rules.minimum), at('b', rules.minimum))).toBe(rules.minimum)
    expect(price(at('a', rules.maximum), at('b', rules.maximum))).toBe(rules.maximum)
  })

  test('keeps every reading as evidence', () => {
    const readings = [at('a', 3_000n * ONE_USD), dead('b')]
    expect(agreePrice(rules, readings).sources).toBe(readings)
  })

  const reading = fc.oneof(
    fc.bigInt({ min: 2_990n * ONE_USD, max: 3_010n * ONE_USD }).map((value) => at('s', value)),
    fc.constant(dead('s')),
  )

  test('lies between the lowest and the highest usable source, and no order changes it (P-20)', () => {
    fc.assert(
      fc.property(
        fc
          .array(reading, { maxLength: 6 })
          .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([readings, shuffled]) => {
          const agreed = agreePrice({ ...rules, maxDivergence: ratioOfBasisPoints(100) }, readings)
          const again = agreePrice({ ...rules, maxDivergence: ratioOfBasisPoints(100) }, shuffled)
          const prices = readings.flatMap((one) => (one.status === 'usable' ? [one.price] : []))
          expect(agreed.status).toBe(prices.length < 2 ? 'unknown' : 'known')
          if (agreed.status === 'unknown' || again.status === 'unknown') return
          expect(agreed.price).toBe(again.price)
          expect(prices.some((one) => one <= agreed.price) && prices.some((one) => one >= agreed.price)).toBe(true)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('one wrong source of three never moves the price out of the range of the right ones, or there is none (P-18, P-20)', () => {
    const right = fc.bigInt({ min: 2_995n * ONE_USD, max: 3_005n * ONE_USD })
    fc.assert(
      fc.property(right, right, fc.bigInt({ min: 1n, max: 10n ** 30n }), (a, b, wrong) => {
        const agreed = agreePrice(rules, [at('a', a), at('b', b), at('c', wrong)])
        if (agreed.status === 'known')
          expect(agreed.price >= (a < b ? a : b) && agreed.price <= (a < b ? b : a)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('tightening a rule never makes a price known (P-05)', () => {
    fc.assert(
      fc.property(
        fc.array(reading, { maxLength: 4 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 100 }),
        (readings, x, y) => {
          const loose = agreePrice({ ...rules, maxDivergence: ratioOfBasisPoints(Math.max(x, y)) }, readings)
          const tight = agreePrice({ ...rules, maxDivergence: ratioOfBasisPoints(Math.min(x, y)), quorum: 3 }, readings)
          expect(loose.status === 'unknown' && tight.status === 'known').toBe(false)
        },
      ),
    )
  })
})
