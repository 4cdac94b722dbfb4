import { type Transfer, isOverdue } from '../execution/transfer.js'
import type { CurveRecord } from '../planning/curve-record.js'
import { bridgeOf, type Quote, type QuoteFailure, type QuoteRequest, type VenueKey } from '../planning/quote.js'
import type { Valuation } from '../portfolio/valuation.js'
import { larger, mulDiv, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import { shareOf, type Usd } from '../units/usd.js'
import type { BudgetUse, Limits } from './budgets.js'
import { type ScopeState, strictest, type Subject } from './operating.js'

/** Prices move between a plan and its legs; so much of what the budgets have left is planned with. */
const PLANNED_SHARE: Ratio = (RATIO_ONE * 9n) / 10n

/** What a plan is kept from touching: paused scopes, and bridges with a transfer that is overdue (C-61). */
export class Narrowing {
  constructor(
    private readonly states: readonly ScopeState[],
    private readonly transfers: readonly Transfer[] = [],
  ) {}

  /** The valuation with the assets that may not be touched unknown, so that the rest is measured without them. */
  valuation(valuation: Valuation): Valuation {
    const assets = valuation.assets.map((one) => {
      const state = this.stateOf({ assets: [one.asset] })
      if (!state || one.status === 'unknown') return one
      const what = state.scope === 'all' ? 'Everything' : one.asset
      return { asset: one.asset, status: 'unknown' as const, reason: `${what} is paused: ${state.reason}` }
    })
    if (assets.every((one, index) => one === valuation.assets[index])) return valuation
    return {
      nav: assets.reduce((sum, one) => (one.status === 'known' ? sum + one.value : sum), 0n),
      isComplete: false,
      assets,
    }
  }

  /** The venues that may be asked for a request: none for one that touches a chain or an asset that is paused. */
  venues({ sell, buy }: QuoteRequest, venues: readonly VenueKey[]): readonly VenueKey[] {
    if (this.stateOf({ chains: [sell.token.chain, buy.chain], assets: [sell.token.asset, buy.asset] })) return []
    return venues.filter((venue) => !this.stateOf({ venues: [venue] }))
  }

  /** A quote over a bridge that may carry nothing is none. */
  reply(reply: Quote | QuoteFailure): Quote | QuoteFailure {
    if (!('request' in reply) || reply.request.kind === 'swap') return reply
    const bridge = bridgeOf(reply.tool)
    if (!this.isClosed(bridge)) return reply
    return { venue: reply.venue, kind: 'rejected', detail: `${bridge} is paused or has a transfer that is overdue.` }
  }

  /** What was learned about venues that may not be asked, and bridges that may carry nothing, is left out. */
  curves(records: readonly CurveRecord[]): CurveRecord[] {
    return records.flatMap((record) => {
      const isBridge = record.key.startsWith('bridge ')
      const samples = record.samples.filter(
        ({ venue, tool }) => !this.stateOf({ venues: [venue] }) && !(isBridge && this.isClosed(bridgeOf(tool))),
      )
      return samples.length > 0 ? [{ ...record, samples }] : []
    })
  }

  private isClosed(bridge: string): boolean {
    const isLate = this.transfers.some((one) => one.bridge === bridge && isOverdue(one))
    return isLate || this.stateOf({ bridges: [bridge] }) !== undefined
  }

  private stateOf(subject: Subject): ScopeState | undefined {
    return strictest(this.states, subject)
  }
}

/** The share of NAV that a plan may trade of what is left. Rounded down. */
export function plannedTurnover(left: Usd, nav: Usd): Ratio {
  return nav === 0n ? 0n : mulDiv(shareOf(left, nav, 'down'), PLANNED_SHARE, RATIO_ONE, 'down')
}

/** The share of NAV that a plan may send over one bridge, by its own limit and by what the budgets have left. */
export function plannedBridgeShare(own: Ratio, limits: Limits, use: BudgetUse, nav: Usd): Ratio {
  if (nav === 0n) return own
  const left = larger(0n, limits.allBridgesInFlight - shareOf(use.allBridgesInFlight, nav, 'up'))
  const most = [limits.bridgeInFlight, limits.bridgeDay, left].reduce(smaller)
  return smaller(own, mulDiv(most, PLANNED_SHARE, RATIO_ONE, 'down'))
}
