import { DAY_MS, dayText } from '../../domain/portfolio/price-table.js'

/** From the least to the greatest value that an axis shows; the one is always below the other. */
export interface Domain {
  readonly least: number
  readonly most: number
}

/** Pixels of a value: finite and between both ends for every number that is one. */
export type Scale = (value: number) => number

export interface Tick {
  readonly at: number
  readonly label: string
}

export interface Axis {
  readonly scale: Scale
  readonly ticks: readonly Tick[]
}

/** Beyond, differences of two values overflow. */
const MOST = 1e100

export function isDrawable(value: number | undefined): value is number {
  return value !== undefined && value <= MOST && value >= -MOST
}

/** Around the values, with a share of their distance to either side; around one value where all are the same. */
export function domainOf(values: Iterable<number | undefined>, padding = 0.05): Domain {
  let [least, most] = [Infinity, -Infinity]
  for (const value of values)
    if (isDrawable(value)) {
      if (value < least) least = value
      if (value > most) most = value
    }
  if (least > most) return { least: 0, most: 1 }
  const room = Math.max((most - least) * padding, Math.abs(most) * 1e-3, Math.abs(least) * 1e-3)
  return room === 0 ? { least: -1, most: 1 } : { least: least - room, most: most + room }
}

export function linearScale({ least, most }: Domain, from: number, to: number): Scale {
  return (value) => from + within((value - least) / (most - least)) * (to - from)
}

/** The domain is above zero; a value that is not lies at its lower end. */
export function logScale({ least, most }: Domain, from: number, to: number): Scale {
  const [low, high] = [Math.log(least), Math.log(most)]
  return (value) => from + within(value > 0 ? (Math.log(value) - low) / (high - low) : 0) * (to - from)
}

function within(share: number): number {
  return share > 1 ? 1 : share > 0 ? share : 0
}

/** Round values in equal steps of 1, 2 or 5 times a power of ten, about `count` of them. */
export function roundValues({ least, most }: Domain, count: number): { values: number[]; decimals: number } {
  const raw = (most - least) / count
  const power = Math.floor(Math.log10(raw))
  const factor = [1, 2, 5, 10].find((one) => one * 10 ** power >= raw * (1 - 1e-9)) ?? 10
  const decimals = Math.min(12, Math.max(0, factor === 10 ? -power - 1 : -power))
  const step = factor * 10 ** power
  const first = Math.ceil(least / step - 1e-9)
  const values = Array.from({ length: count * 2 + 2 }, (_, place) => (first + place) * step)
  return { values: values.filter((value) => value <= most + step * 1e-9), decimals }
}

/** An axis in equal steps; `label` writes a value with the decimals that tell two ticks apart. */
export function linearAxis(
  domain: Domain,
  [from, to]: readonly [number, number],
  count: number,
  label: (value: number, decimals: number) => string,
): Axis {
  const scale = linearScale(domain, from, to)
  const { values, decimals } = roundValues(domain, count)
  return { scale, ticks: values.map((value) => ({ at: scale(value), label: label(value, decimals) })) }
}

/** An axis of equal proportions; its domain is above zero. */
export function logAxis(domain: Domain, [from, to]: readonly [number, number], label: (value: number) => string): Axis {
  const scale = logScale(domain, from, to)
  const decades = Math.log10(domain.most) - Math.log10(domain.least)
  const [low, high] = [Math.floor(Math.log10(domain.least)), Math.ceil(Math.log10(domain.most))]
  const factors = decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5]
  const stride = Math.max(1, Math.ceil(decades / 8))
  const values = Array.from({ length: Math.floor((high - low) / stride) + 1 }, (_, place) => low + place * stride)
    .flatMap((power) => factors.map((factor) => factor * 10 ** power))
    .filter((value) => value >= domain.least && value <= domain.most)
  return { scale, ticks: values.map((value) => ({ at: scale(value), label: label(value) })) }
}

/** An axis of days since 1970 with the beginnings of years, of months, or single days; at least one tick. */
export function dayAxis(first: number, last: number, [from, to]: readonly [number, number]): Axis {
  const scale = linearScale(
    first < last ? { least: first, most: last } : { least: first - 1, most: first + 1 },
    from,
    to,
  )
  const ticks = ticksBetween(first, last).map((day) => ({ at: scale(day.day), label: day.label }))
  return { scale, ticks: ticks.length > 0 ? ticks : [{ at: scale(first), label: dayText(first) }] }
}

const MOST_TICKS = 6

function ticksBetween(first: number, last: number): { day: number; label: string }[] {
  const span = last - first
  if (span >= 730) return monthTicks(first, last, 12 * stepOf([1, 2, 5, 10, 20, 50], span / 365), 4)
  if (span >= 50) return monthTicks(first, last, stepOf([1, 2, 3, 6], span / 30), 7)
  const step = stepOf([1, 2, 5, 10], span)
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, place) => {
    const day = first + place * step
    return { day, label: dayText(day).slice(5) }
  })
}

function stepOf(steps: readonly number[], units: number): number {
  return steps.find((step) => units / step <= MOST_TICKS) ?? steps.at(-1)!
}

/** Firsts of months, or of January where the step is in years, labelled with so many letters of the date. */
function monthTicks(first: number, last: number, step: number, letters: number): { day: number; label: string }[] {
  const start = new Date(first * DAY_MS)
  const origin = start.getUTCFullYear() * 12 + (step % 12 === 0 ? 0 : start.getUTCMonth())
  const ticks: { day: number; label: string }[] = []
  for (let month = Math.ceil(origin / step) * step; ; month += step) {
    const day = Date.UTC(Math.floor(month / 12), month % 12) / DAY_MS
    if (day > last) return ticks
    if (day >= first) ticks.push({ day, label: dayText(day).slice(0, letters) })
  }
}
