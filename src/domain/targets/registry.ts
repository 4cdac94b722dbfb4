import { cppi } from './cppi.js'
import { equal } from './equal.js'
import { equalRiskContribution } from './equal-risk-contribution.js'
import { fixed } from './fixed.js'
import { hierarchicalRiskParity } from './hierarchical-risk-parity.js'
import { inverseVolatility } from './inverse-volatility.js'
import { minimumVariance } from './minimum-variance.js'
import { riskBudgets } from './risk-budgets.js'
import type { TargetSetter } from './target-setter.js'
import { tipp } from './tipp.js'
import { volatilityTarget } from './volatility-target.js'

/** Every way to set targets. A new one is a file and a line here; its parameters describe themselves. */
export const TARGET_SETTERS: readonly TargetSetter[] = [
  fixed,
  equal,
  inverseVolatility,
  equalRiskContribution,
  riskBudgets,
  minimumVariance,
  hierarchicalRiskParity,
  volatilityTarget,
  cppi,
  tipp,
]
