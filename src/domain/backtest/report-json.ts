import { dayText } from '../portfolio/price-table.js'
import type { BacktestReport, TuneReport } from './result.js'

/** Digits that are kept: beyond them a backtest says nothing. */
const DIGITS = 9

/**
 * A report as JSON text, with a line break at its end: numbers to nine digits, what is undefined left out or `null` in
 * lists, and beside the day numbers the first and the last day as dates. The same report gives the same text.
 */
export function reportJson(report: BacktestReport | TuneReport): string {
  const { first, last } = report.days
  const form = {
    format: 'policies' in report ? 'evenkeel-backtest-1' : 'evenkeel-tune-1',
    from: dayText(first),
    to: dayText(last),
  }
  const rounded = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value
  return `${JSON.stringify({ ...form, ...report }, rounded)}\n`
}
