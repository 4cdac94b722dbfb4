import { correlation, volatilities, volatilityOf } from '../statistics/covariance.js'
import type { Matrix } from '../statistics/matrix.js'
import { covarianceOf } from './check-input.js'
import { leastDistance } from './least-distance.js'
import { proportional } from './proportions.js'
import { refuseTargets } from './target-refusal.js'
import { targetSetter } from './target-setter.js'
import { percent, weightsInWords } from './wording.js'

/** argmin wᵀΣw over weights that are not negative and sum to one (Markowitz 1952). */
export const minimumVariance = targetSetter({
  name: 'minimum-variance',
  about: 'The calmest mix of the assets; it may put nearly everything into one.',
  parameters: {},
  want: (input) => {
    const known = covarianceOf(input)
    if (known.status === 'refused') return known
    const weights = minimumVarianceWeights(known.covariance)
    if (!weights)
      return refuseTargets('no-convergence', 'The calmest mix was not found. Estimate correlations with shrinkage.')
    const volatility = percent(volatilityOf(known.covariance, weights))
    return {
      status: 'set',
      weights,
      reasons: [
        `No mix without short positions has a volatility below ${volatility} a year, that of ${weightsInWords(input.assets, weights)}.`,
      ],
    }
  },
})

/** Correlations are brought this share toward zero, so that one mix is the calmest where several are. */
const RIDGE = 1e-9

/**
 * Long-only weights of least variance for a covariance of assets that all have one, exact up to the ridge: every
 * correlation counts a billionth less. Where several mixes are equally calm, as of assets that move alike, it is the one
 * among them with the least sum of w²σ². In coordinates in which variance is length, weights are the point nearest to the
 * origin that fits. Undefined only where rounding defeats the search.
 */
export function minimumVarianceWeights(covariance: Matrix): number[] | undefined {
  const deviations = volatilities(covariance)
  const calmest = Math.min(...deviations)
  const lower = choleskyOf(correlation(covariance).map((row, i) => row.map((one, j) => (i === j ? 1 + RIDGE : one))))
  const size = deviations.length
  const unit = (i: number) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))
  const scales = deviations.map((deviation) => calmest / deviation)
  const found = leastDistance(size, [
    { normal: forward(lower, scales), bound: 1, isEquality: true },
    ...deviations.map((_, i) => ({ normal: forward(lower, unit(i)), bound: 0 })),
  ])
  if (found.status !== 'found') return undefined
  const held = new Set(found.active)
  return proportional(
    backward(lower, found.point).map((one, i) => (held.has(i + 1) ? 0 : Math.max(0, one) * scales[i]!)),
  )
}

/** L of LLᵀ, of a positive definite matrix. */
function choleskyOf(matrix: Matrix): Matrix {
  const lower: number[][] = []
  for (const [i, row] of matrix.entries()) {
    const made: number[] = []
    for (let j = 0; j <= i; j++) {
      let left = row[j]!
      for (let k = 0; k < j; k++) left -= made[k]! * (i === j ? made[k]! : lower[j]![k]!)
      made.push(i === j ? Math.sqrt(Math.max(left, RIDGE * RIDGE)) : left / lower[j]![j]!)
    }
    lower.push(made)
  }
  return lower
}

/** x of Lx = b. */
function forward(lower: Matrix, b: readonly number[]): number[] {
  const x: number[] = []
  for (const [i, row] of lower.entries()) {
    let left = b[i]!
    for (let k = 0; k < i; k++) left -= row[k]! * x[k]!
    x.push(left / row[i]!)
  }
  return x
}

/** x of Lᵀx = b. */
function backward(lower: Matrix, b: readonly number[]): number[] {
  const x = [...b]
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i]! -= lower[k]![i]! * x[k]!
    x[i]! /= lower[i]![i]!
  }
  return x
}
