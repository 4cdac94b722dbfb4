import type { BacktestReport, ComparisonRow, PolicyResult } from '../../domain/backtest/result.js'
import type { Interval } from '../../domain/backtest/bootstrap.js'
import { Markup, markup } from './markup.js'
import { points, pointsRange } from './numbers.js'
import { colourOf, drawing, WIDTH } from './plot.js'
import { isDrawable, linearScale } from './scale.js'

const ROW_HEIGHT = 34
const AXIS_HEIGHT = 16

/** A policy at the compared tracking error, and where it stands among all, which gives it its colour. */
export interface ComparedPolicy extends ComparisonRow {
  readonly place: number
  /** Of its cost there; undefined where it is not known. */
  readonly interval: Interval | undefined
}

/**
 * The policies from the cheapest to the dearest; those that do not reach the tracking error come last. Intervals are
 * those of each policy's own setting, in proportion to its cost there: histories are resampled for settings alone.
 */
export function comparedPolicies({ policies, comparison }: BacktestReport): ComparedPolicy[] {
  const costOf = ({ costPerYear }: ComparisonRow) => (isDrawable(costPerYear) ? costPerYear : Infinity)
  return comparison.rows
    .map((row, index): ComparedPolicy => {
      const place = policies.findIndex(({ label }) => label === row.label)
      return { ...row, place: place < 0 ? index : place, interval: intervalAt(row, policies[place]) }
    })
    .toSorted((a, b) => (costOf(a) === costOf(b) ? a.place - b.place : costOf(a) - costOf(b)))
}

function intervalAt({ costPerYear }: ComparisonRow, result: PolicyResult | undefined): Interval | undefined {
  const own = result?.measures.costPerYear
  const interval = result?.intervals?.costPerYear
  if (!isDrawable(costPerYear) || !isDrawable(own) || !interval || !(own > 0)) return undefined
  const [low, high] = [(interval.low / own) * costPerYear, (interval.high / own) * costPerYear]
  return isDrawable(low) && isDrawable(high) ? { low, high } : undefined
}

/** Bars of cost per year at the same tracking error, with whiskers where intervals are known. */
export function comparisonPlot(compared: readonly ComparedPolicy[]): Markup {
  const values = compared.flatMap(({ costPerYear, interval }) => [costPerYear, interval?.high]).filter(isDrawable)
  const scale = linearScale({ least: 0, most: Math.max(0, ...values) || 1 }, 0, WIDTH - 12)
  const height = compared.length * ROW_HEIGHT + AXIS_HEIGHT
  const rows = compared.map(({ label, costPerYear, interval, place }, index) => {
    const top = index * ROW_HEIGHT
    const isReached = isDrawable(costPerYear)
    const number = isReached
      ? `${points(costPerYear)}${interval ? ` (${pointsRange(interval)})` : ''} bp`
      : 'does not reach it'
    const bar = isReached
      ? markup`<rect class="bar ${colourOf(place)}" x="0" y="${top + 17}" width="${scale(costPerYear)}" height="11" rx="1.5"/>`
      : new Markup('')
    const whisker = interval
      ? markup`<path class="whisker" d="M${scale(interval.low)} ${top + 22.5}H${scale(interval.high)}M${scale(interval.low)} ${top + 18.5}v8M${scale(interval.high)} ${top + 18.5}v8"/>`
      : new Markup('')
    return markup`<text class="name" x="0" y="${top + 13}">${shortened(label)}</text><text class="name" x="${WIDTH - 2}" y="${top + 13}" text-anchor="end">${number}</text>${bar}${whisker}`
  })
  const foot = markup`<path class="base" d="M0 ${height - AXIS_HEIGHT}H${WIDTH - 12}"/><text x="0" y="${height - 3}">0</text><text x="${WIDTH - 2}" y="${height - 3}" text-anchor="end">cost, bp of NAV a year</text>`
  return drawing('Cost per year of every policy at the same tracking error', height, [...rows, foot])
}

const MOST_LETTERS = 28

function shortened(label: string): string {
  const letters = Array.from(label)
  return letters.length <= MOST_LETTERS ? label : `${letters.slice(0, MOST_LETTERS - 1).join('')}…`
}
