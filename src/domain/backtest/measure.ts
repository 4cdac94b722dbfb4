import { DAYS_PER_YEAR } from '../statistics/covariance.js'
import type { Course, CourseOutline } from './course.js'

/** What is compared between the settings of a policy; see `Measures`. */
export interface OutlineMeasures {
  /** NAV at the end for each dollar at the start. */
  readonly finalValue: number
  /** One-way: half the sum of the absolute changes of weight. */
  readonly turnoverPerYear: number
  readonly costPerYear: number
  /** Standard deviation of the daily returns less the benchmark's, annual. */
  readonly trackingError: number
  readonly tradesPerYear: number
}

/** What a course is judged by. Shares are plain numbers (0.01 is one percent); rates are per year of 365 days. */
export interface Measures extends OutlineMeasures {
  readonly years: number
  /** Final value of the portfolio without costs and drift. */
  readonly finalBenchmark: number
  /** Logarithm of final value over final benchmark, per year. */
  readonly trackingDifference: number
  readonly legsPerYear: number
  /** Largest fall from a peak, as a share of it. */
  readonly maxDrawdown: number
  /** Share of the days that ended with an asset beyond its band; undefined for a policy without bands. */
  readonly timeOutOfBand: number | undefined
  readonly worstDay: { readonly day: number; readonly return: number } | undefined
}

/** Measures of a course of at least one day; what needs two days is zero or undefined for one. */
export function measureCourse(course: Course): Measures {
  const { values, benchmark, trades, bands, isOutOfBand } = course
  const last = values.length - 1
  const hasBands = bands.some((row) => row.some((band) => band !== undefined))
  return {
    ...measureOutline(course),
    years: yearsOf(course),
    finalBenchmark: benchmark[last]!,
    trackingDifference: perYear(course, Math.log(values[last]! / benchmark[last]!)),
    legsPerYear: perYear(course, sum(trades.map(({ legs }) => legs))),
    maxDrawdown: maxDrawdownOf(values),
    timeOutOfBand: hasBands ? isOutOfBand.filter(Boolean).length / isOutOfBand.length : undefined,
    worstDay: worstDayOf(course),
  }
}

/** The part of the measures that an outline is enough for. */
export function measureOutline(course: CourseOutline): OutlineMeasures {
  const { values, trades } = course
  return {
    finalValue: values.at(-1)!,
    turnoverPerYear: perYear(course, sum(trades.map(({ turnover }) => turnover))),
    costPerYear: perYear(course, sum(trades.map(({ cost }) => cost))),
    trackingError: standardDeviation(activeReturns(course)) * Math.sqrt(DAYS_PER_YEAR),
    tradesPerYear: perYear(course, trades.length),
  }
}

function yearsOf({ days }: CourseOutline): number {
  return (days.at(-1)! - days[0]!) / DAYS_PER_YEAR
}

function perYear(course: CourseOutline, total: number): number {
  const years = yearsOf(course)
  return years > 0 ? total / years : 0
}

/** Daily returns of the portfolio less those of its benchmark; one fewer than days. */
export function activeReturns({ values, benchmark }: Pick<CourseOutline, 'values' | 'benchmark'>): number[] {
  const active: number[] = []
  for (let at = 1; at < values.length; at++)
    active.push(values[at]! / values[at - 1]! - benchmark[at]! / benchmark[at - 1]!)
  return active
}

/** Falls from the highest value so far, as shares of it; zero at a peak. */
export function drawdowns(values: readonly number[]): number[] {
  let peak = 0
  return values.map((value) => {
    peak = Math.max(peak, value)
    return peak > 0 ? 1 - value / peak : 0
  })
}

function maxDrawdownOf(values: readonly number[]): number {
  return drawdowns(values).reduce((most, fall) => Math.max(most, fall), 0)
}

function worstDayOf({ days, values }: Course): Measures['worstDay'] {
  let worst: Measures['worstDay']
  for (let index = 1; index < values.length; index++) {
    const change = values[index]! / values[index - 1]! - 1
    if (!worst || change < worst.return) worst = { day: days[index]!, return: change }
  }
  return worst
}

/** Of a sample; zero for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = sum(values) / values.length
  return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1))
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
