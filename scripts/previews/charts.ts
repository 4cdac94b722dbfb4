import * as echarts from 'echarts'
import type { Series, Window } from './ask.js'
import { colourOf, formatValue, type Step } from './values.js'

export interface Line extends Series {
  readonly name: string
  readonly colour: string
  readonly isLimit: boolean
}

interface Plot {
  readonly width: number
  readonly height: number
  readonly window: Window
}

const AXIS = { axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: '#9fa7b3', fontSize: 11 } }
const GRID = { left: 62, right: 10, top: 10, bottom: 22 }

/** Lines, areas or bars over time, as SVG. */
export function lineChart(
  lines: readonly Line[],
  plot: Plot & {
    readonly unit: string
    readonly decimals: number | undefined
    readonly isStacked: boolean
    readonly isBars: boolean
    readonly min?: number
    readonly max?: number
    readonly limits: readonly Step[]
  },
): string {
  const { unit, decimals, isStacked, isBars, limits, min, max } = plot
  const times = timesOf(lines)
  const drawn = limits.filter(({ value, color }) => value !== null && color !== 'transparent')
  return render(plot, {
    yAxis: {
      ...AXIS,
      type: 'value',
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
      splitNumber: 4,
      splitLine: { lineStyle: { color: '#2c2e35' } },
      axisLabel: { ...AXIS.axisLabel, formatter: (value: number) => formatValue(value, unit, decimals) },
    },
    series: lines.map(({ name, points, colour, isLimit }, index) => ({
      name,
      type: isBars ? 'bar' : 'line',
      data: isStacked && !isLimit ? aligned(points, times) : points.map(([time, value]) => [time, finite(value)]),
      ...(isStacked && !isLimit && { stack: 'all' }),
      ...(isBars && {
        barWidth: Math.max(1, 1 + ((plot.width - 72) * plot.window.step) / (plot.window.to - plot.window.from)),
      }),
      step: 'end',
      showSymbol: points.length < 40 && !isLimit,
      symbolSize: 3,
      itemStyle: { color: colour },
      lineStyle: { color: colour, width: isLimit ? 1 : 1.4, ...(isLimit && { type: 'dashed' }) },
      areaStyle: { opacity: isLimit ? 0 : isStacked ? 0.4 : 0.06 },
      ...(index === 0 && {
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          data: drawn.map(({ value, color }) => ({
            yAxis: value!,
            lineStyle: { color: colourOf(color), type: 'dashed', width: 1 },
          })),
        },
      }),
    })),
  })
}

/** Every time at which any of the series has a value. */
function timesOf(series: readonly Pick<Series, 'points'>[]): number[] {
  return [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].toSorted((a, b) => a - b)
}

/** What is stacked is stacked by place in the list, so each list has a place for every time. */
function aligned(points: Series['points'], times: readonly number[]): [number, number][] {
  const known = new Map(points)
  return times.map((time) => [time, finite(known.get(time) ?? 0) ?? 0])
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

/** Rows of buckets over time, each cell as bright as it is full. */
export function heatChart(
  rows: readonly { readonly edge: string; readonly points: Series['points'] }[],
  plot: Plot,
): string {
  const times = timesOf(rows)
  const cells = rows.flatMap(({ points }, row) =>
    points.flatMap(([time, value]) => (value > 1e-9 ? [[times.indexOf(time), row, value]] : [])),
  )
  return render(plot, {
    xAxis: {
      ...AXIS,
      type: 'category',
      data: times.map(clock),
      axisLabel: { ...AXIS.axisLabel, interval: Math.ceil(times.length / 6) },
    },
    yAxis: {
      ...AXIS,
      type: 'category',
      data: rows.map(({ edge }) => edge),
      axisLabel: { ...AXIS.axisLabel, interval: 0, fontSize: 9 },
    },
    visualMap: {
      show: false,
      min: 0,
      max: Math.max(1e-9, ...cells.map(([, , value]) => value!)),
      inRange: { color: ['#4a2f1b', '#8a4b1c', '#d9731f', '#ffb357', '#ffe8c7'] },
    },
    series: [{ type: 'heatmap', data: cells }],
  })
}

function render({ width, height, window }: Plot, option: echarts.EChartsCoreOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'DejaVu Sans' },
    grid: GRID,
    xAxis: {
      ...AXIS,
      type: 'time',
      min: window.from * 1000,
      max: window.to * 1000,
      splitNumber: 5,
      splitLine: { show: true, lineStyle: { color: '#22252b' } },
      axisLabel: { ...AXIS.axisLabel, formatter: clock },
    },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** UTC, as all dashboards are. */
function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 16)
}
