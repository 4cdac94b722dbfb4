import type { DriftPoint } from '../../api/cycles.js'
import { shareFigure } from '../../parts/figures.js'

/** One asset, or the whole portfolio's drift, at one cycle; figures are shares. */
export interface SeriesPoint {
  readonly at: number
  readonly cycleId: string
  /** Null where it was not known. */
  readonly value: number | null
  readonly target: number | null
  readonly lower: number | null
  readonly upper: number | null
}

export const PERIODS = ['6h', '24h', '7d', '30d', 'all'] as const
export type Period = (typeof PERIODS)[number]
const HOURS: Readonly<Record<Exclude<Period, 'all'>, number>> = { '6h': 6, '24h': 24, '7d': 168, '30d': 720 }

/** Where a period begins, in milliseconds since 1970; undefined for all there is. */
export function startOf(period: Period, now: number): number | undefined {
  return period === 'all' ? undefined : now - HOURS[period] * 3_600_000
}

/** Every asset that some point names, in the order of its latest weight, the heaviest first. */
export function assetsOf(points: readonly DriftPoint[]): string[] {
  const weights = new Map<string, number>()
  for (const { assets } of points)
    for (const { asset, weight } of assets) if (!weights.has(asset)) weights.set(asset, Number(weight))
  return [...weights].toSorted(([, a], [, b]) => b - a).map(([asset]) => asset)
}

/** Oldest first. `asset` undefined gives the portfolio's drift, which has neither target nor band. */
export function seriesOf(points: readonly DriftPoint[], asset: string | undefined): SeriesPoint[] {
  return points.map((point) => pointOf(point, asset)).toReversed()
}

function pointOf({ at, cycleId, drift, assets }: DriftPoint, asset: string | undefined): SeriesPoint {
  const place = { at: Date.parse(at), cycleId }
  if (asset === undefined) return { ...place, value: Number(drift), target: null, lower: null, upper: null }
  const found = assets.find((one) => one.asset === asset)
  if (!found) return { ...place, value: null, target: null, lower: null, upper: null }
  const [target, band] = [Number(found.target), Number(found.band)]
  return { ...place, value: Number(found.weight), target, lower: Math.max(0, target - band), upper: target + band }
}

/** Lowest and highest share that a picture of the series has to hold, with a little air; null without any figure. */
export function rangeOf(series: readonly SeriesPoint[]): readonly [number, number] | null {
  const figures = series.flatMap(({ value, lower, upper }) => [value, lower, upper]).filter((one) => one !== null)
  if (figures.length === 0) return null
  const hasBand = series.some(({ upper }) => upper !== null)
  const [least, most] = [Math.min(...figures), Math.max(...figures)]
  const air = Math.max((most - least) * 0.08, 0.0005)
  return [hasBand ? Math.max(0, least - air) : 0, most + air]
}

export function isOutOfBand({ value, lower, upper }: SeriesPoint): boolean {
  return value !== null && lower !== null && upper !== null && (value < lower || value > upper)
}

/** What a series shows, in words: for who cannot see the picture and for who has no time to. */
export function seriesInWords(series: readonly SeriesPoint[], name: string): string {
  const known = series.filter((one) => one.value !== null)
  const [first, last] = [known[0], known.at(-1)]
  if (first?.value == null || last?.value == null) return `${name}: no figure in this period.`
  const values = known.map(({ value }) => value!)
  const range = `between ${percent(Math.min(...values))} and ${percent(Math.max(...values))}`
  const path = `from ${percent(first.value)} to ${percent(last.value)}, ${range}, over ${known.length} cycles`
  if (last.target === null) return `${name} went ${path}.`
  const out = known.filter(isOutOfBand).length
  const band = out === 0 ? 'always within its band' : `out of its band in ${out} of them`
  return `${name} went ${path}; ${band}. Target ${percent(last.target)}, band ${percent(last.lower!)} to ${percent(last.upper!)} at the end.`
}

export function percent(share: number): string {
  return shareFigure(share.toFixed(12)).readable
}

/** The point whose time is nearest; the series is oldest first. */
export function nearestTo(series: readonly SeriesPoint[], at: number): number {
  let best = 0
  for (let index = 1; index < series.length; index++)
    if (Math.abs(series[index]!.at - at) <= Math.abs(series[best]!.at - at)) best = index
  return best
}

/** At most about `most` points that keep each stretch's lowest, highest and last figure, so that no peak is lost. */
export function thinned(series: readonly SeriesPoint[], most: number): SeriesPoint[] {
  if (series.length <= most) return [...series]
  const stretch = Math.ceil((series.length * 3) / most)
  const kept: SeriesPoint[] = []
  for (let from = 0; from < series.length; from += stretch) {
    const part = series.slice(from, from + stretch)
    const known = part.filter(({ value }) => value !== null)
    const lowest = known.reduce((a, b) => (b.value! < a.value! ? b : a), known[0]!)
    const highest = known.reduce((a, b) => (b.value! > a.value! ? b : a), known[0]!)
    const chosen = new Set<SeriesPoint | undefined>([lowest, highest, part.at(-1)])
    kept.push(...part.filter((one) => chosen.has(one)))
  }
  return kept
}

/** The series with each target and band held until the next point names another: they change in steps. */
export function stepped(series: readonly SeriesPoint[]): SeriesPoint[] {
  return series.flatMap((point, index) => {
    const before = series[index - 1]
    if (!before || (before.target === point.target && before.upper === point.upper)) return [point]
    return [{ ...before, at: point.at }, point]
  })
}

const DAY_MS = 86_400_000

interface Label {
  readonly at: number
  readonly text: string
}

/** Labels of ticks in the order of time, each with another text and at least `apart` from the one before; `place` gives where. */
export function tickLabels(
  ticks: readonly number[],
  span: number,
  place: (at: number) => number,
  apart: number,
): Label[] {
  return ticks.reduce<Label[]>((kept, at) => {
    const last = kept.at(-1)
    const text = tickText(at, span)
    return last && (last.text === text || place(at) - place(last.at) < apart) ? kept : [...kept, { at, text }]
  }, [])
}

/** Time under a picture that spans so many milliseconds, in UTC: `14:00`, at midnight `27 Nov`. */
export function tickText(at: number, span: number): string {
  const isDay = at % DAY_MS === 0 || span > 4 * DAY_MS
  const options = isDay
    ? ({ day: 'numeric', month: 'short' } as const)
    : ({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const)
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(at)
}
