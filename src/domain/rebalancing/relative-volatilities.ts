import type { Matrix } from '../statistics/matrix.js'
import { relativeVolatility } from './deviation.js'

interface Known {
  readonly targets: readonly number[]
  readonly volatilities: readonly (number | undefined)[]
}

const known = new WeakMap<Matrix, Known>()

/**
 * Volatility of each asset against the rest at these targets, see `relativeVolatility`. Kept with the covariance, which does
 * not change once it was handed in: a backtest hands in the same ones for every setting that it tries.
 */
export function relativeVolatilities(covariance: Matrix, targets: readonly number[]): readonly (number | undefined)[] {
  const last = known.get(covariance)
  if (last && last.targets.length === targets.length && last.targets.every((one, i) => one === targets[i]))
    return last.volatilities
  const volatilities = targets.map((_, i) => relativeVolatility(covariance, targets, i))
  known.set(covariance, { targets, volatilities })
  return volatilities
}

/** Whether a covariance was asked about before, so that it need not be checked again. */
export function isKnown(covariance: Matrix): boolean {
  return known.has(covariance)
}
