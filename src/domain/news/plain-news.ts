import type { Event } from '../events.js'
import { totalOf } from '../planning/cost.js'
import { authorOf, type Scope } from '../policy/operating.js'
import type { TokenAmount } from '../units/amount.js'
import { formatDecimal } from '../units/decimal.js'
import { usdToText } from '../units/usd.js'
import type { AmountTold, News, NewsData, NewsType } from './news.js'

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>

const LONGEST_TEXT = 500

export function news<Type extends NewsType>(type: Type, portfolio: string | undefined, data: NewsData[Type]): News {
  return { type, portfolio, data } as News
}

export function stateNews(event: EventOf<'scope-changed' | 'breaker-tripped' | 'breaker-cleared'>): News[] {
  if (event.type === 'breaker-cleared') {
    const { code: breaker, scope, by } = event
    return [news('breaker-cleared', portfolioOf(scope), { breaker, scope, by: short(by) })]
  }
  if (event.isEarlier) return []
  if (event.type === 'breaker-tripped') {
    const { code: breaker, scope, level: state, reason } = event.trip
    return [news('breaker-tripped', portfolioOf(scope), { breaker, scope, state, reason: short(reason) })]
  }
  const { scope, level: state, reason, expiresAt } = event.state
  const { subject, kind: byKind } = authorOf(event.state)
  const by = short(subject)
  const until = expiresAt === undefined ? null : timeText(expiresAt)
  return [
    news('scope-changed', portfolioOf(scope), { scope, state, reason: short(reason), by, byKind, expiresAt: until }),
  ]
}

export function approvalNews(event: EventOf<'approval-wanted' | 'approval-answered'>): News[] {
  const { portfolio, proposal } = event
  const { id, kind, digest, needs, proposedBy, state, approvedBy } = proposal
  const reason = short(proposal.reason)
  if (event.type === 'approval-answered')
    return [news('approval-answered', portfolio, { proposal: id, kind, state, approvedBy, reason })]
  const expiresAt = timeText(proposal.expiresAt)
  return [news('approval-wanted', portfolio, { proposal: id, kind, digest, needs, proposedBy, expiresAt, reason })]
}

export function legNews({ portfolio, cycleId, run, realised, notional }: EventOf<'leg-ended'>): News[] {
  const { leg, offer, state, sold, received, failure } = run
  return [
    news('leg-ended', portfolio, {
      cycleId,
      legId: leg.id,
      kind: leg.kind,
      state,
      venue: offer?.venue ?? leg.venue,
      sold: sold ? amountTold(sold) : null,
      received: received ? amountTold(received) : null,
      notionalUsd: usdToText(notional),
      costUsd: realised ? usdToText(totalOf(realised)) : null,
      code: failure?.code ?? null,
    }),
  ]
}

export function bookNews(event: EventOf<'reconciled' | 'loss-booked' | 'nonce-adopted' | 'inflow-classified'>): News[] {
  const { chain } = event
  switch (event.type) {
    case 'reconciled': {
      const mismatches = event.mismatches.map(({ token, ledger, onChain }) => ({
        token,
        ledgerUnits: ledger.toString(),
        chainUnits: onChain.toString(),
      }))
      return mismatches.length === 0 ? [] : [news('reconciled', event.portfolio, { chain, mismatches })]
    }
    case 'loss-booked': {
      const { portfolio, token, units, by } = event
      return [news('loss-booked', portfolio, { chain, token, units: units.toString(), by: short(by) })]
    }
    case 'nonce-adopted': {
      const { account, next, by } = event
      return [news('nonce-adopted', undefined, { chain, account, next, by: short(by) })]
    }
    case 'inflow-classified': {
      const { portfolio, token, units, reason } = event
      return [news('inflow-classified', portfolio, { chain, token, units: units.toString(), reason: short(reason) })]
    }
  }
}

export function amountTold({ token, units }: TokenAmount): AmountTold {
  return { chain: token.chain, symbol: token.symbol, amount: formatDecimal(units, token.decimals) }
}

function portfolioOf(scope: Scope): string | undefined {
  return /^portfolio:(.+)$/.exec(scope)?.[1]
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}

/** Cut, so that no event is large. */
export function short(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
