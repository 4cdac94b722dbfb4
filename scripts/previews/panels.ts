import { type Asker, nameOf, type Series } from './ask.js'
import { heatChart, lineChart, type Line } from './charts.js'
import { box, cut, text } from './markup.js'
import { colourAt, colourOf, formatValue, PALETTE, type Step } from './values.js'

interface Target {
  readonly refId?: string
  readonly expr: string
  readonly legendFormat?: string
  readonly instant?: boolean
  readonly format?: string
}

/** What of a generated panel is drawn. */
export interface Panel {
  readonly type: string
  readonly title: string
  readonly interval?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
  readonly transformations?: readonly { readonly id: string; readonly options: Record<string, unknown> }[]
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string
      readonly decimals?: number
      readonly min?: number
      readonly max?: number
      readonly thresholds?: { readonly steps: readonly Step[] }
      readonly mappings?: readonly {
        readonly options: Record<string, { readonly text: string; readonly color: string }>
      }[]
      readonly custom?: {
        readonly drawStyle?: string
        readonly stacking?: { readonly mode: string }
        readonly thresholdsStyle?: { readonly mode: string }
      }
    }
    readonly overrides: readonly { readonly matcher: { readonly options: string } }[]
  }
}

export interface Size {
  readonly width: number
  readonly height: number
}

type Drawing = (panel: Panel, size: Size, asker: Asker) => Promise<string>

const DRAWINGS: Readonly<Record<string, Drawing>> = {
  timeseries: drawLines,
  heatmap: drawHeat,
  'status-history': drawHistory,
  stat: drawFigures,
  bargauge: drawBars,
  table: drawTable,
}

/** The inside of a panel, below its title. */
export async function drawPanel(panel: Panel, size: Size, asker: Asker): Promise<string> {
  const draw = DRAWINGS[panel.type]
  if (!draw) throw new Error(`${panel.title} is a ${panel.type}, which no preview is drawn of.`)
  return draw(panel, size, asker)
}

const defaultsOf = ({ fieldConfig }: Panel) => fieldConfig?.defaults ?? {}
const stepsOf = (panel: Panel): readonly Step[] => defaultsOf(panel).thresholds?.steps ?? []
const told = (value: number, panel: Panel) => {
  const { unit = 'none', decimals, mappings } = defaultsOf(panel)
  return mappings?.[0]?.options[String(value)]?.text ?? formatValue(value, unit, decimals)
}
const colourFor = (value: number, panel: Panel) =>
  colourOf(defaultsOf(panel).mappings?.[0]?.options[String(value)]?.color ?? colourAt(value, stepsOf(panel)))

/** Seconds of a panel's least interval: `15m`, `2m`. */
function leastOf({ interval }: Panel): number {
  const [, count = '0', unit = 's'] = /^(\d+)([smh])$/.exec(interval ?? '') ?? []
  return Number(count) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h']
}

async function named(panel: Panel, asker: Asker): Promise<(Series & { readonly name: string })[]> {
  const answers = await Promise.all(
    (panel.targets ?? []).map(async ({ expr, legendFormat }) =>
      (await asker.range(expr, leastOf(panel))).map((one) => ({ ...one, name: nameOf(legendFormat, one.labels) })),
    ),
  )
  return answers.flat()
}

const lastOf = ({ points }: Series) => points.findLast(([, value]) => Number.isFinite(value))?.[1]

async function drawLines(panel: Panel, { width, height }: Size, asker: Asker): Promise<string> {
  const { custom, unit = 'none', decimals, min, max } = defaultsOf(panel)
  const limit = panel.fieldConfig?.overrides[0]?.matcher.options.replaceAll(/^\/|\/$/g, '')
  const series = (await named(panel, asker)).filter(({ points }) => points.some(([, value]) => Number.isFinite(value)))
  const lines = series.map((one, index): Line => {
    const isLimit = limit !== undefined && new RegExp(limit).test(one.name)
    return { ...one, isLimit, colour: isLimit ? colourOf('red') : PALETTE[index % PALETTE.length]! }
  })
  if (lines.length === 0) return empty(width, height)
  const shown = lines.slice(0, Math.max(2, Math.min(8, Math.floor(height / 34))))
  const legend = shown.length * 15 + (lines.length > shown.length ? 15 : 0)
  const chart = lineChart(lines, {
    width,
    height: height - legend - 4,
    window: asker.window,
    unit,
    decimals,
    isStacked: custom?.stacking?.mode === 'normal',
    isBars: custom?.drawStyle === 'bars',
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    limits: custom?.thresholdsStyle?.mode === 'dashed' ? stepsOf(panel) : [],
  })
  const rows = shown.map((line, index) => {
    const y = height - legend + 11 + index * 15
    const last = lastOf(line)
    return (
      box(2, y - 6, 12, 3, line.colour) +
      text(20, y, cut(line.name, width - 110, 11), { size: 11 }) +
      text(width - 4, y, last === undefined ? '' : formatValue(last, unit, decimals), { size: 11, anchor: 'end' })
    )
  })
  const rest = lines.length - shown.length
  const more = rest > 0 ? text(20, height - 4, `and ${rest} more`, { size: 11, fill: '#8e8e99' }) : ''
  return chart + rows.join('') + more
}

