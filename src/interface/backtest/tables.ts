import type { Interval } from '../../domain/backtest/bootstrap.js'
import { dayText } from '../../domain/portfolio/price-table.js'
import type { PolicyResult } from '../../domain/backtest/result.js'
import { type Markup, markup } from './markup.js'
import type { ComparedPolicy } from './comparison-plot.js'
import { dialText, fixed, NOTHING, percent, points, pointsRange } from './numbers.js'

/** A cell with what is known about it in small letters beneath. */
interface Cell {
  readonly text: string
  readonly below?: string | undefined
}

/** A table that scrolls in a box of its own; the first cell of each row names it. */
export function table(titles: readonly string[], rows: readonly (readonly (Cell | string)[])[]): Markup {
  const head = titles.map((title) => markup`<th scope="col">${title}</th>`)
  const body = rows.map((cells) => {
    const [name, ...rest] = cells.map(cellMarkup)
    return markup`<tr><th scope="row">${name}</th>${rest.map((cell) => markup`<td>${cell}</td>`)}</tr>`
  })
  return markup`<div class="box" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function cellMarkup(cell: Cell | string): Markup {
  if (typeof cell === 'string') return markup`${cell}`
  return markup`${cell.text}${cell.below === undefined ? undefined : markup`<small>${cell.below}</small>`}`
}

const MEASURE_TITLES = [
  'policy',
  'cost, bp/y',
  'tracking error, bp',
  'tracking diff., bp/y',
  'turnover/y',
  'trades/y',
  'max drawdown',
  'final value',
  'out of band',
  'legs/y',
  'worst day',
]

/** What every policy came to, what matters most first, with the middle 90 % of what resampled histories give. */
export function measuresTable(policies: readonly PolicyResult[]): Markup {
  return table(
    MEASURE_TITLES,
    policies.map(({ label, measures, intervals }) => [
      label,
      { text: points(measures.costPerYear), below: range(intervals?.costPerYear) },
      { text: points(measures.trackingError), below: range(intervals?.trackingError) },
      { text: points(measures.trackingDifference), below: range(intervals?.trackingDifference) },
      percent(measures.turnoverPerYear),
      fixed(measures.tradesPerYear, 1),
      percent(measures.maxDrawdown),
      { text: fixed(measures.finalValue, 4), below: `benchmark ${fixed(measures.finalBenchmark, 4)}` },
      percent(measures.timeOutOfBand),
      fixed(measures.legsPerYear, 1),
      worstDay(measures.worstDay),
    ]),
  )
}

function range(interval: Interval | undefined): string | undefined {
  return interval && pointsRange(interval)
}

function worstDay(day: PolicyResult['measures']['worstDay']): Cell {
  return { text: percent(day?.return), below: day && dayText(day.day) }
}

export function comparisonTable(compared: readonly ComparedPolicy[], policies: readonly PolicyResult[]): Markup {
  return table(
    ['policy', 'cost, bp/y', 'set at', 'final value'],
    compared.map(({ label, costPerYear, parameter, finalValue, interval, place }) => [
      label,
      { text: points(costPerYear), below: range(interval) },
      settingText(policies[place], parameter),
      fixed(finalValue, 4),
    ]),
  )
}

function settingText(result: PolicyResult | undefined, parameter: number | undefined): string {
  const text = dialText(result?.dial.unit ?? '', parameter)
  return result === undefined || text === NOTHING ? text : `${result.dial.name} ${text}`
}
