import type { Event } from '../events.js'
import { type Intent, isLive } from '../execution/intent.js'
import { isTransferOpen } from '../execution/transfer.js'
import { totalOf } from '../planning/cost.js'
import type { Snapshot } from '../portfolio/snapshot.js'
import { formatDecimal } from '../units/decimal.js'
import { usdToText } from '../units/usd.js'
import type { News } from './news.js'
import { amountTold, approvalNews, bookNews, legNews, news, short, stateNews } from './plain-news.js'

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>

/** The same failure is told again after this time at the earliest. */
const SAME_FAILURE_MS = 60_000
const MOST_FAILURES = 200

/**
 * Says what of everything that happens is news to people and programs outside. What was so before is none: intents and
 * transfers that did not move, chains and prices that are still unknown, what is told anew after a start. Remembers what it
 * said, no longer than it is open.
 */
export class NewsDesk {
  private readonly states = new Map<string, string>()
  private readonly unknown = new Set<string>()
  private readonly failures = new Map<string, number>()

  /** `at` in milliseconds since 1970. */
  newsOf(event: Event, at: number): readonly News[] {
    switch (event.type) {
      case 'daemon-started': {
        const { version, configHash, mode } = event
        return [news('daemon-started', undefined, { version, configHash, mode })]
      }
      case 'daemon-stopping':
        return [news('daemon-stopping', undefined, { signal: event.signal, waitsFor: event.waitsFor })]
      case 'scope-changed':
      case 'breaker-tripped':
      case 'breaker-cleared':
        return stateNews(event)
      case 'decided': {
        const { portfolio, cycleId, decision } = event
        const { act, code } = decision
        return [news('decided', portfolio, { cycleId, act, code, reasons: decision.reasons.map(short) })]
      }
      case 'plan-proposed': {
        const { portfolio, cycleId, plan } = event
        const { id: planId, method, legs, cost } = plan
        const costUsd = usdToText(totalOf(cost))
        return [news('plan-proposed', portfolio, { cycleId, planId, method, legs: legs.length, costUsd })]
      }
      case 'no-plan':
        return [news('no-plan', event.portfolio, { cycleId: event.cycleId, reasons: event.reasons.map(short) })]
      case 'approval-wanted':
      case 'approval-answered':
        return approvalNews(event)
      case 'leg-ended':
        return legNews(event)
      case 'intent-changed':
        return this.intentNews(event)
      case 'transfer-changed':
        return this.transferNews(event)
      case 'cycle-ended': {
        const { portfolio, cycle, outcome, seconds } = event
        const { id: cycleId, mode, legs } = cycle
        return [news('cycle-ended', portfolio, { cycleId, outcome, mode, seconds, legs: legs.length })]
      }
      case 'cycle-skipped': {
        const { portfolio, outcome, reason } = event
        if (outcome === 'standby') return []
        return [news('cycle-skipped', portfolio, { outcome, reason: short(reason) })]
      }
      case 'portfolio-measured':
        return this.viewNews(event.portfolio, event.snapshot)
      case 'reconciled':
      case 'loss-booked':
      case 'nonce-adopted':
      case 'inflow-classified':
        return bookNews(event)
      case 'targets-set': {
        const { portfolio, setter, reasons } = event
        const weights = Object.fromEntries(
          Object.entries(event.weights).map(([asset, one]) => [asset, formatDecimal(one, 18)]),
        )
        return [news('targets-set', portfolio, { setter, weights, reasons: reasons.map(short) })]
      }
      case 'targets-refused': {
        const { portfolio, setter, code, detail } = event
        return [news('targets-refused', portfolio, { setter, code, detail: short(detail) })]
      }
      case 'endpoint-judged': {
        const { chain, endpoint, isHealthy, reason } = event
        return [news('endpoint-judged', undefined, { chain, endpoint, isHealthy, reason: short(reason) })]
      }
      case 'failed':
        return this.failureNews(event, at)
      // Told by what they lead to, or of interest to those who read logs and metrics only.
      case 'daemon-stopped':
      case 'lease-taken':
      case 'lease-lost':
      case 'signer-answered':
      case 'replaced':
      case 'reorged':
      case 'rpc-answered':
      case 'allowances-swept':
      case 'nonces-compared':
      case 'books-found':
      case 'chain-viewed':
      case 'chain-unknown':
      case 'price-unknown':
      case 'off-peg':
      case 'quoted':
      case 'quote-refused':
      case 'offer-refused':
      case 'broadcast':
      case 'gas-spent':
      case 'risk-read':
      case 'proposals-counted':
      case 'caps-read':
      case 'request-answered':
      case 'queried':
      case 'audit-verified':
      case 'events-dropped':
      case 'notified':
      case 'notifications-waiting':
      case 'spans-sent':
      case 'stops-seen':
      case 'investigations-seen':
      case 'leaders-fenced':
      case 'lease-seen':
        return []
    }
  }

