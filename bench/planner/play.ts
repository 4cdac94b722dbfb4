import type { Leg, Plan } from '../../src/domain/planning/plan.js'
import { Account, type Outcome, type Trade } from './account.js'
import { type Portfolio, tokensOf } from './portfolio.js'
import type { World } from './world.js'

export interface PlayedPlan extends Outcome {
  /** Legs that no longer found a way, by id. */
  readonly failed: readonly string[]
}

/**
 * Plays a plan's legs one after another on pools that each leg depletes, each through its venue. Of what other legs fund,
 * a leg sells the share that arrived, and never more than planned or than there is.
 */
export function playPlan(plan: Plan, portfolio: Portfolio, world: World): PlayedPlan {
  const account = new Account(world.copy(), portfolio)
  const played = new Map<string, Trade | undefined>()
  for (const leg of plan.legs) played.set(leg.id, playLeg(leg, account, plan, played))
  const failed = plan.legs.filter(({ id }) => played.get(id) === undefined).map(({ id }) => id)
  return { ...account.outcome(), failed }
}

function playLeg(
  leg: Leg,
  account: Account,
  plan: Plan,
  played: ReadonlyMap<string, Trade | undefined>,
): Trade | undefined {
  const { token } = leg.sell
  const scale = 10 ** token.decimals
  let amount = tokensOf(leg.sell)
  for (const { leg: id, units } of leg.funding) {
    const source = plan.legs.find((one) => one.id === id)
    const arrived = played.get(id)?.received ?? 0
    const share = source ? arrived / tokensOf(source.expectedOut) : 0
    amount -= (Number(units) / scale) * Math.max(0, 1 - share)
  }
  const to = leg.expectedOut.token
  return leg.kind === 'swap'
    ? account.swap(leg.venue, token.chain, token.asset, to.asset, amount)
    : account.bridge(leg.venue, token.asset, token.chain, to.chain, amount)
}
