import { DAYS_PER_YEAR, HOURS_PER_YEAR, symmetric } from './covariance.js'
import { requireParameter, requireReturn, StatisticsError } from './input.js'
import type { Matrix } from './matrix.js'
import { WINSORISE_AT } from './returns.js'

/** Share of yesterday's estimate in today's: a half-life of 11 days for risk, of 23 for bands (planning theory, 5.8). */
export const DAILY_DECAY = 0.94
export const BAND_DECAY = 0.97

/** The decay that forgets as much in 24 hourly returns as the daily one does in one of a day. */
export function hourlyDecay(daily: number): number {
  requireParameter('decay', daily, daily > 0 && daily < 1, 'between zero and one')
  return daily ** (1 / 24)
}

export interface EwmaOptions {
  /** λ, between zero and one. */
  readonly decay?: number
  /** Periods in a year: 365 for daily returns, 8760 for hourly ones. */
  readonly perYear?: number
  /** Returns before which nothing is estimated. */
  readonly minimum?: number
  /** Rows in a row without news after which everything is forgotten: what is that old says nothing of today. */
  readonly forgetAfter?: number
}

/** A move of this size counts whole however calm its asset was, so that a peg that breaks shows at once. */
const ALWAYS_WHOLE = 0.1

/**
 * Exponentially weighted covariance of returns with a mean of zero: Σ_t = λΣ_{t−1} + (1 − λ)·r_t·r_tᵀ (RiskMetrics
 * 1996), divided by the weight of the returns seen so far, 1 − λᵗ, so that it needs no first guess. Positive semidefinite
 * by construction. A return beyond six of its asset's own standard deviations as they were the day before counts as six,
 * unless it is within ten percent. An estimate rests on the returns handed in before it and on nothing else.
 */
export class EwmaCovariance {
  /** Weighted sums of products: the lower half by rows. */
  private readonly sums: Float64Array
  private readonly counted: Float64Array
  private readonly decay: number
  private readonly perYear: number
  private readonly minimum: number
  private readonly forgetAfter: number
  private missed = 0
  private weight = 0
  private count = 0

  constructor(
    private readonly assets: number,
    { decay = DAILY_DECAY, perYear = DAYS_PER_YEAR, minimum = 20, forgetAfter = 30 }: EwmaOptions = {},
  ) {
    requireParameter('assets', assets, Number.isInteger(assets) && assets >= 1 && assets <= 1_000, 'their number')
    requireParameter('decay', decay, decay > 0 && decay < 1, 'between zero and one')
    requireParameter('perYear', perYear, perYear > 0 && perYear <= HOURS_PER_YEAR, 'the number of periods in a year')
    requireParameter('minimum', minimum, Number.isInteger(minimum) && minimum >= 1, 'a number of returns')
    requireParameter('forgetAfter', forgetAfter, Number.isInteger(forgetAfter) && forgetAfter >= 1, 'a number of rows')
    this.decay = decay
    this.perYear = perYear
    this.minimum = minimum
    this.forgetAfter = forgetAfter
    this.sums = new Float64Array((assets * (assets + 1)) / 2)
    this.counted = new Float64Array(assets)
  }

  /** How many rows of returns the estimate rests on. */
  get observations(): number {
    return this.count
  }

  /**
   * Takes in one period's returns, in the order of the assets. A row in which one is unknown says nothing of how the
   * assets move together: it leaves the estimate as it is, until too many of them make it forgotten, and the answer is
   * false. Throws StatisticsError for a row of another length and a return that is none.
   */
  update(returns: readonly (number | undefined)[]): boolean {
    const { assets, sums, counted, decay } = this
    if (returns.length !== assets)
      throw new StatisticsError('shape', `${assets} assets need as many returns, got ${returns.length}.`)
    for (let asset = 0; asset < assets; asset++) {
      const value = returns[asset]
      if (value === undefined) return this.miss()
      counted[asset] = this.winsorised(value, asset)
    }
    for (let i = 0, place = 0; i < assets; i++)
      for (let j = 0; j <= i; j++, place++) sums[place] = decay * sums[place]! + (1 - decay) * counted[i]! * counted[j]!
    this.weight = decay * this.weight + 1 - decay
    this.count += 1
    this.missed = 0
    return true
  }

  private miss(): false {
    this.missed += 1
    if (this.missed >= this.forgetAfter) {
      this.sums.fill(0)
      this.weight = this.count = 0
    }
    return false
  }

  /** The return as it would be counted if it came next. Throws StatisticsError for a return that is none. */
  winsorised(value: number, asset = 0): number {
    requireReturn(value, { column: asset })
    if (this.count < this.minimum) return value
    const deviation = Math.sqrt(this.sums[diagonal(asset)]! / this.weight)
    const most = Math.max(ALWAYS_WHOLE, WINSORISE_AT * deviation)
    return Math.max(-most, Math.min(most, value))
  }

  /** Annual covariance; undefined while there are too few returns. */
  covariance(): Matrix | undefined {
    if (this.count < this.minimum) return undefined
    const scale = this.perYear / this.weight
    return symmetric(this.assets, (i, j) => this.sums[diagonal(i) - i + j]! * scale)
  }

  /** Annual variance of one asset; undefined while there are too few returns. */
  variance(asset = 0): number | undefined {
    return this.count < this.minimum ? undefined : (this.sums[diagonal(asset)]! * this.perYear) / this.weight
  }
}

/** Place of an asset's own variance in the lower half by rows. */
function diagonal(asset: number): number {
  return (asset * (asset + 3)) / 2
}

/**
 * The estimate as it was after each row of returns, the row included; undefined while there are too few, and after too
 * many rows in which a return is unknown. None for no rows. Throws StatisticsError as `update` does.
 */
export function ewmaCovariances(
  rows: readonly (readonly (number | undefined)[])[],
  options?: EwmaOptions,
): (Matrix | undefined)[] {
  const width = rows[0]?.length
  if (width === undefined) return []
  const ewma = new EwmaCovariance(width, options)
  let latest: Matrix | undefined
  return rows.map((row) => {
    if (ewma.update(row) || ewma.observations === 0) latest = ewma.covariance()
    return latest
  })
}
