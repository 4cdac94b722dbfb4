import { DAYS_PER_YEAR } from './covariance.js'
import { requireParameter } from './input.js'
import type { Score } from './score-window.js'

export type ForecastModel = 'ewma' | 'garch' | 'har'

export interface ForecastCandidate {
  readonly model: ForecastModel
  /** Of the next day; undefined where the model says nothing. */
  readonly variance: number | undefined
  readonly score: Score
}

export interface ForecastScore extends Score {
  readonly model: ForecastModel
  /** Annual volatility it forecasts for the next day; undefined where it says nothing. */
  readonly volatility: number | undefined
}

export interface ForecastChoice {
  readonly model: ForecastModel
  /** Of the next day, positive. */
  readonly variance: number
  /** The same as an annual volatility. */
  readonly volatility: number
  readonly scores: readonly ForecastScore[]
  readonly reason: string
}

/**
 * Loss of a variance forecast on a day with that squared return: ln σ̂² + r²/σ̂². Ranks forecasts as it would with the
 * true variance in the place of its noisy proxy (Patton 2011, QLIKE), and is finite for a return of zero. Throws
 * StatisticsError for a variance that is not positive or a square that is negative.
 */
export function qlike(variance: number, square: number): number {
  requirePositive(variance)
  requireParameter('square', square, square >= 0 && square < 1e100, 'not negative')
  return Math.log(variance) + square / variance
}

/**
 * The challenger that beats EWMA by most over the days on which both were scored, by mean loss; EWMA where none beats it,
 * says something for the next day, and was scored on at least `scoreMinimum` days. A tie goes to the first. Undefined
 * where EWMA itself says nothing. Throws StatisticsError for a variance that is not positive and a loss that is no number.
 */
export function chooseForecast(
  candidates: readonly ForecastCandidate[],
  scoreMinimum: number,
): ForecastChoice | undefined {
  const ewma = candidates.find(({ model }) => model === 'ewma')
  if (ewma?.variance === undefined) return undefined
  const scores = candidates.map(scoreOf)
  let chosen = ewma
  let best = 0
  for (const [place, { volatility, days, loss, ewmaLoss }] of scores.entries()) {
    if (volatility === undefined || days < scoreMinimum || loss === undefined || ewmaLoss === undefined) continue
    if (ewmaLoss - loss <= best) continue
    chosen = candidates[place]!
    best = ewmaLoss - loss
  }
  const { model } = chosen
  const variance = chosen.variance!
  const sentences = [model === 'ewma' ? 'EWMA: no other model beats it.' : '']
  for (const score of scores) {
    if (score.model === 'ewma') continue
    if (score.model === model) sentences[0] = `${sentenceOf(score, scoreMinimum)} It is the best.`
    else sentences.push(sentenceOf(score, scoreMinimum))
  }
  return { model, variance, volatility: annual(variance), scores, reason: sentences.join(' ') }
}

function scoreOf({ model, variance, score }: ForecastCandidate): ForecastScore {
  if (variance !== undefined) requirePositive(variance)
  const { days, loss, ewmaLoss } = score
  for (const one of [days, loss ?? 0, ewmaLoss ?? 0])
    requireParameter('loss', one, one > -1e300 && one < 1e300, 'a number')
  return { model, volatility: variance === undefined ? undefined : annual(variance), days, loss, ewmaLoss }
}

function sentenceOf({ model, volatility, days, loss, ewmaLoss }: ForecastScore, scoreMinimum: number): string {
  const name = model.toUpperCase()
  if (volatility === undefined) return `${name} has no fit.`
  if (days < scoreMinimum || loss === undefined || ewmaLoss === undefined)
    return `${name} was scored on ${days} days and needs ${scoreMinimum}.`
  return `${name} has a QLIKE of ${loss.toFixed(4)} over ${days} days, EWMA ${ewmaLoss.toFixed(4)} over the same.`
}

function requirePositive(variance: number): void {
  requireParameter('variance', variance, variance > 1e-100 && variance < 1e100, 'positive')
}

function annual(variance: number): number {
  return Math.sqrt(variance * DAYS_PER_YEAR)
}
