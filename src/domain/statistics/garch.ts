import { requireParameter, requireReturn } from './input.js'
import { minimise } from './nelder-mead.js'

/** σ²_{t+1} = ω + α·(r_t − mean)² + β·σ²_t, in variance of one period (Bollerslev 1986). */
export interface Garch {
  readonly mean: number
  readonly omega: number
  readonly alpha: number
  readonly beta: number
}

export interface GarchFit extends Garch {
  /** Of the period after the last return. */
  readonly nextVariance: number
  /** Of the returns under the model, Gaussian, constants included. */
  readonly logLikelihood: number
}

/** Fewer returns do not tell α from β. */
export const LEAST_GARCH_RETURNS = 100

/**
 * A persistence α + β beyond this is none that the returns can tell from one: the variance has no level to return to, which
 * is what EWMA says already.
 */
const MOST_PERSISTENCE = 0.9995
/** What the search may try; a fit between the two is refused. */
const SEARCHED_PERSISTENCE = 0.9999
/** With a smaller α the variance follows no return, and β tells how the first one fades, which is nothing of use. */
const LEAST_ALPHA = 1e-4
/** A daily variance below this is a price that does not move. */
const LEAST_VARIANCE = 1e-16

/** A fit that means something takes about a hundred evaluations twice. */
const SEARCH = { mostEvaluations: 400 }

/** Where the search may begin, as α and β: the likeliest of them is where it does. */
const STARTS = [
  [0.03, 0.95],
  [0.08, 0.9],
  [0.15, 0.75],
  [0.3, 0.4],
] as const

/**
 * GARCH(1,1) by maximum likelihood on the returns less their mean, with α + β < 1; the first variance is that of the
 * sample (Fiorentini, Calzolari and Panattoni 1996). Returns are of equal periods, oldest first. Undefined, so that the
 * caller falls back to EWMA, where there are fewer than a hundred returns, they are constant, the search does not settle,
 * or what it finds follows no return or does not return to a level. Throws StatisticsError for a return that is none.
 */
export function fitGarch(returns: readonly number[]): GarchFit | undefined {
  for (const [row, value] of returns.entries()) requireReturn(value, { row })
  if (returns.length < LEAST_GARCH_RETURNS) return undefined
  const mean = returns.reduce((total, value) => total + value, 0) / returns.length
  const variance = returns.reduce((total, value) => total + (value - mean) ** 2, 0) / returns.length
  if (variance < LEAST_VARIANCE) return undefined
  // In units of the sample variance, so that the search is the same for any asset.
  const squares = Float64Array.from(returns, (value) => (value - mean) ** 2 / variance)

  const loss = (point: readonly number[]) => negativeLogLikelihood(squares, modelAt(point))
  const starts = STARTS.map(([alpha, beta]) => pointOf(alpha, beta)).map((point) => ({ point, value: loss(point) }))
  const first = starts.reduce((best, one) => (one.value < best.value ? one : best))
  const rough = minimise(loss, first.point, { ...SEARCH, step: 0.5, valueTolerance: 1e-7, pointTolerance: 1e-2 })
  // A simplex can collapse before the minimum; a fresh one around where it stopped goes on.
  const fine = rough && minimise(loss, rough.point, { ...SEARCH, step: 0.2, pointTolerance: 1e-4 })
  if (!fine?.hasConverged) return undefined
  const { omega, alpha, beta } = modelAt(fine.point)
  if (alpha < LEAST_ALPHA || alpha + beta > MOST_PERSISTENCE) return undefined
  let conditional = 1
  for (let t = 0; t < squares.length; t++)
    conditional = omega + alpha * (t === 0 ? 1 : squares[t - 1]!) + beta * conditional
  const constant = (returns.length / 2) * Math.log(2 * Math.PI * variance)
  return {
    mean,
    omega: omega * variance,
    alpha,
    beta,
    nextVariance: (omega + alpha * squares.at(-1)! + beta * conditional) * variance,
    logLikelihood: -fine.value - constant,
  }
}

/** The variance of the next period after one whose own was `variance` and which brought `value`. */
export function nextGarchVariance({ mean, omega, alpha, beta }: Garch, variance: number, value: number): number {
  requireReturn(value, {})
  requireParameter('variance', variance, variance >= 0 && variance < Infinity, 'not negative')
  return omega + alpha * (value - mean) ** 2 + beta * variance
}

/** The variance to which forecasts return: ω/(1 − α − β). */
export function longRunVariance({ omega, alpha, beta }: Garch): number {
  requireParameter('alpha + beta', alpha + beta, alpha >= 0 && beta >= 0 && alpha + beta < 1, 'from zero to below one')
  return omega / (1 - alpha - beta)
}

/**
 * Expected variance of the `periods`-th period from now, where the next one is the first:
 * σ̄² + (α + β)^{k−1}·(σ²_{t+1} − σ̄²).
 */
export function forecastGarch(garch: Garch, nextVariance: number, periods: number): number {
  requireParameter('periods', periods, Number.isInteger(periods) && periods >= 1, 'a whole number from one')
  requireParameter('nextVariance', nextVariance, nextVariance >= 0 && nextVariance < Infinity, 'not negative')
  const level = longRunVariance(garch)
  return level + (garch.alpha + garch.beta) ** (periods - 1) * (nextVariance - level)
}

type Unscaled = Pick<Garch, 'omega' | 'alpha' | 'beta'>

/** Any three numbers are a model: logarithm of ω, log-odds of the persistence, and of α's share in it. */
function modelAt([level, persistence, share]: readonly number[]): Unscaled {
  const sum = SEARCHED_PERSISTENCE * odds(persistence!)
  const alpha = sum * odds(share!)
  return { omega: Math.exp(level!), alpha, beta: sum - alpha }
}

function pointOf(alpha: number, beta: number): number[] {
  const sum = alpha + beta
  return [Math.log(1 - sum), logOdds(sum / SEARCHED_PERSISTENCE), logOdds(alpha / sum)]
}

function odds(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

function logOdds(share: number): number {
  return Math.log(share / (1 - share))
}

/** Without the constant; the period before the first had the sample's variance, which is one here. */
function negativeLogLikelihood(squares: Float64Array, { omega, alpha, beta }: Unscaled): number {
  let [variance, square, sum, product] = [1, 1, 0, 1]
  for (let t = 0; t < squares.length; t++) {
    variance = omega + alpha * square + beta * variance
    square = squares[t]!
    sum += square / variance
    product *= variance
    // One logarithm for eight variances takes half the time; where the product overflows the search turns back.
    if (t % 8 === 7) {
      sum += Math.log(product)
      product = 1
    }
  }
  return (sum + Math.log(product)) / 2
}
