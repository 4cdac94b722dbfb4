import { tokenId } from '../assets.js'
import { InvariantError } from '../errors.js'
import type { Leg } from '../planning/plan.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { larger, mulDiv, smaller } from '../units/ratio.js'
import type { LegRun } from './cycle.js'

/**
 * What a leg sells once every leg that funds it has ended; undefined before that. The part of the sale that nobody funds
 * lies on the account. Of each funding leg it takes its planned units in the proportion in which that leg delivered, and
 * never more than planned; whatever the others take from it, together they take no more than it received.
 *
 * `before` holds the legs that stand before this one in the plan. Throws InvariantError when a funding leg does not.
 */
export function saleOf(leg: Leg, before: readonly LegRun[], all: readonly Leg[]): TokenAmount | undefined {
  let units = leg.sell.units - leg.funding.reduce((sum, part) => sum + part.units, 0n)
  if (units < 0n) throw new InvariantError(`Leg ${leg.id} counts on more than it sells.`)
  for (const part of leg.funding) {
    const source = before.find((run) => run.leg.id === part.leg)
    if (!source) throw new InvariantError(`Leg ${leg.id} counts on ${part.leg}, which does not stand before it.`)
    if (!hasEnded(source)) return undefined
    units += partOf(source, part.units, all, leg.sell)
  }
  return amountOf(leg.sell.token, units)
}

/** Legs on which nothing is done any more, short of a reorg. */
export function hasEnded({ state }: LegRun): boolean {
  return state === 'done' || state === 'failed' || state === 'skipped'
}

/** What of a leg's delivery belongs to a consumer that was promised `planned` units of it. Rounded down. */
function partOf({ leg, received }: LegRun, planned: bigint, all: readonly Leg[], sell: TokenAmount): bigint {
  if (!received || tokenId(received.token) !== tokenId(sell.token)) return 0n
  const promised = all
    .flatMap(({ funding }) => funding)
    .filter((part) => part.leg === leg.id)
    .reduce((sum, { units }) => sum + units, 0n)
  const whole = larger(leg.expectedOut.units, promised)
  return whole === 0n ? 0n : smaller(planned, mulDiv(planned, received.units, whole, 'down'))
}
