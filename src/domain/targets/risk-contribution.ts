import { correlation, volatilities } from '../statistics/covariance.js'
import type { Matrix } from '../statistics/matrix.js'
import { proportional } from './proportions.js'

/** Contributions are brought this near to their budgets, as shares of the whole. */
const TOLERANCE = 1e-11
const MOST_SWEEPS = 20_000
/** A mix with less than this share of the variances of its parts has none: the descent would not end. */
const NO_VARIANCE = 1e-12

/**
 * Long-only weights whose contributions to risk are as `budgets`, which are not negative and sum to one: the minimum of
 * ½yᵀΣy − Σβ_i ln y_i, scaled to one (Maillard, Roncalli and Teïletche 2010; Spinu 2013), by cyclical coordinate descent
 * (Griveau-Billion, Richard and Roncalli 2013). An asset with a budget of zero gets no weight. The descent runs on
 * correlations, so that neither the scale of Σ nor that of one asset matters, and after each sweep takes the exact
 * minimum along y itself. The covariance has a variance for every asset with a budget.
 *
 * Undefined where some mix of the assets has no variance at all, so that nothing can be shared, and where correlations
 * are so near to that that the descent does not end.
 */
export function riskBudgetWeights(covariance: Matrix, budgets: readonly number[]): number[] | undefined {
  const chosen = [...budgets.keys()].filter((i) => budgets[i]! > 0)
  const all = correlation(covariance)
  const correlations = chosen.map((i) => chosen.map((j) => all[i]![j]!))
  const shares = descend(
    correlations,
    chosen.map((i) => budgets[i]!),
  )
  if (!shares) return undefined
  const deviations = volatilities(covariance)
  const weights = budgets.map(() => 0)
  for (const [place, i] of chosen.entries()) weights[i] = shares[place]! / deviations[i]!
  return proportional(weights)
}

/** The minimum itself, in units of one volatility of each asset. */
function descend(correlations: Matrix, budgets: readonly number[]): number[] | undefined {
  let y = budgets.map(Math.sqrt)
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    for (const [i, budget] of budgets.entries()) {
      const others = times(correlations[i]!, y) - y[i]!
      const root = Math.sqrt(others * others + 4 * budget)
      // Twice the same root; each form loses no digits on its side.
      y[i] = others > 0 ? (2 * budget) / (others + root) : (root - others) / 2
    }
    const variance = y.reduce((sum, one, i) => sum + one * times(correlations[i]!, y), 0)
    if (!(variance > NO_VARIANCE * times(y, y))) return undefined
    const scale = 1 / Math.sqrt(variance)
    y = y.map((one) => one * scale)
    const isReached = y.every((one, i) => Math.abs(one * times(correlations[i]!, y) - budgets[i]!) <= TOLERANCE)
    if (isReached) return y
  }
  return undefined
}

function times(a: readonly number[], b: readonly number[]): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}
