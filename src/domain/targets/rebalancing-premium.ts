import { volatilityOf } from '../statistics/covariance.js'
import type { Matrix } from '../statistics/matrix.js'
import { sumOf } from './proportions.js'

/**
 * Excess growth γ* = ½(Σw_iσ_i² − wᵀΣw), per year: what keeping the weights adds to the weighted average of the assets'
 * own growth (Fernholz and Shay 1982; Booth and Fama 1992). Not relative to holding, whose wealth the winner drives, and
 * no promise: show it beside the cost of keeping the weights. Not negative for weights that are not negative and sum to
 * one. Throws StatisticsError for sizes that differ and for what is no number.
 */
export function rebalancingPremium(covariance: Matrix, weights: readonly number[]): number {
  const whole = volatilityOf(covariance, weights) ** 2
  return Math.max(0, sumOf(weights.map((weight, i) => weight * covariance[i]![i]!)) - whole) / 2
}
