import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StatisticsError } from './input.js'
import { RollingMedian } from './rolling-median.js'

describe('RollingMedian', () => {
  test('is the middle of the last numbers, sorted', () => {
    const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 9 }), (values, span) => {
        const median = new RollingMedian(span)
        for (const [end, value] of values.entries()) {
          median.add(value)
          const sorted = values.slice(Math.max(0, end + 1 - span), end + 1).sort((a, b) => a - b)
          const expected =
            (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
          expect(median.median()).toBeCloseTo(expected, 12)
          expect(median.count).toBe(sorted.length)
        }
      }),
    )
  })

  test('is undefined of nothing, and refuses what is no number and a span that is none', () => {
    const median = new RollingMedian(3)
    expect(median.median()).toBeUndefined()
    expect(() => median.add(Number.NaN)).toThrow(StatisticsError)
    expect(median.count).toBe(0)
    for (const span of [0, 1.5, Number.NaN]) expect(() => new RollingMedian(span)).toThrow(StatisticsError)
  })
})
