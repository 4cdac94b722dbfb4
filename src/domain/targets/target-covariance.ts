import type { AssetClass, AssetKey } from '../assets.js'
import { everyDay, type PriceTable } from '../portfolio/price-table.js'
import { stableFloors } from '../risk/stable-floors.js'
import { withVolatilityFloors } from '../statistics/covariance.js'
import type { Matrix } from '../statistics/matrix.js'
import { alignedReturns, winsorise } from '../statistics/returns.js'
import { shrinkToConstantCorrelation } from '../statistics/shrinkage.js'

/** Days of returns that targets are made of. */
export const TARGET_DAYS = 365
/** With fewer of them correlations are noise, shrunk or not. */
export const LEAST_TARGET_DAYS = 60

/**
 * The annual covariance that targets are made of: of the returns of the last `TARGET_DAYS` up to `asOf` on which every
 * asset has one, those beyond six standard deviations brought back to there, shrunk toward one correlation of all pairs
 * (Ledoit and Wolf 2004), with the floor of stable assets. Positive semidefinite, because sample and target are. In the
 * order of the table's assets; undefined, with the number of days there are, for fewer than `LEAST_TARGET_DAYS`. Prices
 * after `asOf` change nothing.
 */
export function targetCovariance(
  table: PriceTable,
  classes: ReadonlyMap<AssetKey, AssetClass>,
  asOf: number,
): { readonly covariance: Matrix | undefined; readonly days: number } {
  // A return needs a price the day before.
  const { rows } = alignedReturns(everyDay(table, asOf - TARGET_DAYS, asOf))
  const days = rows.length
  if (days < LEAST_TARGET_DAYS) return { covariance: undefined, days }
  const columns = table.assets.map((_, place) => winsorise(rows.map((row) => row[place]!)))
  const shrunk = shrinkToConstantCorrelation(rows.map((_, day) => columns.map((column) => column[day]!)))
  if (!shrunk) return { covariance: undefined, days }
  return { covariance: withVolatilityFloors(shrunk.covariance, stableFloors(table.assets, classes)), days }
}
