import { byRiskBudgets } from './risk-budgets.js'
import { targetSetter } from './target-setter.js'

export const equalRiskContribution = targetSetter({
  name: 'equal-risk-contribution',
  about: 'Every asset contributes the same share of the risk of the whole.',
  parameters: {},
  want: (input) =>
    byRiskBudgets(
      input,
      input.assets.map(() => 1 / input.assets.length),
    ),
})