async function drawHeat(panel: Panel, { width, height }: Size, asker: Asker): Promise<string> {
  const series = await asker.range(panel.targets![0]!.expr, leastOf(panel))
  const rising = series.toSorted((a, b) => edgeOf(a) - edgeOf(b))
  if (rising.length === 0) return empty(width, height)
  // Buckets hold everything below their edge; a row shows what lies between two edges.
  const rows = rising.map((one, index) => ({
    edge: edgeOf(one) === Infinity ? 'above' : formatValue(edgeOf(one), defaultsOf(panel).unit ?? 'none', 2),
    points: one.points.map(([time, value]) => [time, value - (valueAt(rising[index - 1], time) ?? 0)] as const),
  }))
  return heatChart(rows, { width, height, window: asker.window })
}

const edgeOf = ({ labels }: Series) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le']))
const valueAt = (series: Series | undefined, time: number) => series?.points.find(([at]) => at === time)?.[1]

async function drawHistory(panel: Panel, { width, height }: Size, asker: Asker): Promise<string> {
  const series = (await named(panel, asker)).slice(0, 14)
  if (series.length === 0) return empty(width, height)
  const { from, to, step } = asker.window
  const left = 150
  const row = Math.min(26, (height - 20) / series.length)
  const cell = ((width - left) * step) / (to - from)
  const x = (time: number) => left + ((width - left) * (time / 1000 - from)) / (to - from)
  const parts = series.map(({ name, points }, index) => {
    const y = 4 + index * row
    const cells = points.map(([time, value]) => box(x(time), y + 1, cell + 0.5, row - 3, colourFor(value, panel)))
    return text(left - 8, y + row / 2 + 4, cut(name, left - 12, 11), { size: 11, anchor: 'end' }) + cells.join('')
  })
  return parts.join('')
}

async function drawFigures(panel: Panel, { width, height }: Size, asker: Asker): Promise<string> {
  const values = (await named(panel, asker)).flatMap((one) => {
    const last = lastOf(one)
    return last === undefined ? [] : [{ name: one.name, value: last }]
  })
  if (values.length === 0) return empty(width, height)
  const column = width / values.length
  return values
    .map(({ name, value }, index) => {
      const content = told(value, panel)
      const size = Math.min(height * 0.42, 34, (column * 1.5) / Math.max(4, content.length))
      const middle = column * (index + 0.5)
      const below =
        values.length > 1 ? text(middle, height - 8, cut(name, column, 11), { size: 11, anchor: 'middle' }) : ''
      const y = height / 2 + size / 3 - (below === '' ? 4 : 8)
      return text(middle, y, content, { size, fill: colourFor(value, panel), anchor: 'middle', weight: 'bold' }) + below
    })
    .join('')
}

async function drawBars(panel: Panel, { width, height }: Size, asker: Asker): Promise<string> {
  const { max } = defaultsOf(panel)
  const values = (await named(panel, asker)).flatMap((one) => {
    const last = lastOf(one)
    return last === undefined ? [] : [{ name: one.name, value: last }]
  })
  if (values.length === 0) return empty(width, height)
  const largest = max ?? Math.max(1e-9, ...values.map(({ value }) => value))
  const row = Math.min(34, height / values.length)
  const [left, right] = [Math.min(150, width * 0.4), 76]
  return values
    .map(({ name, value }, index) => {
      const y = index * row
      const full = width - left - right
      return (
        text(left - 8, y + row / 2 + 4, cut(name, left - 10, 11), { size: 11, anchor: 'end' }) +
        box(left, y + 4, full, row - 8, '#2a2c33') +
        box(left, y + 4, full * Math.min(1, Math.max(0, value / largest)), row - 8, colourFor(value, panel)) +
        text(left + full + 6, y + row / 2 + 4, told(value, panel), { size: 11, fill: colourFor(value, panel) })
      )
    })
    .join('')
}

async function drawTable(panel: Panel, { width, height }: Size, asker: Asker): Promise<string> {
  const targets = panel.targets ?? []
  const names = panel.transformations?.find(({ id }) => id === 'organize')?.options['renameByName'] as Record<
    string,
    string
  >
  const found = new Map<string, { labels: Series['labels']; values: (number | undefined)[] }>()
  for (const [index, { expr }] of targets.entries())
    for (const { labels, points } of await asker.instant(expr)) {
      const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      const row = found.get(key) ?? { labels, values: [] }
      row.values[index] = points[0]?.[1]
      found.set(key, row)
    }
  const rows = [...found.values()]
  if (rows.length === 0) return empty(width, height)
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))].toSorted()
  const titles = targets.map(({ refId }) => names[targets.length === 1 ? 'Value' : `Value #${refId}`] ?? '')
  const column = width / (labels.length + titles.length)
  const head = [...labels, ...titles].map((one, index) =>
    text(8 + column * index, 16, cut(one, column - 10), { fill: '#8ab8ff' }),
  )
  const most = Math.floor((height - 26) / 22)
  const body = rows.slice(0, most).map((row, index) => {
    const y = 40 + index * 22
    const cells = [
      ...labels.map((label) => row.labels[label] ?? ''),
      ...titles.map((_, at) => (row.values[at] === undefined ? '' : told(row.values[at], panel))),
    ]
    const line = `<line x1="0" x2="${width}" y1="${y - 16}" y2="${y - 16}" stroke="#2c2e35"/>`
    return line + cells.map((cell, at) => text(8 + column * at, y, cut(cell, column - 10))).join('')
  })
  return head.join('') + body.join('')
}

function empty(width: number, height: number): string {
  return text(width / 2, height / 2, 'nothing in the time shown', { anchor: 'middle', fill: '#8e8e99' })
}
