import { absolute, mulDiv, type Ratio, RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import { totalOf } from './cost.js'
import { UNMET_PRICE } from './optimiser.js'
import type { Alternative, Plan } from './plan.js'

/** The price of a dollar of drift left in place, as a share: well above what any allowed leg costs. */
export const PRICE_OF_UNMET: Ratio = ratioOfBasisPoints(Math.round(UNMET_PRICE * 10_000))

export function unmetBy({ unmet }: Plan): Usd {
  return unmet.reduce((sum, { value }) => sum + absolute(value), 0n)
}

/** What plans are compared by: cost, and the drift that is left in place at its price. Rounded up. */
export function scoreOfPlan(plan: Plan): Usd {
  return scored(totalOf(plan.cost), unmetBy(plan))
}

/** The same of an alternative; undefined where it has no way at all. */
export function scoreOfAlternative({ cost, unmet }: Alternative): Usd | undefined {
  return cost === undefined ? undefined : scored(cost, unmet)
}

/** A lower bound, or why none is claimed. */
export type Bound =
  { readonly claimed: Usd } | { readonly claimed: undefined; /** One sentence. */ readonly reason: string }

/** A bound above the plan's own score is none: the plan itself refutes it. Older plans may have one written down. */
export function boundOf(plan: Plan): Bound {
  const { lowerBound, noBound } = plan
  if (lowerBound === undefined) return { claimed: undefined, reason: noBound ?? 'None was reckoned.' }
  if (lowerBound > scoreOfPlan(plan))
    return { claimed: undefined, reason: 'The one that was reckoned lay above what the plan costs.' }
  return { claimed: lowerBound }
}

/** Score over the lower bound, rounded up: 1 cannot be improved on. Undefined without a bound above zero. */
export function gapOf(plan: Plan): Ratio | undefined {
  const { claimed: lowerBound } = boundOf(plan)
  if (lowerBound === undefined || lowerBound <= 0n) return undefined
  return mulDiv(scoreOfPlan(plan), RATIO_ONE, lowerBound, 'up')
}

function scored(cost: Usd, unmet: Usd): Usd {
  return cost + mulDiv(unmet, PRICE_OF_UNMET, RATIO_ONE, 'up')
}
