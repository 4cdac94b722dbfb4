import type { AssetClass, AssetKey } from '../assets.js'
import { stableFloors } from '../risk/stable-floors.js'
import { sampleCovariance, withVolatilities, withVolatilityFloors } from '../statistics/covariance.js'
import { repairCovariance } from '../statistics/definiteness.js'
import { BAND_DECAY, ewmaCovariances } from '../statistics/ewma.js'
import { forecasts } from '../statistics/forecast.js'
import type { Matrix } from '../statistics/matrix.js'
import { alignedReturns, logReturnRows, MOST_CARRIED_DAYS } from '../statistics/returns.js'
import { BacktestError } from './backtest-error.js'
import { completeDays, dayText, LEAST_PRICE, MOST_PRICE, type PriceTable } from '../portfolio/price-table.js'

export interface HistoryAsset {
  readonly key: AssetKey
  readonly class: AssetClass
}

/** Whose volatilities the covariances have: EWMA's, or of each day the model's that had forecast best by then. */
export type VolatilitySource = 'ewma' | 'forecast'

/** Days since 1970, both included. */
export interface Period {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** A history as backtests run over it: worked out once, whatever runs. */
export interface History {
  readonly assets: readonly HistoryAsset[]
  /** Every asset has a price on each of its days; in the order of `assets`. */
  readonly table: PriceTable
  /** Everything that is known of the assets, the days before the first one included. */
  readonly known: PriceTable
  /**
   * Annual covariance as known at the end of each day, by EWMA with a half-life of 23 days, with volatilities by the same or
   * as forecast, and a floor for stable assets; undefined while prices are too few. Rests on the days before the first
   * one, too, where there are any.
   */
  readonly covariances: readonly (Matrix | undefined)[]
  /** Sample covariance of the whole, which is looked at from its end. Undefined for fewer than two returns. */
  readonly covariance: Matrix | undefined
  readonly missing: readonly { readonly asset: AssetKey; readonly days: number }[]
  /** What a reader of results has to know about it. */
  readonly notes: readonly string[]
}

/**
 * The history of these assets. A stable asset that the table has no column for is taken to be worth one dollar throughout,
 * which is said. Throws BacktestError without a column for another asset, with a price out of all bounds, and where fewer
 * than two days are complete.
 */
export function readHistory(
  given: PriceTable,
  assets: readonly HistoryAsset[],
  { from, to }: Period = {},
  volatility: VolatilitySource = 'ewma',
): History {
  const { table, pegged } = withColumns(given, assets)
  requirePrices(table)
  const keys = assets.map(({ key }) => key)
  const complete = completeDays(table, keys, {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  })
  const missing = [...complete.missing].map(([asset, days]) => ({ asset, days }))
  const { days } = complete.table
  if (days.length < 2) {
    const absent = missing.map((one) => `${one.asset} on ${one.days} days`).join(', ') || 'none'
    throw new BacktestError(
      'too-short',
      `A backtest needs two days with a price of ${keys.join(', ')}; ${days.length} came (without a price: ${absent}). Choose other days or assets, or complete the prices.`,
    )
  }
  const wild = keys.findIndex((_, place) => spanOf(complete.table, place) > MOST_PRICE)
  if (wild >= 0)
    throw new BacktestError(
      'bad-price',
      `Prices of ${keys[wild]} should lie within a factor of ${MOST_PRICE} of each other. Look for a change of unit.`,
    )
  return {
    assets,
    table: complete.table,
    known: table,
    covariances: covariancesOn(days, table, assets, volatility),
    covariance: sampleCovariance(alignedReturns(complete.table).rows),
    missing,
    notes: [...pegged.map((asset) => `${asset} has no column of prices: one dollar throughout.`), ...gapNotes(days)],
  }
}

/** The columns of the assets, in their order. */
function withColumns(given: PriceTable, assets: readonly HistoryAsset[]): { table: PriceTable; pegged: AssetKey[] } {
  if (assets.length === 0) throw new BacktestError('no-prices', 'A backtest needs at least one asset, got none.')
  const columns = assets.map(({ key }) => given.assets.indexOf(key))
  const absent = assets.filter((asset, place) => columns[place]! < 0 && asset.class !== 'stable')
  if (absent.length > 0)
    throw new BacktestError(
      'no-prices',
      `Prices of ${absent.map(({ key }) => key).join(', ')} are missing; there are some of ${given.assets.join(', ') || 'nothing'}. Name the columns after the assets, or leave the assets out.`,
    )
  const prices = given.prices.map((row) => columns.map((column) => (column < 0 ? 1 : row[column])))
  return {
    table: { assets: assets.map(({ key }) => key), days: given.days, prices },
    pegged: assets.flatMap(({ key }, place) => (columns[place]! < 0 ? [key] : [])),
  }
}

function requirePrices({ assets, days, prices }: PriceTable): void {
  for (const [row, values] of prices.entries())
    for (const [place, price] of values.entries())
      if (price !== undefined && !(price >= LEAST_PRICE && price <= MOST_PRICE))
        throw new BacktestError(
          'bad-price',
          `The price of ${assets[place]} on ${dayText(days[row]!)} should be between ${LEAST_PRICE} and ${MOST_PRICE} USD, got ${price}. Correct it, or leave it empty if it is unknown.`,
        )
}

function spanOf({ prices }: PriceTable, place: number): number {
  let [least, most] = [Infinity, 0]
  for (const row of prices) {
    least = Math.min(least, row[place]!)
    most = Math.max(most, row[place]!)
  }
  return most / least
}

/** What was known at the end of each of the days. */
function covariancesOn(
  days: readonly number[],
  table: PriceTable,
  assets: readonly HistoryAsset[],
  volatility: VolatilitySource,
): (Matrix | undefined)[] {
  const floors = stableFloors(table.assets, new Map(assets.map((asset) => [asset.key, asset.class])))
  const rows = logReturnRows(table)
  const ewma = ewmaCovariances(rows, { decay: BAND_DECAY })
  const all = volatility === 'ewma' ? ewma : withForecasts(ewma, rows)
  const byDay = new Map(table.days.map((day, row) => [day, all[row]]))
  return days.map((day) => {
    const covariance = byDay.get(day)
    return covariance && withVolatilityFloors(covariance, floors)
  })
}

/** The same correlations with the volatilities that were forecast on each day, made possible where they contradict. */
function withForecasts(
  covariances: readonly (Matrix | undefined)[],
  rows: readonly (readonly (number | undefined)[])[],
): (Matrix | undefined)[] {
  const columns = (rows[0] ?? []).map((_, place) => forecasts(rows.map((row) => row[place])))
  return covariances.map((covariance, day) => {
    const volatilities = columns.flatMap((column) => column[day]?.volatility ?? [])
    if (!covariance || volatilities.length < columns.length) return undefined
    return withVolatilities(repairCovariance(covariance).covariance, volatilities)
  })
}

function gapNotes(days: readonly number[]): string[] {
  const gaps = days.flatMap((day, index) =>
    index > 0 && day - days[index - 1]! > MOST_CARRIED_DAYS + 1 ? [index] : [],
  )
  if (gaps.length === 0) return []
  const length = (index: number) => days[index]! - days[index - 1]!
  const longest = gaps.reduce((most, index) => (length(index) > length(most) ? index : most))
  const stretch = `from ${dayText(days[longest - 1]!)} to ${dayText(days[longest]!)}`
  return [
    `Prices are missing for more than ${MOST_CARRIED_DAYS} days in a row ${gaps.length === 1 ? 'once' : `${gaps.length} times`}, the longest ${stretch}. Each such gap counts as one long day on which nobody looked; choose other days to leave it out.`,
  ]
}
