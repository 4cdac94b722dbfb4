import type { AssetKey } from '../assets.js'
import { dayText, type PriceTable } from '../portfolio/price-table.js'
import { withVolatilities, withVolatilityFloors } from '../statistics/covariance.js'
import { BAND_DECAY, EwmaCovariance } from '../statistics/ewma.js'
import type { ForecastModel, ForecastScore } from '../statistics/forecast-choice.js'
import type { Matrix } from '../statistics/matrix.js'
import { type Regime, RegimeFlag } from '../statistics/regime.js'

/** Returns before anything is said of an asset, or of several together. */
export const LEAST_RETURNS = 20

/** What an asset's price is expected to do on the next day. */
export interface VolatilityForecast {
  readonly asset: AssetKey
  /** Annual. */
  readonly volatility: number
  readonly model: ForecastModel
  /** Why this model, by the scores. */
  readonly reason: string
  /** Of every model, on the days after its forecasts. */
  readonly scores: readonly ForecastScore[]
}

/** What daily prices up to a day tell of the risk of a portfolio. */
export interface Risk {
  /** Days since 1970; the last day that is looked at. */
  readonly asOfDay: number
  /** SHA-256 of the canonical text of the prices that were looked at, a row for every day: the same prices, the same risk. */
  readonly pricesHash: string
  readonly assets: readonly AssetKey[]
  /** Annual, in the order of `assets`; undefined where something is missing. */
  readonly covariance: Matrix | undefined
  /** Of the assets with enough history. */
  readonly forecasts: readonly VolatilityForecast[]
  /** Of the portfolio at its targets; undefined while too little is known to say what is usual. */
  readonly regime: Regime | undefined
  /** Assets that keep the covariance from being known, and why; empty where it is. */
  readonly missing: readonly { readonly asset: AssetKey; readonly reason: string }[]
}

/** Of a risk what a record of a decision keeps: the prices up to `asOfDay` give the rest again, and the hash proves them. */
export type RiskBasis = Pick<Risk, 'asOfDay' | 'pricesHash' | 'forecasts' | 'regime' | 'missing'>

export function basisOf({ asOfDay, pricesHash, forecasts, regime, missing }: Risk): RiskBasis {
  return { asOfDay, pricesHash, forecasts, regime, missing }
}

type ReturnRows = readonly (readonly (number | undefined)[])[]

/**
 * Covariance for bands: correlations by EWMA with a half-life of 23 days, and volatilities as forecast. Positive
 * semidefinite by construction. `volatilities` and `floors` are annual and in the order of the columns. Undefined, with the
 * number of days on which every asset has a return, while these are too few.
 */
export function bandCovariance(
  rows: ReturnRows,
  volatilities: readonly number[],
  floors: readonly (number | undefined)[],
): { readonly covariance: Matrix | undefined; readonly days: number } {
  if (volatilities.length === 0) return { covariance: undefined, days: 0 }
  const ewma = new EwmaCovariance(volatilities.length, { decay: BAND_DECAY, minimum: LEAST_RETURNS })
  for (const row of rows) ewma.update(row)
  const covariance = ewma.covariance()
  const days = ewma.observations
  if (!covariance) return { covariance, days }
  return { covariance: withVolatilityFloors(withVolatilities(covariance, volatilities), floors), days }
}

/** The regime of a portfolio by the returns of its assets at these weights; assets without weight do not matter. */
export function regimeAt(rows: ReturnRows, weights: readonly number[]): Regime | undefined {
  const flag = new RegimeFlag({ minimum: LEAST_RETURNS })
  let latest: Regime | undefined
  for (const row of rows) latest = flag.update(weightedReturn(row, weights))
  return latest
}

function weightedReturn(row: readonly (number | undefined)[], weights: readonly number[]): number | undefined {
  let sum = 0
  for (const [place, weight] of weights.entries()) {
    if (weight === 0) continue
    const value = row[place]
    if (value === undefined) return undefined
    sum += weight * value
  }
  return sum
}

/**
 * Why too little is known of the assets in these columns of a table with a row for every day: one sentence for all that
 * lack the same.
 */
export function shortagesOf({ assets, days, prices }: PriceTable, places: readonly number[]): Risk['missing'] {
  const lacking = places.map((place) => {
    const known = [...days.keys()].filter((row) => prices[row]![place] !== undefined)
    return { asset: assets[place]!, count: known.length, last: known.at(-1) }
  })
  return lacking.map(({ asset, count, last }) => {
    const alike = lacking.filter((one) => one.count === count && one.last === last).map((one) => one.asset)
    return { asset, reason: shortageOf(alike, count, days, last) }
  })
}

function shortageOf(
  assets: readonly AssetKey[],
  count: number,
  days: readonly number[],
  last: number | undefined,
): string {
  const names = assets.join(', ')
  const remedy = `Record or import at least ${LEAST_RETURNS + 1} days without a gap.`
  if (last === undefined) return `There is no daily price of ${names} from ${dayText(days[0]!)} on. ${remedy}`
  const prices = count === 1 ? '1 daily price' : `${count} daily prices`
  const have = assets.length === 1 ? 'has' : 'each have'
  return `${names} ${have} ${prices}, the last of ${dayText(days[last]!)}, which is too few or too old on ${dayText(days.at(-1)!)}. ${remedy}`
}
