import type { BacktestReport } from '../../domain/backtest/result.js'
import { Markup, markup } from './markup.js'
import { roughly } from './numbers.js'
import { pathThrough } from './path.js'
import { areaOf, colourOf, dashOf, markAt, plot } from './plot.js'
import { type Axis, isDrawable, linearAxis, logAxis } from './scale.js'
import type { Point } from './thin.js'

const HEIGHT = 300
/** Above this proportion of the greatest to the least value equal steps hide the small ones. */
const WIDE = 20
/** Values smaller than this share of the greatest lie on the edge of the plot. */
const SMALLEST = 1e-4

/** Cost per year against tracking error: each policy's frontier, a mark at its setting, a line where they are compared. */
export function frontierPlot({ policies, comparison }: BacktestReport): Markup {
  const area = areaOf(HEIGHT, true)
  const placesOf = (pick: (one: { trackingError: number; costPerYear: number }) => number) =>
    policies.flatMap(({ frontier, measures }) => [...frontier, measures].map((one) => pick(one) * 1e4))
  const compared = comparison.trackingError * 1e4
  const x = axisFor([...placesOf(({ trackingError }) => trackingError), compared], area.left, area.right)
  const y = axisFor(
    placesOf(({ costPerYear }) => costPerYear),
    area.bottom,
    area.top,
  )
  const pointOf = (one: { trackingError: number; costPerYear: number }): Point | undefined =>
    isDrawable(one.trackingError) && isDrawable(one.costPerYear)
      ? { x: x.scale(one.trackingError * 1e4), y: y.scale(one.costPerYear * 1e4) }
      : undefined
  const lines = policies.map(({ frontier }, place) => {
    const path = pathThrough(frontier.flatMap((one) => pointOf(one) ?? []))
    return path === ''
      ? new Markup('')
      : markup`<path class="line ${colourOf(place)}" stroke-dasharray="${dashOf(place)}" d="${path}"/>`
  })
  const marks = policies.map(({ measures }, place) => {
    const point = pointOf(measures)
    return point ? markup`<path class="mark ${colourOf(place)}" d="${markAt(place, point, 4.5)}"/>` : new Markup('')
  })
  const at = isDrawable(compared)
    ? [markup`<path class="at" d="M${x.scale(compared)} ${area.top}V${area.bottom}"/>`]
    : []
  return plot(
    'Cost per year against tracking error of every policy',
    HEIGHT,
    {
      x: { ticks: x.ticks, title: 'tracking error, bp per √year' },
      y: { ticks: y.ticks, title: 'cost, bp of NAV a year' },
    },
    [...at, ...lines, ...marks],
  )
}

/** Equal proportions where values differ much, equal steps from zero otherwise. */
function axisFor(values: readonly number[], from: number, to: number): Axis {
  const positive = values.filter((value) => isDrawable(value) && value > 0)
  const most = Math.max(...positive)
  if (positive.length === 0) return linearAxis({ least: 0, most: 1 }, [from, to], 4, (value) => roughly(value))
  const least = Math.max(Math.min(...positive), most * SMALLEST)
  return most / least > WIDE
    ? logAxis({ least: least / 1.15, most: most * 1.15 }, [from, to], roughly)
    : linearAxis({ least: 0, most: most * 1.08 }, [from, to], 4, (value) => roughly(value))
}
