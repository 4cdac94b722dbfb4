import { priceIn } from '../planning/cost.js'
import type { Portfolio } from '../policy/portfolio.js'
import { type Usd, valueOf } from '../units/usd.js'
import type { Cycle, LegFailure, LegRun } from './cycle.js'

/** How many people have to approve a plan before anything of it is signed, and from which size on. */
export interface PlanApproval {
  readonly people: number
  /** Plans that sell this much or less in swaps need nobody's word. */
  readonly above: Usd
}

/** Whether nothing of the cycle may be signed before people have approved its plan. */
export function needsApproval({ planApproval }: Portfolio, cycle: Cycle): boolean {
  return planApproval.people > 0 && cycle.mode === 'live' && plannedSales(cycle) > planApproval.above
}

/** Value of what the swaps of the plan sell, at the prices of the decision; rounded down by leg. */
export function plannedSales({ legs, market }: Cycle): Usd {
  return legs.reduce(
    (sum, { leg: { kind, sell } }) =>
      kind === 'swap' ? sum + valueOf(sell, priceIn(market, sell.token.asset), 'down') : sum,
    0n,
  )
}

/**
 * What an approval of the cycle's plan is for: where, from which account, and of every leg its tokens, amounts, the
 * least it may bring, and through whom. No offer is accepted that brings less, whatever else is quoted later.
 */
export function planContent({ id, account, chains }: Portfolio, cycle: Cycle): Readonly<Record<string, unknown>> {
  const amount = ({ token, units }: LegRun['leg']['sell']) => ({
    chain: token.chain,
    token: token.address,
    symbol: token.symbol,
    units: units.toString(),
  })
  return {
    portfolio: id,
    cycle: cycle.id,
    account,
    chains: chains.map(({ key }) => key),
    legs: cycle.legs.map(({ leg }) => ({
      id: leg.id,
      kind: leg.kind,
      sell: amount(leg.sell),
      expectedOut: amount(leg.expectedOut),
      minimumOut: amount(leg.minimumOut),
      venue: leg.venue,
      tool: leg.tool,
      funding: leg.funding.map(({ leg: source, units }) => ({ leg: source, units: units.toString() })),
    })),
  }
}

/** Whether anything of the plan was signed or is about to be: from then on its approval is used. */
export function hasBegun({ intents, legs }: Cycle): boolean {
  return intents.length > 0 || legs.some(({ state }) => state !== 'waiting' && state !== 'skipped')
}

/** The cycle with every leg ended that has not begun, because its plan was not approved. */
export function endUnapproved(cycle: Cycle, detail: string): Cycle {
  const failure: LegFailure = { code: 'NOT_APPROVED', detail }
  return {
    ...cycle,
    legs: cycle.legs.map((run): LegRun => (run.state === 'waiting' ? { ...run, state: 'skipped', failure } : run)),
  }
}
