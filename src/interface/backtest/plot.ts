import { Markup, markup } from './markup.js'
import { pathThrough } from './path.js'
import type { Tick } from './scale.js'
import type { Point } from './thin.js'

/** Plots are as wide as a phone and are scaled from there. */
export const WIDTH = 360

/** Edges of the part of a plot that holds what is drawn, in pixels. */
export interface Area {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export function areaOf(height: number, hasXTitle = false): Area {
  return { left: 46, right: WIDTH - 8, top: 18, bottom: height - (hasXTitle ? 32 : 18) }
}

export interface Axes {
  readonly x: { readonly ticks: readonly Tick[]; readonly title?: string }
  readonly y: { readonly ticks: readonly Tick[]; readonly title: string }
}

/** A drawing with axes, ticks and units; `about` says what it shows to those who do not see it. */
export function plot(about: string, height: number, { x, y }: Axes, body: readonly Markup[]): Markup {
  const area = areaOf(height, x.title !== undefined)
  const rows = y.ticks.map(
    ({ at, label }) =>
      markup`<path class="grid" d="M${area.left} ${at}H${area.right}"/><text x="${area.left - 4}" y="${at + 3}" text-anchor="end">${label}</text>`,
  )
  const columns = x.ticks.map(
    ({ at, label }) =>
      markup`<path class="grid" d="M${at} ${area.bottom}v4"/><text x="${at}" y="${area.bottom + 14}" text-anchor="${anchorAt(at)}">${label}</text>`,
  )
  const titles = [
    markup`<text class="title" x="2" y="10">${y.title}</text>`,
    ...(x.title === undefined
      ? []
      : [markup`<text class="title" x="${area.right}" y="${height - 3}" text-anchor="end">${x.title}</text>`]),
  ]
  const base = markup`<path class="base" d="M${area.left} ${area.bottom}H${area.right}"/>`
  return drawing(about, height, [...rows, ...columns, ...titles, base, ...body])
}

export function drawing(about: string, height: number, body: readonly Markup[]): Markup {
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${about}">${body}</svg>`
}

/** Ends of the axis keep their labels within the drawing. */
function anchorAt(x: number): string {
  return x < 62 ? 'start' : x > WIDTH - 24 ? 'end' : 'middle'
}

export function line(kind: string, runs: readonly (readonly Point[])[]): Markup {
  const path = runs.map(pathThrough).join('')
  return path === '' ? new Markup('') : markup`<path class="${kind}" d="${path}"/>`
}

/** Colours and shapes that tell policies apart, also without seeing colours. */
const COLOURS = 7

/** The class that gives a series its colour. */
export function colourOf(place: number): string {
  return `c${place % COLOURS}`
}

/** Beyond as many series as there are colours, dashes tell those of the same colour apart. */
export function dashOf(place: number): string {
  return ['none', '6 3', '2 3'][Math.floor(place / COLOURS) % 3]!
}

/** Path of the mark of a series around a point. */
export function markAt(place: number, { x, y }: Point, size = 4): string {
  const s = size
  const shapes = [
    [
      [-s, -s],
      [s, -s],
      [s, s],
      [-s, s],
    ],
    [
      [0, -s * 1.3],
      [s * 1.2, s],
      [-s * 1.2, s],
    ],
    [
      [0, -s * 1.4],
      [s * 1.4, 0],
      [0, s * 1.4],
      [-s * 1.4, 0],
    ],
    [
      [0, s * 1.3],
      [s * 1.2, -s],
      [-s * 1.2, -s],
    ],
    [
      [-s / 2, -s * 1.3],
      [s / 2, -s * 1.3],
      [s / 2, s * 1.3],
      [-s / 2, s * 1.3],
    ],
    [
      [-s * 1.3, -s / 2],
      [s * 1.3, -s / 2],
      [s * 1.3, s / 2],
      [-s * 1.3, s / 2],
    ],
    [
      [-s, -s / 2],
      [0, -s * 1.2],
      [s, -s / 2],
      [s, s / 2],
      [0, s * 1.2],
      [-s, s / 2],
    ],
  ]
  return `${pathThrough(shapes[place % shapes.length]!.map(([dx, dy]) => ({ x: x + dx!, y: y + dy! })))}z`
}

/** What tells the series apart, for all plots that show several. */
export function legend(labels: readonly string[]): Markup {
  const entries = labels.map((label, place) => {
    const mark = markAt(place, { x: 14, y: 6 })
    return markup`<li class="${colourOf(place)}"><svg class="key" viewBox="0 0 28 12" aria-hidden="true"><path class="line" stroke-dasharray="${dashOf(place)}" d="M0 6h28"/><path class="mark" d="${mark}"/></svg>${label}</li>`
  })
  return markup`<ul class="legend">${entries}</ul>`
}
