import type { Course } from '../../domain/backtest/course.js'
import { drawdowns } from '../../domain/backtest/measure.js'
import { Markup, markup } from './markup.js'
import { percent } from './numbers.js'
import { pathAround, pathThrough } from './path.js'
import { areaOf, line, plot } from './plot.js'
import { dayAxis, type Domain, domainOf, isDrawable, linearAxis, type Scale } from './scale.js'
import { bestByColumn, extremesByColumn, lastByColumn, type Point, type Series } from './thin.js'

const WEIGHTS_HEIGHT = 132
const DRAWDOWN_HEIGHT = 116
/** Width of a column that holds no more than one mark of a kind, in pixels. */
const MARK_COLUMN = 4

/** Weight of one asset over time with its target, its band and what was traded of it. */
export function weightsPlot(course: Course, place: number, columnWidth: number): Markup {
  const { days } = course
  const area = areaOf(WEIGHTS_HEIGHT)
  const targets = course.targets.map((row) => row[place])
  const edges = (sign: 1 | -1) =>
    course.bands.map((row, at) => {
      const [band, target] = [row[place], targets[at]]
      return isDrawable(band) && isDrawable(target) ? Math.min(1, Math.max(0, target + sign * band)) : undefined
    })
  const weights = course.weights.map((row) => row[place])
  const [upper, lower] = [edges(1), edges(-1)]
  const domain = withinWhole(domainOf([...weights, ...targets, ...upper, ...lower]))
  const x = axisOf(days, area.left, area.right)
  const y = linearAxis(domain, [area.bottom, area.top], 3, shareLabel)
  const seriesOf = (values: readonly (number | undefined)[]) => seriesAt(days, values, x.scale, y.scale)
  const lowers = lastByColumn(seriesOf(lower), columnWidth)
  const band = lastByColumn(seriesOf(upper), columnWidth)
    .map((run, index) => pathAround(run, lowers[index]!))
    .join('')
  return plot(
    `Weight of ${course.assets[place]} over time, with its target, its band and its trades`,
    WEIGHTS_HEIGHT,
    { x, y: { ticks: y.ticks, title: '% of NAV' } },
    [
      ...(band === '' ? [] : [markup`<path class="band" d="${band}"/>`]),
      line('target', lastByColumn(seriesOf(targets), columnWidth)),
      line('line', extremesByColumn(seriesOf(weights), columnWidth)),
      ...tradeMarks(course, place, x.scale, y.scale),
    ],
  )
}

/** Falls of the portfolio and of its frictionless benchmark from their highest values so far. */
export function drawdownPlot({ days, values, benchmark }: Course, columnWidth: number): Markup {
  const area = areaOf(DRAWDOWN_HEIGHT)
  const falls = (of: readonly number[]) => drawdowns(of).map((fall) => -fall)
  const [own, other] = [falls(values), falls(benchmark)]
  const { least } = domainOf([...own, ...other, -0.001])
  const x = axisOf(days, area.left, area.right)
  const y = linearAxis({ least, most: 0 }, [area.bottom, area.top], 3, shareLabel)
  const runs = (of: readonly number[]) => extremesByColumn(seriesAt(days, of, x.scale, y.scale), columnWidth)
  return plot(
    'Fall of NAV from its highest value so far, over time',
    DRAWDOWN_HEIGHT,
    { x, y: { ticks: y.ticks, title: '% below the peak' } },
    [line('beside', runs(other)), line('line', runs(own))],
  )
}

/** Keys of what is drawn over time. */
export function weightsLegend(): Markup {
  const key = (body: Markup, text: string) =>
    markup`<li><svg class="key" viewBox="0 0 28 12" aria-hidden="true">${body}</svg>${text}</li>`
  return markup`<ul class="legend c0">${[
    key(markup`<path class="line" d="M0 6h28"/>`, 'weight'),
    key(markup`<path class="target" d="M0 6h28"/>`, 'target'),
    key(markup`<path class="band" d="M0 1h28v10H0z"/>`, 'band'),
    key(markup`<path class="buy" d="${triangle({ x: 14, y: 6 }, true)}"/>`, 'bought'),
    key(markup`<path class="sell" d="${triangle({ x: 14, y: 6 }, false)}"/>`, 'sold'),
    key(markup`<path class="beside" d="M0 6h28"/>`, 'benchmark'),
  ]}</ul>`
}

/** Where the asset was traded: up where it was bought. */
function tradeMarks({ days, weights, trades }: Course, place: number, x: Scale, y: Scale): Markup[] {
  const marks = trades.flatMap(({ at, changes }) => {
    const [change, day, weight] = [changes[place], days[at], weights[at]?.[place]]
    if (!isDrawable(change) || change === 0 || !isDrawable(weight) || day === undefined) return []
    return [{ x: x(day), y: y(weight), size: Math.abs(change), isBuy: change > 0 }]
  })
  return [true, false].flatMap((isBuy) => {
    const own = marks.filter((mark) => mark.isBuy === isBuy)
    const kept = bestByColumn(own, MARK_COLUMN, (a, b) => a.size > b.size)
    const path = kept.map((mark) => triangle(mark, isBuy)).join('')
    return path === '' ? [] : [markup`<path class="${isBuy ? 'buy' : 'sell'}" d="${path}"/>`]
  })
}

function triangle({ x, y }: Point, isUp: boolean): string {
  const tip = isUp ? -3.4 : 3.4
  const corners = [
    { x, y: y + tip },
    { x: x + 3, y: y - tip / 2 },
    { x: x - 3, y: y - tip / 2 },
  ]
  return `${pathThrough(corners)}z`
}

function axisOf(days: readonly number[], from: number, to: number) {
  return dayAxis(days[0] ?? 0, days.at(-1) ?? 0, [from, to])
}

function seriesAt(days: readonly number[], values: readonly (number | undefined)[], x: Scale, y: Scale): Series {
  return values.map((value, at) => {
    const day = days[at]
    return isDrawable(value) && day !== undefined ? { x: x(day), y: y(value) } : undefined
  })
}

function withinWhole({ least, most }: Domain): Domain {
  const clipped = { least: Math.max(0, least), most: Math.min(1, most) }
  return clipped.least < clipped.most ? clipped : { least, most }
}

function shareLabel(value: number, decimals: number): string {
  return percent(value, Math.max(0, decimals - 2)).replace(' %', '')
}
