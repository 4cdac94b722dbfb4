import { type Market, priceIn, totalOf } from '../planning/cost.js'
import type { Plan } from '../planning/plan.js'
import type { Drift } from '../portfolio/drift.js'
import { usdToNumber, valueOf } from '../units/usd.js'
import {
  type Circumstances,
  type Dearness,
  type Decision,
  evaluateTriggers,
  type Policies,
  type TriggerContext,
} from './trigger.js'

/** What a plan was decided upon. */
export interface Weighed {
  /** With the configured bands. */
  readonly drift: Drift
  readonly policies: Policies
  readonly context: TriggerContext
  readonly circumstances: Circumstances
}

/** How long it is believed that trading costs what a plan did; then quotes are asked for again. */
const BELIEVED_MS = 3_600_000
/** Beyond this a factor says no more than that nothing is worth trading. */
const MOST_TIMES = 1_000
/** What an asset is taken to cost where everything seems to be free, so that there is something to compare a plan with. */
const LEAST_RATE = 0.000_01

/** The circumstances with what a plan not long ago has shown trading to cost. */
export function withDearness(circumstances: Circumstances, known: Dearness | undefined, now: number): Circumstances {
  if (!known || now >= known.until) return circumstances
  const until = new Date(known.until).toISOString()
  const note = `A plan was ${known.times.toFixed(1)} times as dear as earlier quotes let expect: until ${until} costs are taken as so many times higher.`
  return { ...dearer(circumstances, known.times), notes: [...circumstances.notes, note] }
}

/**
 * What becomes of a decision to trade once its plan is known. A policy weighs drift with what trading costs by earlier
 * quotes; where the plan costs more, for its bridges or its impact, the policy is asked again with all costs as many times
 * higher, and where it would not trade then nothing is done: `cost-exceeds-benefit`, with the numbers of that answer and the
 * factor, which later decisions reckon with for an hour. Undefined where the plan stands: it costs no more than was reckoned,
 * the policy does not go by costs, or a person or an earlier cycle asked for it.
 */
export function weighPlan(
  plan: Plan,
  decision: Decision,
  { drift, policies, context, circumstances: told }: Weighed,
  market: Market,
): { readonly decision: Decision; readonly drift: Drift } | undefined {
  if (context.askedBy !== undefined || context.continues) return undefined
  const circumstances = isFree(told)
    ? { ...told, costs: new Map(drift.assets.map(({ asset }) => [asset, LEAST_RATE])) }
    : told
  const cost = usdToNumber(totalOf(plan.cost))
  const reckoned = reckonedCost(plan, drift, circumstances, market)
  const times = Math.min(MOST_TIMES, cost / reckoned)
  if (!(times > 1)) return undefined
  const again = evaluateTriggers(drift, { ...policies, shadow: undefined }, context, dearer(circumstances, times))
  if (again.decision.act) return undefined
  const reason = `The plan costs ${cost.toFixed(2)} USD, ${times.toFixed(1)} times the ${reckoned.toFixed(2)} USD that earlier quotes let expect: with such costs nothing is worth trading.`
  const known = decision.dearness?.times ?? 1
  return {
    drift: again.drift,
    decision: {
      ...again.decision,
      code: 'cost-exceeds-benefit',
      reasons: [reason, ...again.decision.reasons],
      shadow: decision.shadow,
      ...(decision.risk && { risk: decision.risk }),
      dearness: { times: Math.min(MOST_TIMES, known * times), until: context.now + BELIEVED_MS },
    },
  }
}

/** No cost is above the whole of what is traded. */
function dearer(circumstances: Circumstances, times: number): Circumstances {
  return {
    ...circumstances,
    costs: new Map([...circumstances.costs].map(([asset, rate]) => [asset, Math.min(1, Math.max(0, rate) * times)])),
    fixedCost: Math.min(1, circumstances.fixedCost * times),
  }
}

function isFree({ costs, fixedCost }: Circumstances): boolean {
  return fixedCost === 0 && [...costs.values()].every((rate) => rate <= 0)
}

/** What the decision reckoned with for these legs, in USD; a gain counts as nothing, and a bridge costs it no more than a leg. */
function reckonedCost({ legs }: Plan, { nav }: Drift, { costs, fixedCost }: Circumstances, market: Market): number {
  const perLeg = fixedCost * usdToNumber(nav)
  const rateOf = (asset: string) => Math.max(0, costs.get(asset) ?? 0)
  return legs.reduce((sum, { kind, sell, expectedOut }) => {
    const rate = rateOf(sell.token.asset) + rateOf(expectedOut.token.asset)
    const value = usdToNumber(valueOf(sell, priceIn(market, sell.token.asset), 'down'))
    return sum + perLeg + (kind === 'swap' ? rate * value : 0)
  }, 0)
}
