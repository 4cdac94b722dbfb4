import { type Address, sameAddress } from '../assets.js'
import { amountOf } from '../units/amount.js'
import type { LegRun } from './cycle.js'
import { type Intent, isCarriedOut } from './intent.js'

/**
 * The leg with what its own transaction moved, by the receipt, or with nothing where that transaction is not (or no
 * longer) in a block. What a bridge delivers is proven by the other chain and not booked here.
 */
export function bookMovements(run: LegRun, trade: Intent | undefined): LegRun {
  const isSwap = run.leg.kind === 'swap'
  if (!isStanding(trade)) return { ...run, sold: undefined, ...(isSwap && { received: undefined }) }
  const { sell, expectedOut } = run.leg
  const sold = amountOf(sell.token, -movedUnits(trade, sell.token.address))
  if (!isSwap) return { ...run, sold }
  return { ...run, sold, received: amountOf(expectedOut.token, movedUnits(trade, expectedOut.token.address)) }
}

type Mined = Extract<Intent, { inclusion: unknown }>

/** Whether the trade was carried out in a block that is part of the chain as far as is known. */
export function isStanding(trade: Intent | undefined): trade is Mined {
  return trade !== undefined && isCarriedOut(trade)
}

function movedUnits({ inclusion }: Mined, token: Address): bigint {
  return inclusion.movements.find((movement) => sameAddress(movement.token, token))?.units ?? 0n
}
