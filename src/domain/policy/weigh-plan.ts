import { type Market, priceIn, totalOf } from '../planning/cost.js'
import type { Plan } from '../planning/plan.js'
import type { Drift } from '../portfolio/drift.js'
import { usdToNumber, valueOf } from '../units/usd.js'
import { type Circumstances, type Decision, evaluateTriggers, type Policies, type TriggerContext } from './trigger.js'

/** What a plan was decided upon. */
export interface Weighed {
  /** With the configured bands. */
  readonly drift: Drift
  readonly policies: Policies
  readonly context: TriggerContext
  readonly circumstances: Circumstances
}

/**
 * What becomes of a decision to trade once its plan is known. A policy weighs drift with what trading costs by earlier
 * quotes; where the plan costs more, the policy is asked again with all costs as many times higher, and where it would not
 * trade then nothing is done: `cost-exceeds-benefit`, with the numbers of that answer. Undefined where the plan stands:
 * it costs no more than was reckoned, the policy does not go by costs, or a person or an earlier cycle asked for it.
 */
export function weighPlan(
  plan: Plan,
  decision: Decision,
  { drift, policies, context, circumstances }: Weighed,
  market: Market,
): { readonly decision: Decision; readonly drift: Drift } | undefined {
  if (context.isManual || context.continues) return undefined
  const cost = usdToNumber(totalOf(plan.cost))
  const reckoned = reckonedCost(plan, drift, circumstances, market)
  const times = cost / reckoned
  if (!(reckoned > 0 && times > 1)) return undefined
  const dearer: Circumstances = {
    ...circumstances,
    costs: new Map([...circumstances.costs].map(([asset, rate]) => [asset, rate * times])),
    fixedCost: circumstances.fixedCost * times,
  }
  const again = evaluateTriggers(drift, { ...policies, shadow: undefined }, context, dearer)
  if (again.decision.act) return undefined
  const reason = `The plan costs ${cost.toFixed(2)} USD, ${times.toFixed(1)} times the ${reckoned.toFixed(2)} USD that earlier quotes let expect: with such costs nothing is worth trading.`
  return {
    drift: again.drift,
    decision: {
      ...again.decision,
      code: 'cost-exceeds-benefit',
      reasons: [reason, ...again.decision.reasons],
      shadow: decision.shadow,
    },
  }
}

/** What the decision reckoned with for these legs, in USD; bridges cost it no more than a leg does. */
function reckonedCost({ legs }: Plan, { nav }: Drift, { costs, fixedCost }: Circumstances, market: Market): number {
  const perLeg = fixedCost * usdToNumber(nav)
  return legs.reduce((sum, { kind, sell, expectedOut }) => {
    const rate = (costs.get(sell.token.asset) ?? 0) + (costs.get(expectedOut.token.asset) ?? 0)
    const value = usdToNumber(valueOf(sell, priceIn(market, sell.token.asset), 'down'))
    return sum + perLeg + (kind === 'swap' ? rate * value : 0)
  }, 0)
}
