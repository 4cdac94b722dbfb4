import { describe, expect, test } from '@jest/globals'
import { bootstrapIntervals } from './bootstrap.js'
import type { Course } from './course.js'
import { between, frontierOf, placeAt } from './frontier.js'
import { drawdowns, measureCourse } from './measure.js'

const course = (changes: Partial<Course>): Course => {
  const days = changes.days ?? (changes.values ?? [1]).map((_, index) => index)
  return {
    assets: ['A', 'B'],
    days,
    values: days.map(() => 1),
    benchmark: days.map(() => 1),
    weights: days.map(() => [0.5, 0.5]),
    targets: days.map(() => [0.5, 0.5]),
    bands: days.map(() => [undefined, undefined]),
    isOutOfBand: days.map(() => false),
    trades: [],
    ...changes,
  }
}

describe('the measures of a course', () => {
  test('are those that a pocket calculator gives', () => {
    const trade = { at: 1, turnover: 0.1, cost: 0.001, legs: 2, failedLegs: 0, changes: [0.1, -0.1] }
    const measures = measureCourse(
      course({
        days: [0, 365, 730],
        values: [1, 1.2, 0.9],
        benchmark: [1, 1.1, 1],
        bands: [
          [0.05, 0.05],
          [0.05, 0.05],
          [0.05, 0.05],
        ],
        isOutOfBand: [false, true, false],
        trades: [trade, { ...trade, at: 2, turnover: 0.3 }],
      }),
    )
    expect(measures.years).toBe(2)
    expect(measures.finalValue).toBe(0.9)
    expect(measures.turnoverPerYear).toBeCloseTo(0.2, 12)
    expect(measures.costPerYear).toBeCloseTo(0.001, 12)
    expect(measures.trackingDifference).toBeCloseTo(Math.log(0.9) / 2, 12)
    expect(measures.maxDrawdown).toBeCloseTo(0.25, 12)
    expect(measures.worstDay).toEqual({ day: 730, return: 0.9 / 1.2 - 1 })
    expect(measures.timeOutOfBand).toBeCloseTo(1 / 3, 12)
    expect([measures.tradesPerYear, measures.legsPerYear]).toEqual([1, 2])
    // Active returns are 0.1 and −0.25 + 1/11.
    const [one, other] = [0.1, -0.25 + 1 / 11]
    const deviation = Math.abs(one - other) / Math.SQRT2
    expect(measures.trackingError).toBeCloseTo(deviation * Math.sqrt(365), 9)
  })

  test('of one day are defined', () => {
    const measures = measureCourse(course({ days: [5] }))
    expect(measures).toMatchObject({ years: 0, costPerYear: 0, trackingError: 0, maxDrawdown: 0 })
    expect(measures.worstDay).toBeUndefined()
    expect(measures.timeOutOfBand).toBeUndefined()
  })

  test('drawdowns are shares of the peak before', () => {
    expect(drawdowns([1, 2, 1, 3])).toEqual([0, 0, 0.5, 0])
  })
})

describe('bootstrap intervals', () => {
  const days = 1_000
  const values = [1]
  const benchmark = [1]
  for (let day = 1; day < days; day++) {
    values.push(values.at(-1)! * (1 + 0.01 * Math.sin(day) + 0.002 * Math.cos(7 * day)))
    benchmark.push(benchmark.at(-1)! * (1 + 0.01 * Math.sin(day)))
  }
  const wavy = course({ values, benchmark })

  test('hold the value of the whole history, and are the same for the same seed', () => {
    const plan = { resamples: 200, blockDays: 20, seed: 3 }
    const intervals = bootstrapIntervals(wavy, plan)!
    const { trackingError } = measureCourse(wavy)
    expect(intervals.trackingError.low).toBeLessThanOrEqual(trackingError)
    expect(intervals.trackingError.high).toBeGreaterThanOrEqual(trackingError * 0.99)
    expect(bootstrapIntervals(wavy, plan)).toEqual(intervals)
    expect(bootstrapIntervals(wavy, { ...plan, seed: 4 })).not.toEqual(intervals)
  })

  test('are not drawn from a short history', () => {
    expect(bootstrapIntervals(course({ values: [1, 1, 1] }))).toBeUndefined()
  })
})

describe('the frontier', () => {
  const points = [
    { parameter: 1, trackingError: 0.01, costPerYear: 0.008 },
    { parameter: 2, trackingError: 0.02, costPerYear: 0.004 },
    { parameter: 3, trackingError: 0.025, costPerYear: 0.005 },
    { parameter: 4, trackingError: 0.03, costPerYear: 0.001 },
  ]

  test('leaves out what another point beats', () => {
    expect(frontierOf(points.toReversed()).map(({ parameter }) => parameter)).toEqual([1, 2, 4])
  })

  test('tells the cost between two points, and nothing beyond its ends', () => {
    const frontier = frontierOf(points)
    const costAt = (one: typeof frontier, trackingError: number) => {
      const place = placeAt(one, trackingError)
      return place && between(place, ({ costPerYear }) => costPerYear)
    }
    expect(costAt(frontier, 0.015)).toBeCloseTo(0.006, 12)
    expect(costAt(frontier, 0.03)).toBe(0.001)
    expect(costAt(frontier, 0.009)).toBeUndefined()
    expect(costAt(frontier, 0.031)).toBeUndefined()
  })
})
