import { DAYS_PER_YEAR } from './covariance.js'
import { DAILY_DECAY, EwmaCovariance } from './ewma.js'
import { chooseForecast, type ForecastChoice, type ForecastModel, qlike } from './forecast-choice.js'
import { fitGarch, type GarchFit, LEAST_GARCH_RETURNS, nextGarchVariance } from './garch.js'
import { fitHar, forecastHar, type Har, LEAST_HAR_RETURNS } from './har.js'
import { requireParameter } from './input.js'
import { ScoreWindow } from './score-window.js'

export interface ForecastOptions {
  /** Models that compete with EWMA; with none, a forecast costs microseconds. */
  readonly challengers?: readonly Exclude<ForecastModel, 'ewma'>[]
  readonly decay?: number
  /** Returns before EWMA says anything. */
  readonly minimum?: number
  /** Most and fewest returns a challenger is fitted to, and after how many returns it is fitted anew. */
  readonly fitWindow?: number
  readonly fitMinimum?: number
  readonly refitEvery?: number
  /** Forecasts over which models are scored, and how many of them a challenger needs to be chosen. */
  readonly scoreWindow?: number
  readonly scoreMinimum?: number
  /** Annual; no forecast is calmer. */
  readonly leastVolatility?: number
}

const DEFAULTS = {
  challengers: ['garch', 'har'],
  decay: DAILY_DECAY,
  minimum: 20,
  fitWindow: 1_000,
  fitMinimum: 250,
  refitEvery: 90,
  scoreWindow: 250,
  scoreMinimum: 60,
  leastVolatility: 0.01,
} as const satisfies Required<ForecastOptions>

/**
 * Forecasts of one asset's variance on the next day, by EWMA and its challengers, each scored on the days after its
 * forecasts. Guarantees: a forecast rests on the returns handed in before and on nothing else; a day's return scores only
 * forecasts made before it; the same returns and options give the same numbers. Does not guarantee that the model which
 * was best stays the best. Returns beyond six standard deviations count as six, as in `EwmaCovariance`.
 */
export class VolatilityForecaster {
  private readonly options: Required<ForecastOptions>
  private readonly ewma: EwmaCovariance
  private readonly returns: number[] = []
  private readonly squares: number[] = []
  private garch: { readonly fit: GarchFit; variance: number } | undefined
  private har: Har | undefined
  private readonly models: readonly ForecastModel[]
  private forecasts: Record<ForecastModel, number | undefined> = { ewma: undefined, garch: undefined, har: undefined }
  private scores: Record<ForecastModel, ScoreWindow>
  private count = 0

  constructor(options: ForecastOptions = {}) {
    const all = { ...DEFAULTS, ...options }
    const least = Math.max(LEAST_GARCH_RETURNS, LEAST_HAR_RETURNS)
    const isWhole = (value: number, from: number) => Number.isInteger(value) && value >= from
    requireParameter('fitMinimum', all.fitMinimum, isWhole(all.fitMinimum, least), `at least ${least}`)
    requireParameter('fitWindow', all.fitWindow, isWhole(all.fitWindow, all.fitMinimum), 'at least fitMinimum')
    requireParameter('refitEvery', all.refitEvery, isWhole(all.refitEvery, 1), 'a whole number from one')
    requireParameter('scoreMinimum', all.scoreMinimum, isWhole(all.scoreMinimum, 1), 'a whole number from one')
    requireParameter(
      'scoreWindow',
      all.scoreWindow,
      isWhole(all.scoreWindow, all.scoreMinimum),
      'at least scoreMinimum',
    )
    const isPositive = all.leastVolatility > 0 && all.leastVolatility < 1e6
    requireParameter('leastVolatility', all.leastVolatility, isPositive, 'positive')
    this.options = all
    this.models = ['ewma', ...new Set(all.challengers)]
    this.scores = this.noScores()
    this.ewma = new EwmaCovariance(1, { decay: all.decay, minimum: all.minimum, perYear: 1 })
  }

  /**
   * Takes in a day's return. An unknown one leaves the forecasts as they are, until too many of them make EWMA forget what
   * it had, and everything begins anew. Throws StatisticsError for a return that is none.
   */
  update(value: number | undefined): void {
    if (value === undefined) {
      this.ewma.update([undefined])
      if (this.ewma.observations === 0) this.forget()
      return
    }
    const counted = this.ewma.winsorised(value)
    this.score(counted ** 2)
    this.ewma.update([value])
    this.count += 1
    if (this.options.challengers.length > 0) this.learn(counted)
    this.forecast()
  }

  /** The forecast to go by; undefined while there are too few returns for EWMA. */
  choice(): ForecastChoice | undefined {
    const candidates = this.models.map((model) => ({
      model,
      variance: this.forecasts[model],
      score: this.scores[model].score(),
    }))
    return chooseForecast(candidates, this.options.scoreMinimum)
  }

  private forget(): void {
    this.returns.length = this.squares.length = this.count = 0
    this.garch = this.har = undefined
    this.forecasts = { ewma: undefined, garch: undefined, har: undefined }
    this.scores = this.noScores()
  }

  private noScores(): Record<ForecastModel, ScoreWindow> {
    const { scoreWindow } = this.options
    return {
      ewma: new ScoreWindow(scoreWindow),
      garch: new ScoreWindow(scoreWindow),
      har: new ScoreWindow(scoreWindow),
    }
  }

  private score(square: number): void {
    const { ewma } = this.forecasts
    if (ewma === undefined) return
    const ewmaLoss = qlike(ewma, square)
    for (const model of this.models) {
      const variance = this.forecasts[model]
      this.scores[model].add(variance === undefined ? undefined : qlike(variance, square), ewmaLoss)
    }
  }

  private learn(counted: number): void {
    const { challengers, fitWindow, fitMinimum, refitEvery } = this.options
    const { returns, squares } = this
    returns.push(counted)
    squares.push(counted ** 2)
    if (returns.length > fitWindow) {
      returns.shift()
      squares.shift()
    }
    if (this.garch) this.garch.variance = nextGarchVariance(this.garch.fit, this.garch.variance, counted)
    if (this.count < fitMinimum || (this.count - fitMinimum) % refitEvery !== 0) return
    const fit = challengers.includes('garch') ? fitGarch(returns) : undefined
    this.garch = fit && { fit, variance: fit.nextVariance }
    this.har = challengers.includes('har') ? fitHar(squares) : undefined
  }

  private forecast(): void {
    const least = this.options.leastVolatility ** 2 / DAYS_PER_YEAR
    const floored = (variance: number | undefined) => (variance === undefined ? undefined : Math.max(least, variance))
    this.forecasts = {
      ewma: floored(this.ewma.variance()),
      garch: floored(this.garch?.variance),
      har: floored(this.har && forecastHar(this.har, this.squares)),
    }
  }
}

/** The choice for the day after each return, as it was made then; undefined while there are too few returns. */
export function forecasts(
  returns: readonly (number | undefined)[],
  options?: ForecastOptions,
): (ForecastChoice | undefined)[] {
  const forecaster = new VolatilityForecaster(options)
  return returns.map((value) => {
    forecaster.update(value)
    return forecaster.choice()
  })
}
