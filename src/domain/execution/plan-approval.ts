import { priceIn } from '../planning/cost.js'
import { bridgeOf } from '../planning/quote.js'
import type { Portfolio } from '../policy/portfolio.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { mulDiv } from '../units/ratio.js'
import { type Usd, valueOf } from '../units/usd.js'
import type { Cycle, LegFailure, LegRun } from './cycle.js'

/** How many people have to approve a plan before anything of it is signed, and from which size on. */
export interface PlanApproval {
  readonly people: number
  /** Plans whose legs move this much or less in all need nobody's word. */
  readonly above: Usd
  /** Plans whose legs move more than this need the word of two at least, whatever `people` says. */
  readonly bigAbove?: Usd
}

/** Whether nothing of the cycle may be signed before people have approved its plan. */
export function needsApproval(portfolio: Portfolio, cycle: Cycle): boolean {
  return approversOf(portfolio, cycle) > 0
}

/** How many people have to approve the plan of the cycle before anything of it is signed, by its volume alone. */
export function approversOf({ planApproval }: Portfolio, cycle: Cycle): number {
  const { people, above, bigAbove } = planApproval
  if (cycle.mode !== 'live') return 0
  const volume = plannedVolume(cycle)
  if (bigAbove !== undefined && volume > bigAbove) return Math.max(people, 2)
  return volume > above ? people : 0
}

/**
 * Value of what every leg of the plan sells or sends, swaps and crossings alike, at the prices of the decision; rounded up
 * by leg. Money that goes through two legs is in other hands twice, and counts twice.
 */
export function plannedVolume({ legs, market }: Cycle): Usd {
  return legs.reduce((sum, { leg: { sell } }) => sum + valueOf(sell, priceIn(market, sell.token.asset), 'up'), 0n)
}

/**
 * The least that people approved for so much of a leg, rounded up; undefined where nobody was asked about its plan. Whatever
 * prices do meanwhile, an offer that brings less is not what was approved.
 */
export function approvedOut(
  { isApproved }: Pick<Cycle, 'isApproved'>,
  { sell, minimumOut }: LegRun['leg'],
  amount: TokenAmount,
): TokenAmount | undefined {
  if (!isApproved) return undefined
  return amountOf(minimumOut.token, mulDiv(minimumOut.units, amount.units, sell.units, 'up'))
}

/** What a plan is approved under: with another environment, configuration or end of the approval it is another plan. */
export interface PlanTerms {
  readonly environment: string
  /** Hash of the configuration, with its contracts and limits. */
  readonly config: string
  /** Until when it may begin, in milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * What an approval of the cycle's plan is for: where, under which configuration, until when, from which account,
 * and of every leg its tokens, amounts, the least it may bring, and through which venue and bridge. No offer is accepted
 * that brings less or goes through another one, whatever else is quoted later. `tool` of a swap is what the venue said.
 */
export function planContent(
  { id, account, chains }: Portfolio,
  cycle: Cycle,
  { environment, config, expiresAt }: PlanTerms,
): Readonly<Record<string, unknown>> {
  const amount = ({ token, units }: LegRun['leg']['sell']) => ({
    chain: token.chain,
    token: token.address,
    symbol: token.symbol,
    units: units.toString(),
  })
  return {
    environment,
    config,
    expiresAt: new Date(expiresAt).toISOString(),
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

/** Whether an offer goes the way of the leg that was approved: through its venue and, across chains, its bridge. */
export function isAsApproved(
  { kind, venue, tool }: LegRun['leg'],
  offer: { readonly venue: string; readonly tool: string },
): boolean {
  return offer.venue === venue && (kind === 'swap' || bridgeOf(offer.tool) === bridgeOf(tool))
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
