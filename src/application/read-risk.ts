import type { AssetClass, AssetKey } from '../domain/assets.js'
import { dayOf, everyDay, type PriceTable } from '../domain/portfolio/price-table.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import {
  bandCovariance,
  LEAST_RETURNS,
  regimeAt,
  type Risk,
  shortagesOf,
  type VolatilityForecast,
} from '../domain/risk/risk.js'
import { stableFloors } from '../domain/risk/stable-floors.js'
import { VolatilityForecaster } from '../domain/statistics/forecast.js'
import { logReturnRows } from '../domain/statistics/returns.js'
import { canonicalText } from '../domain/canonical-text.js'
import { ratioToNumber } from '../domain/units/ratio.js'
import type { Clock } from '../ports/clock.js'
import type { History } from '../ports/history.js'

/** Older prices say nothing of today's risk. */
const MOST_DAYS = 730
/** Returns that a model takes in at once: one fit at most, some ten milliseconds. */
const RETURNS_AT_ONCE = 90
/** A look that lacked something is taken again after this time, so that an import counts soon. */
const LOOK_AGAIN_MS = 600_000

/** What is known of the assets whatever their weights. */
interface AssetRisk extends Omit<Risk, 'regime'> {
  readonly rows: readonly (readonly (number | undefined)[])[]
}

interface Kept {
  readonly day: number
  readonly readAt: number
  readonly risk: Promise<AssetRisk>
}

/**
 * What the recorded prices up to yesterday's close tell of a portfolio's risk. Worked out once for each UTC day and set of
 * assets, in parts between which everything else goes on; portfolios of the same assets share it. Rests on closes alone,
 * so that today's prices change nothing.
 */
export class ReadRisk {
  private readonly kept = new Map<string, Kept>()

  constructor(
    private readonly deps: {
      history: History
      clock: Clock
      /** SHA-256 in hexadecimal. */
      hash: (text: string) => string
    },
  ) {}

  /** Of the assets with a target, in the order of the targets. */
  async run({ assets, policy }: Pick<Portfolio, 'assets' | 'policy'>): Promise<Risk> {
    const keys = policy.targets.map(({ asset }) => asset)
    const classes = new Map(assets.map((asset) => [asset.key, asset.class]))
    const { rows, ...risk } = await this.riskOf(keys, classes)
    const weights = policy.targets.map(({ weight }) => ratioToNumber(weight))
    return { ...risk, regime: regimeAt(rows, weights) }
  }

  private async riskOf(keys: readonly AssetKey[], classes: ReadonlyMap<AssetKey, AssetClass>): Promise<AssetRisk> {
    const now = this.deps.clock.now()
    const day = dayOf(now) - 1
    for (const [key, one] of this.kept) if (one.day !== day) this.kept.delete(key)
    const key = JSON.stringify(keys.map((asset) => [asset, classes.get(asset)]))
    const known = this.kept.get(key)
    if (known) {
      const risk = await known.risk
      if (risk.missing.length === 0 || now - known.readAt < LOOK_AGAIN_MS) return risk
    }
    const risk = this.look(keys, classes, day)
    this.kept.set(key, { day, readAt: now, risk })
    risk.catch(() => this.kept.delete(key))
    return risk
  }

  private async look(
    keys: readonly AssetKey[],
    classes: ReadonlyMap<AssetKey, AssetClass>,
    asOfDay: number,
  ): Promise<AssetRisk> {
    const from = asOfDay - MOST_DAYS
    const table = everyDay(await this.deps.history.dailyPrices(keys, from), from, asOfDay)
    const rows = logReturnRows(table)
    const forecasts: VolatilityForecast[] = []
    const lacking: number[] = []
    for (const [place, asset] of keys.entries()) {
      const forecast = await this.forecast(
        asset,
        rows.map((row) => row[place]),
      )
      if (forecast) forecasts.push(forecast)
      else lacking.push(place)
    }
    const common = { asOfDay, pricesHash: this.deps.hash(canonicalText(table)), assets: keys, rows, forecasts }
    if (lacking.length > 0) return { ...common, covariance: undefined, missing: shortagesOf(table, lacking) }
    const volatilities = forecasts.map(({ volatility }) => volatility)
    const { covariance, days } = bandCovariance(rows, volatilities, stableFloors(keys, classes))
    return { ...common, covariance, missing: covariance ? [] : missingTogether(table, days) }
  }

  private async forecast(
    asset: AssetKey,
    returns: readonly (number | undefined)[],
  ): Promise<VolatilityForecast | undefined> {
    const forecaster = new VolatilityForecaster({ minimum: LEAST_RETURNS })
    for (let start = 0; start < returns.length; start += RETURNS_AT_ONCE) {
      for (const value of returns.slice(start, start + RETURNS_AT_ONCE)) forecaster.update(value)
      await this.deps.clock.sleep(0)
    }
    const choice = forecaster.choice()
    if (!choice) return undefined
    const { volatility, model, reason, scores } = choice
    return { asset, volatility, model, reason, scores }
  }
}

/** Each has enough returns, and they are of different days. */
function missingTogether({ assets }: PriceTable, days: number): Risk['missing'] {
  const reason = `${assets.join(', ')} all have a return on ${days} days, ${LEAST_RETURNS} are needed. Record or import prices of the same days.`
  return assets.map((asset) => ({ asset, reason }))
}