  private intentNews({ portfolio, intent }: EventOf<'intent-changed'>): News[] {
    const { id, cycleId, legId, chain, kind, nonce, state } = intent
    const before = this.moved(`intent ${id}`, state, isLive(intent))
    // Ended intents of an open cycle are told of after a start; nothing happened to them.
    if (before === state || (before === undefined && !isLive(intent))) return []
    const ids = { intentId: id, cycleId: cycleId ?? null, legId: legId ?? null }
    return [news('intent-changed', portfolio, { ...ids, chain, kind, nonce, state, hash: hashOf(intent) })]
  }

  private transferNews({ portfolio, transfer, usd }: EventOf<'transfer-changed'>): News[] {
    const { id: transferId, cycleId, bridge, origin, destination, state, expectedSeconds, originHash } = transfer
    if (this.moved(`transfer ${transferId}`, state, isTransferOpen(transfer)) === state) return []
    const [sent, valueUsd] = [amountTold(transfer.sent), usdToText(usd)]
    const route = { transferId, cycleId, bridge, origin, destination, state }
    return [news('transfer-changed', portfolio, { ...route, sent, valueUsd, expectedSeconds, originHash })]
  }

  /** The state it was last told in, if it was. */
  private moved(key: string, state: string, isOpen: boolean): string | undefined {
    const before = this.states.get(key)
    if (isOpen) this.states.set(key, state)
    else this.states.delete(key)
    return before
  }

  /** Chains and prices that are no longer known, and those that are again. */
  private viewNews(portfolio: string, { chains, prices }: Snapshot): News[] {
    const all: News[] = []
    for (const reading of chains) {
      const { chain } = reading
      const reason = reading.status === 'unknown' ? reading.reason : reading.problems.map((one) => one.reason).join(' ')
      const turn = this.turned(`chain ${portfolio} ${chain}`, reason !== '')
      if (turn === 'unknown') all.push(news('chain-unknown', portfolio, { chain, reason: short(reason) }))
      if (turn === 'known') all.push(news('chain-known', portfolio, { chain }))
    }
    for (const reading of prices) {
      const { asset } = reading
      const reason = reading.status === 'unknown' ? reading.reason : ''
      const turn = this.turned(`price ${portfolio} ${asset}`, reading.status === 'unknown')
      if (turn === 'unknown') all.push(news('price-unknown', portfolio, { asset, reason: short(reason) }))
      if (turn === 'known') all.push(news('price-known', portfolio, { asset }))
    }
    return all
  }

  private turned(key: string, isUnknown: boolean): 'known' | 'unknown' | undefined {
    if (isUnknown === this.unknown.has(key)) return undefined
    if (isUnknown) this.unknown.add(key)
    else this.unknown.delete(key)
    return isUnknown ? 'unknown' : 'known'
  }

  private failureNews({ what, error, isRetried }: EventOf<'failed'>, at: number): News[] {
    const said = this.failures.get(what)
    if (said !== undefined && at - said < SAME_FAILURE_MS) return []
    this.failures.delete(what)
    this.failures.set(what, at)
    const [oldest] = this.failures.keys()
    if (this.failures.size > MOST_FAILURES) this.failures.delete(oldest!)
    // Its message may hold what is not for everybody who listens.
    const kind = error instanceof Error ? error.name : 'unknown'
    return [news('failed', undefined, { what: short(what), error: kind, isRetried })]
  }
}

function hashOf(intent: Intent) {
  return 'inclusion' in intent ? intent.inclusion.hash : (intent.attempts.at(-1)?.hash ?? null)
}
