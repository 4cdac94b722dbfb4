import { describe, expect, test } from '@jest/globals'
import { seededRandom } from '../statistics/seeded-random.js'
import { bootstrapIntervals, bootstrapMean } from './bootstrap.js'
import type { Course } from './course.js'
import { measureCourse } from './measure.js'

/** Two years of days from `first` on, with `gap` days missing in the middle, and a trade of the same cost every ten. */
function aCourse(gap: number): Course {
  const draw = seededRandom(3)
  const days = Array.from({ length: 730 }, (_, at) => at + (at < 365 ? 0 : gap))
  const [values, benchmark] = [[1], [1]]
  for (let at = 1; at < days.length; at++) {
    const move = 0.04 * (draw() - 0.5)
    benchmark.push(benchmark[at - 1]! * (1 + move))
    values.push(values[at - 1]! * (1 + move + 0.002 * (draw() - 0.5) - (at % 10 === 0 ? 0.0001 : 0)))
  }
  const trades = days.flatMap((_, at) =>
    at > 0 && at % 10 === 0
      ? [{ at, turnover: 0.01, cost: 0.0001, legs: 2, failedLegs: 0, changes: [0.01, -0.01] }]
      : [],
  )
  const still = days.map(() => [0.5, 0.5])
  return {
    assets: ['ETH', 'USD'],
    days,
    values,
    benchmark,
    weights: still,
    targets: still,
    bands: days.map(() => [0.05, 0.05]),
    isOutOfBand: days.map(() => false),
    trades,
  }
}

describe('bootstrapIntervals', () => {
  test.each([0, 365])('hold what was measured, with %d days missing', (gap) => {
    const course = aCourse(gap)
    const measured = measureCourse(course)
    const intervals = bootstrapIntervals(course)!
    for (const key of ['costPerYear', 'trackingError', 'trackingDifference'] as const) {
      expect(intervals[key].low).toBeLessThan(measured[key])
      expect(intervals[key].high).toBeGreaterThan(measured[key])
    }
  })

  test('are the same every time, and undefined for a history of fewer than ten blocks', () => {
    expect(bootstrapIntervals(aCourse(0))).toEqual(bootstrapIntervals(aCourse(0)))
    const { days, values, benchmark, ...rest } = aCourse(0)
    const [from, to] = [0, 300]
    const short = { days: days.slice(from, to), values: values.slice(from, to), benchmark: benchmark.slice(from, to) }
    expect(bootstrapIntervals({ ...rest, ...short })).toBeUndefined()
  })
})

test('the interval of a mean holds the mean, and is none for too short a series', () => {
  const draw = seededRandom(5)
  const series = Array.from({ length: 900 }, () => draw() - 0.3)
  const mean = series.reduce((sum, one) => sum + one, 0) / series.length
  const interval = bootstrapMean(series)!
  expect(interval.low).toBeLessThan(mean)
  expect(interval.high).toBeGreaterThan(mean)
  expect(bootstrapMean(series.slice(0, 299))).toBeUndefined()
})
