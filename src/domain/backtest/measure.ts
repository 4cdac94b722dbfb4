import { DAYS_PER_YEAR } from '../statistics/covariance.js'
import type { Course } from './course.js'

/** What a course is judged by. Shares are plain numbers (0.01 is one percent); rates are per year of 365 days. */
export interface Measures {
  readonly years: number
  /** NAV at the end for each dollar at the start, and that of the portfolio without costs and drift. */
  readonly finalValue: number
  readonly finalBenchmark: number
  /** One-way: half the sum of the absolute changes of weight. */
  readonly turnoverPerYear: number
  readonly costPerYear: number
  /** Standard deviation of the daily returns less the benchmark's, annual. */
  readonly trackingError: number
  /** Logarithm of final value over final benchmark, per year. */
  readonly trackingDifference: number
  readonly tradesPerYear: number
  readonly legsPerYear: number
  /** Largest fall from a peak, as a share of it. */
  readonly maxDrawdown: number
  /** Share of the days that ended with an asset beyond its band; undefined for a policy without bands. */
  readonly timeOutOfBand: number | undefined
  readonly worstDay: { readonly day: number; readonly return: number } | undefined
}

/** Measures of a course of at least one day; what needs two days is zero or undefined for one. */
export function measureCourse(course: Course): Measures {
  const { days, values, benchmark, trades, bands, isOutOfBand } = course
  const last = days.length - 1
  const years = (days[last]! - days[0]!) / DAYS_PER_YEAR
  const perYear = (total: number) => (years > 0 ? total / years : 0)
  const hasBands = bands.some((row) => row.some((band) => band !== undefined))
  return {
    years,
    finalValue: values[last]!,
    finalBenchmark: benchmark[last]!,
    turnoverPerYear: perYear(sum(trades.map(({ turnover }) => turnover))),
    costPerYear: perYear(sum(trades.map(({ cost }) => cost))),
    trackingError: standardDeviation(activeReturns(course)) * Math.sqrt(DAYS_PER_YEAR),
    trackingDifference: perYear(Math.log(values[last]! / benchmark[last]!)),
    tradesPerYear: perYear(trades.length),
    legsPerYear: perYear(sum(trades.map(({ legs }) => legs))),
    maxDrawdown: maxDrawdownOf(values),
    timeOutOfBand: hasBands ? isOutOfBand.filter(Boolean).length / isOutOfBand.length : undefined,
    worstDay: worstDayOf(course),
  }
}

/** Daily returns of the portfolio less those of its benchmark; one fewer than days. */
export function activeReturns({ values, benchmark }: Pick<Course, 'values' | 'benchmark'>): number[] {
  return values.slice(1).map((value, index) => value / values[index]! - benchmark[index + 1]! / benchmark[index]!)
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
