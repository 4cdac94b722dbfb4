import { sameAddress } from '../domain/assets.js'
import type { Refusal } from '../domain/errors.js'
import type { Cycle } from '../domain/execution/cycle.js'
import { isOverdue } from '../domain/execution/transfer.js'
import { bridgeOf } from '../domain/planning/quote.js'
import { bridgeTermsOf, type Crossing, mayBeginTransfer } from '../domain/policy/bridges.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Chain } from '../ports/chain.js'
import type { Store } from '../ports/store.js'
import type { FirmOffer } from './find-offer.js'

/**
 * Why a crossing may not begin, beside everything that is asked of any offer: the bridge has a transfer overdue (C-61), its
 * payouts could be mistaken for each other (4.8), the route is not allowed (C-64), or the receiver, our own account on the
 * other chain, has code there although it must have none (C-63). Undefined when it may.
 */
export async function refuseCrossing(
  { store, chain }: { readonly store: Store; readonly chain: Chain },
  portfolio: Portfolio,
  cycle: Cycle,
  { run, quote }: Pick<FirmOffer, 'run' | 'quote'>,
): Promise<Refusal | undefined> {
  const expected = quote.expectedOut.token
  const transfers = (await store.openTransfers()).filter(
    (one) => sameAddress(one.account, portfolio.account) || isOverdue(one),
  )
  const next: Crossing = { bridge: bridgeOf(quote.tool), origin: run.leg.sell.token.chain, expected }
  const refusal = mayBeginTransfer(
    [
      ...transfers.map((one) => ({ ...one, expected: one.expected.token })),
      ...crossingsOf(cycle).filter(({ legId }) => legId !== run.leg.id),
    ],
    next,
    bridgeTermsOf(portfolio.bridges, next.bridge),
  )
  if (refusal) return refusal
  if (!(await chain.hasCode(expected.chain, portfolio.account))) return undefined
  return {
    code: 'POLICY_DENIED',
    detail: `${portfolio.account} has code on ${expected.chain}, where it is to receive ${expected.symbol}; an account without code was expected.`,
  }
}

/** Crossings that are signed, or about to be, and no transfers yet. */
function crossingsOf({ legs, transfers }: Cycle): (Crossing & { readonly legId: string })[] {
  return legs.flatMap(({ leg, state, offer, failure }) => {
    const isUnderWay = state === 'sending' || state === 'clearing' || state === 'crossing'
    if (leg.kind !== 'bridge' || !isUnderWay || failure || !offer) return []
    if (transfers.some(({ id }) => id === leg.id)) return []
    const { token } = offer.expectedOut
    return [{ legId: leg.id, bridge: bridgeOf(offer.tool), origin: leg.sell.token.chain, expected: token }]
  })
}
