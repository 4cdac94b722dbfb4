import type { Matrix } from '../statistics/matrix.js'

/** A variance this small against the largest in the matrix is rounding, whatever its sign. */
const NEGLIGIBLE = 1e-12

/** `vᵀΣv`. Zero where it differs from zero by rounding alone; undefined where Σ is not positive semidefinite along `v`. */
export function varianceAlong(covariance: Matrix, vector: readonly number[]): number | undefined {
  let [variance, scale] = [0, 0]
  for (let i = 0; i < vector.length; i++) {
    const row = covariance[i]!
    let product = 0
    for (let j = 0; j < vector.length; j++) product += row[j]! * vector[j]!
    variance += vector[i]! * product
    scale = Math.max(scale, Math.abs(row[i]!) * vector[i]! * vector[i]!)
  }
  if (Math.abs(variance) <= NEGLIGIBLE * scale) return 0
  return variance < 0 ? undefined : variance
}

/**
 * Volatility of asset `i` against the rest of the portfolio at its targets, per √year: √(eᵀΣe) with `e_i = 1` and
 * `e_j = −w_j/(1 − w_i)` (planning theory, 5.1). Targets are shares of NAV in the order of the matrix. Undefined where
 * nothing else is wanted, or where the matrix gives a negative variance.
 */
export function relativeVolatility(covariance: Matrix, targets: readonly number[], i: number): number | undefined {
  let rest = 0
  for (let j = 0; j < targets.length; j++) if (j !== i) rest += targets[j]!
  if (!(rest > 1e-9)) return undefined
  const variance = varianceAlong(
    covariance,
    targets.map((target, j) => (j === i ? 1 : -target / rest)),
  )
  return variance === undefined ? undefined : Math.sqrt(variance)
}

/** How fast a weight wanders from its target, in shares of NAV per √year: `s = w(1 − w)·σ_rel` (planning theory, 5.1). */
export function deviationDiffusion(target: number, volatility: number): number {
  return target * (1 - target) * volatility
}
