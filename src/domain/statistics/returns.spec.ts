import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StatisticsError } from './input.js'
import { alignedReturns, logReturnRows, logReturns, winsorise } from './returns.js'

const failure = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof StatisticsError) return { code: error.code, place: error.place, message: error.message }
  }
  return undefined
}
const price = fc.double({ min: 1e-300, max: 1e300, noNaN: true })
const gappy = fc.array(fc.option(price, { nil: undefined }), { maxLength: 40 })

describe('logReturns', () => {
  test('is the logarithm of a price over the one before, and none on the first day', () => {
    const [first, up, down] = logReturns([100, 110, 99])
    expect(first).toBeUndefined()
    expect(up).toBeCloseTo(0.0953101798043249, 15)
    expect(down).toBeCloseTo(-0.1053605156578263, 15)
    expect(logReturns([])).toEqual([])
  })

  test('carries a price for two days with a return of zero, and then brings the whole return', () => {
    expect(logReturns([1, undefined, undefined, Math.E])).toEqual([undefined, 0, 0, 1])
  })

  test('knows nothing after a third day without a price, nor on the day the price is back', () => {
    const e = Math.E
    expect(logReturns([1, undefined, undefined, undefined, e, e * e])).toEqual([
      undefined,
      0,
      0,
      undefined,
      undefined,
      1,
    ])
    expect(logReturns([undefined, undefined, 5, 5])).toEqual([undefined, undefined, undefined, 0])
  })

  test('counts days, not rows: a day without a row is one without a price', () => {
    expect(logReturns([1, Math.E], [10, 13])).toEqual([undefined, 1])
    expect(logReturns([1, Math.E], [10, 14])).toEqual([undefined, undefined])
    expect(logReturns([1, undefined, Math.E], [10, 13, 14])).toEqual([undefined, undefined, undefined])
  })

  test('equals the returns of the prices with unknown days filled by hand', () => {
    fc.assert(
      fc.property(gappy, (prices) => {
        const filled = prices.map((_, day) => prices[day] ?? prices[day - 1] ?? prices[day - 2])
        const expected = filled.map((now, day) => {
          const before = filled[day - 1]
          return now === undefined || before === undefined ? undefined : Math.log(now) - Math.log(before)
        })
        expect(logReturns(prices)).toEqual(expected)
      }),
    )
  })

  test.each([0, -1, -0, Number.NaN, Infinity])('refuses a price of %s and names its place', (odd) => {
    expect(failure(() => logReturns([1, odd]))).toEqual({
      code: 'price-not-positive',
      place: { row: 1 },
      message: `Price in row 1 should be positive, got ${odd}. Correct it, or leave it empty if it is unknown.`,
    })
    const rows = {
      days: [4, 5],
      prices: [
        [1, 2],
        [1, odd],
      ],
    }
    expect(failure(() => logReturnRows(rows))).toMatchObject({
      place: { row: 1, column: 1 },
      message: expect.stringContaining('in row 1, column 1 should be positive'),
    })
  })

  test('refuses days that do not rise by whole numbers, and as many as there are no prices for', () => {
    expect(failure(() => logReturns([1, 1, 1], [1, 2, 2]))).toMatchObject({
      code: 'days-not-rising',
      place: { row: 2 },
    })
    expect(failure(() => logReturns([1, 1], [1, 1.5]))).toMatchObject({ code: 'days-not-rising', place: { row: 1 } })
    expect(failure(() => logReturns([1, 1], [1]))).toMatchObject({ code: 'shape' })
  })

  test('of an asset that goes to zero, by any price a float can hold, are finite', () => {
    const returns = logReturns([Number.MAX_VALUE, Number.MIN_VALUE, 116, 1e-4])
    expect(returns.slice(1).every((value) => Number.isFinite(value))).toBe(true)
  })
})

describe('alignedReturns', () => {
  test('keeps the days on which every asset has a return, and says which they are', () => {
    const e = Math.E
    const prices = [
      [1, undefined],
      [e, 1],
      [e, e],
      [undefined, e],
      [undefined, 1],
      [undefined, e],
      [1, 1],
      [e, e],
    ]
    const days = prices.map((_, day) => 100 + day)
    expect(alignedReturns({ days, prices })).toEqual({
      at: [2, 3, 4, 7],
      rows: [
        [0, 1],
        [0, 0],
        [0, -1],
        [1, 1],
      ],
    })
  })

  test('are none without assets or days', () => {
    expect(alignedReturns({ days: [], prices: [] })).toEqual({ at: [], rows: [] })
    expect(alignedReturns({ days: [1, 2], prices: [[], []] })).toEqual({ at: [], rows: [] })
  })

  test('refuses ragged rows', () => {
    expect(failure(() => alignedReturns({ days: [1, 2], prices: [[1, 1], [1]] }))).toMatchObject({
      code: 'shape',
      place: { row: 1 },
    })
  })
})

describe('winsorise', () => {
  test('brings what is beyond six deviations back to there and leaves the rest', () => {
    // 99 zeros and 100: mean 1, deviation 10 (Σ(x − 1)² = 99 + 99² = 99·100), so that six of them end at 61.
    const calm = Array.from({ length: 99 }, () => 0)
    expect(winsorise([...calm, 100])).toEqual([...calm, 61])
    expect(winsorise([-100, ...calm])).toEqual([-61, ...calm])
  })

  test('changes nothing in fewer than 38 returns, and can in 38', () => {
    const window = (count: number) => [...Array.from({ length: count - 1 }, () => 0), 1]
    expect(winsorise(window(37))).toEqual(window(37))
    expect(winsorise(window(38)).at(-1)).toBeLessThan(1)
    expect(winsorise([0.5])).toEqual([0.5])
    expect(winsorise([])).toEqual([])
  })

  test('leaves constant returns as they are', () => {
    for (const value of winsorise(Array.from({ length: 50 }, () => 0.1))) expect(value).toBeCloseTo(0.1, 15)
  })

  test('refuses a limit that is none', () => {
    for (const odd of [0, -1, Number.NaN, Infinity])
      expect(failure(() => winsorise([1, 2], odd))).toMatchObject({ code: 'out-of-range' })
  })
})
