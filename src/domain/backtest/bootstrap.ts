import { DAYS_PER_YEAR } from '../statistics/covariance.js'
import { seededRandom } from '../statistics/seeded-random.js'
import type { Course } from './course.js'
import { activeReturns, standardDeviation, sum } from './measure.js'

/** The middle 90 % of a statistic over the resampled histories. */
export interface Interval {
  readonly low: number
  readonly high: number
}

export interface Intervals {
  readonly trackingError: Interval
  readonly trackingDifference: Interval
  readonly costPerYear: Interval
}

export interface BootstrapPlan {
  readonly resamples: number
  /** Mean length of a block in days: long enough to hold a trade and the drift that led to it. */
  readonly blockDays: number
  readonly seed: number
}

export const USUAL_BOOTSTRAP: BootstrapPlan = { resamples: 400, blockDays: 30, seed: 1 }

/**
 * Confidence intervals by the stationary bootstrap (Politis and Romano 1994): whole stretches of days, of geometric
 * length, are drawn with their active return and their cost, the history taken as a circle. Undefined for fewer than ten
 * blocks of history, which tell nothing. The same plan gives the same intervals.
 */
export function bootstrapIntervals(course: Course, plan: BootstrapPlan = USUAL_BOOTSTRAP): Intervals | undefined {
  const active = activeReturns(course)
  const days = active.length
  if (days < 10 * plan.blockDays) return undefined
  const costs = new Float64Array(days)
  for (const { at, cost } of course.trades) costs[Math.max(0, at - 1)]! += cost
  const logs = course.values
    .slice(1)
    .map((value, index) => Math.log(value / course.values[index]!))
    .map((own, index) => own - Math.log(course.benchmark[index + 1]! / course.benchmark[index]!))
  // As in the measures: days that were not observed are part of a year, too.
  const years = (course.days.at(-1)! - course.days[0]!) / DAYS_PER_YEAR
  const draw = seededRandom(plan.seed)
  const errors: number[] = []
  const differences: number[] = []
  const dear: number[] = []
  for (let round = 0; round < plan.resamples; round++) {
    const order = resample(days, plan.blockDays, draw)
    errors.push(standardDeviation(order.map((day) => active[day]!)) * Math.sqrt(DAYS_PER_YEAR))
    differences.push(sum(order.map((day) => logs[day]!)) / years)
    dear.push(sum(order.map((day) => costs[day]!)) / years)
  }
  return {
    trackingError: middle(errors),
    trackingDifference: middle(differences),
    costPerYear: middle(dear),
  }
}

/**
 * The same of the mean of a series of days. Undefined for fewer than ten blocks of it.
 */
export function bootstrapMean(series: readonly number[], plan: BootstrapPlan = USUAL_BOOTSTRAP): Interval | undefined {
  const days = series.length
  if (days < 10 * plan.blockDays) return undefined
  const draw = seededRandom(plan.seed)
  const means: number[] = []
  for (let round = 0; round < plan.resamples; round++)
    means.push(sum(resample(days, plan.blockDays, draw).map((day) => series[day]!)) / days)
  return middle(means)
}

function resample(days: number, blockDays: number, draw: () => number): number[] {
  const order: number[] = []
  let day = 0
  while (order.length < days) {
    day = order.length === 0 || draw() < 1 / blockDays ? Math.floor(draw() * days) : (day + 1) % days
    order.push(day)
  }
  return order
}

function middle(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b)
  return { low: sorted[Math.floor(sorted.length * 0.05)]!, high: sorted[Math.ceil(sorted.length * 0.95) - 1]! }
}
