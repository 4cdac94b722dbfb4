import { bridgeOf } from '../planning/quote.js'
import type { Subject } from '../policy/operating.js'
import type { LegRun } from './cycle.js'

/**
 * Everything that the next signature for a leg touches. Before an offer is written down no venue is part of it, because
 * another one may still be taken; of a crossing the planned bridge is.
 */
export function subjectOf(portfolio: string, { leg, offer }: Pick<LegRun, 'leg' | 'offer'>): Subject {
  const { sell, expectedOut } = leg
  return {
    portfolio,
    chains: [...new Set([sell.token.chain, expectedOut.token.chain])],
    assets: [...new Set([sell.token.asset, expectedOut.token.asset])],
    venues: offer ? [offer.venue] : [],
    bridges: leg.kind === 'bridge' ? [bridgeOf(offer?.tool ?? leg.tool)] : [],
  }
}
