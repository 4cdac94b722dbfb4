import type { BacktestReport, PolicyResult } from '../../domain/backtest/result.js'
import { Markup, markup } from './markup.js'
import { fixed, percent } from './numbers.js'
import { pathThrough } from './path.js'
import { areaOf, colourOf, drawing } from './plot.js'
import { dayAxis, isDrawable, linearScale, type Scale } from './scale.js'
import { bestByColumn } from './thin.js'

const ROW_HEIGHT = 52
const STEM_HEIGHT = 28
const AXIS_HEIGHT = 18

/** Turnover of every trade over time, a row for each policy, all to one scale. */
export function tradesPlot({ policies, days }: BacktestReport, columnWidth: number): Markup {
  const { left, right } = areaOf(0)
  const x = dayAxis(days.first, days.last, [left, right])
  const turnovers = policies.flatMap(({ course }) => course.trades.map(({ turnover }) => turnover)).filter(isDrawable)
  const most = turnovers.reduce((largest, one) => Math.max(largest, one), 0) || 1
  const height = policies.length * ROW_HEIGHT + AXIS_HEIGHT
  const rows = policies.map((result, place) => row(result, place, x.scale, most, columnWidth))
  const bottom = policies.length * ROW_HEIGHT
  const ticks = x.ticks.map(
    ({ at, label }) =>
      markup`<path class="grid" d="M${at} 0V${bottom + 3}"/><text x="${at}" y="${bottom + 14}" text-anchor="${at > right - 16 ? 'end' : 'middle'}">${label}</text>`,
  )
  return drawing('Turnover of every trade of each policy over time', height, [...ticks, ...rows])
}

function row({ course, label }: PolicyResult, place: number, x: Scale, most: number, columnWidth: number): Markup {
  const { left, right } = areaOf(0)
  const base = (place + 1) * ROW_HEIGHT - 2
  const y = linearScale({ least: 0, most }, base, base - STEM_HEIGHT)
  const stems = course.trades.flatMap(({ at, turnover }) => {
    const day = course.days[at]
    return day === undefined || !isDrawable(turnover) ? [] : [{ x: x(day), y: y(turnover) }]
  })
  const path = bestByColumn(stems, columnWidth, (a, b) => a.y < b.y)
    .map((point) => pathThrough([{ x: point.x, y: base }, point]))
    .join('')
  const count = course.trades.length
  return markup`<text class="name" x="2" y="${base - STEM_HEIGHT - 7}">${label}: ${fixed(count, 0)} ${count === 1 ? 'trade' : 'trades'}</text><text x="${left - 4}" y="${base - STEM_HEIGHT + 7}" text-anchor="end">${percent(most)}</text><text x="${left - 4}" y="${base}" text-anchor="end">0</text><path class="base" d="M${left} ${base}H${right}"/>${
    path === '' ? undefined : markup`<path class="stem ${colourOf(place)}" d="${path}"/>`
  }`
}
