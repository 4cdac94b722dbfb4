import { volatilityOf } from '../statistics/covariance.js'
import { covarianceOf } from './check-input.js'
import { riskBudgetWeights } from './risk-contribution.js'
import type { TargetInput } from './target-input.js'
import { refuseTargets } from './target-refusal.js'
import { type TargetResult, targetSetter } from './target-setter.js'
import { percent, weightsInWords } from './wording.js'

export const riskBudgets = targetSetter({
  name: 'risk-budgets',
  about: 'Each asset contributes its configured share of the risk of the whole.',
  parameters: {
    budgets: { kind: 'shares', isRequired: true, about: 'Share of the risk of the whole; zero leaves an asset out.' },
  },
  want: (input, { budgets }) => byRiskBudgets(input, budgets),
})

/** Weights whose contributions to risk are as the budgets, which sum to one. */
export function byRiskBudgets(input: TargetInput, budgets: readonly number[]): TargetResult {
  const { assets } = input
  const known = covarianceOf(input, (index) => budgets[index]! > 0)
  if (known.status === 'refused') return known
  const weights = riskBudgetWeights(known.covariance, budgets)
  if (!weights)
    return refuseTargets(
      'no-risk-to-share',
      'Some mix of these assets has no risk at all, or next to none, so that none of it can be shared out. Estimate correlations with shrinkage, or leave out an asset that mirrors another.',
    )
  return {
    status: 'set',
    weights,
    reasons: [
      `Contributions to risk are ${weightsInWords(assets, budgets)}; the whole has a volatility of ${percent(volatilityOf(known.covariance, weights))} a year.`,
      `That gives ${weightsInWords(assets, weights)}.`,
    ],
  }
}
