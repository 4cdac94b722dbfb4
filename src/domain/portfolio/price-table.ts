import type { AssetKey } from '../assets.js'
import { MOST_CARRIED_DAYS } from '../statistics/returns.js'

/** Daily prices in USD: the price at the end of each UTC day. */
export interface PriceTable {
  readonly assets: readonly AssetKey[]
  /** Days since 1970, rising; a day that is missing was not observed. */
  readonly days: readonly number[]
  /** One row for each day in the order of `assets`; undefined where nothing is known. */
  readonly prices: readonly (readonly (number | undefined)[])[]
}

/** Prices in USD between which a dollar's worth of an asset is a number of units that can be reckoned with. */
export const LEAST_PRICE = 1e-12
export const MOST_PRICE = 1e12

export const DAY_MS = 86_400_000

/** The UTC day of a time in milliseconds since 1970, as days since 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS)
}

/** `yyyy-mm-dd` of a day since 1970. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** Place of the first of rising days that is not before `day`; their number where there is none. */
export function placeFrom(days: readonly number[], day: number): number {
  let [low, high] = [0, days.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (days[middle]! < day) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The table with a row for every day from `from` to `to`, both included: a day that was not observed has one in which
 * nothing is known, so that a long gap is seen as one.
 */
export function everyDay({ assets, days, prices }: PriceTable, from: number, to: number): PriceTable {
  const places = new Map(days.map((day, place) => [day, place]))
  const all = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
  const unknown = assets.map(() => undefined)
  return { assets, days: all, prices: all.map((day) => prices[places.get(day) ?? -1] ?? unknown) }
}

/**
 * The days from `from` to `to`, both included, on which every one of the assets has a price, at most two days old. Never
 * looks ahead: a price is carried forward and no other way. Days that lack one are left out and counted by asset.
 */
export function completeDays(
  table: PriceTable,
  assets: readonly AssetKey[],
  { from = -Infinity, to = Infinity }: { readonly from?: number; readonly to?: number } = {},
): { readonly table: PriceTable; readonly missing: ReadonlyMap<AssetKey, number> } {
  const columns = assets.map((asset) => table.assets.indexOf(asset))
  const last = assets.map(() => ({ day: -Infinity, price: 0 }))
  const missing = new Map<AssetKey, number>()
  const days: number[] = []
  const prices: number[][] = []
  for (const [index, day] of table.days.entries()) {
    if (day > to) break
    const row = table.prices[index]!
    for (const [place, column] of columns.entries()) {
      const price = column < 0 ? undefined : row[column]
      if (price !== undefined) last[place] = { day, price }
    }
    if (day < from) continue
    const absent = assets.filter((_, place) => day - last[place]!.day > MOST_CARRIED_DAYS)
    for (const asset of absent) missing.set(asset, (missing.get(asset) ?? 0) + 1)
    if (absent.length > 0) continue
    days.push(day)
    prices.push(last.map(({ price }) => price))
  }
  return { table: { assets, days, prices }, missing }
}
