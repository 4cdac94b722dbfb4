import { InvariantError, type Refusal } from '../domain/errors.js'
import type { Cycle, LegRun } from '../domain/execution/cycle.js'
import { approvedOut, isAsApproved } from '../domain/execution/plan-approval.js'
import { type Market, quoteCost, totalOf } from '../domain/planning/cost.js'
import type { Quote, QuoteRequest } from '../domain/planning/quote.js'
import { expiryOf, type CallClaim } from '../domain/policy/firewall.js'
import { checkLeg, checkOrder, toleranceFor } from '../domain/policy/limits.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { AssetPrice } from '../domain/portfolio/snapshot.js'
import { formatAmount, type TokenAmount } from '../domain/units/amount.js'
import type { Clock } from '../ports/clock.js'
import type { Chain } from '../ports/chain.js'
import type { Observer } from '../ports/observer.js'
import type { Quotes, QuoteVenues } from '../ports/quotes.js'
import type { CheckCode } from './check-code.js'
import type { CollectQuotes } from './collect-quotes.js'
import { pricesOf } from './propose-plan.js'

/** A firm offer for a leg that passed every check of its bytes and of the code they call (C-01 to C-08). */
export interface FirmOffer {
  readonly run: LegRun
  readonly request: QuoteRequest
  /** The least that people approved for it; undefined where nobody's word was needed. */
  readonly approved: TokenAmount | undefined
  /** The prices it was judged by. */
  readonly market: Market
  readonly quote: Quote
  readonly order: NonNullable<Quote['order']>
  /** What the calldata says it does. */
  readonly claim: CallClaim
  /** When the first deadline in the calldata passes, in milliseconds since 1970; undefined when it has none. */
  readonly expiresAt: number | undefined
}

/** What an offer is looked for, and by what it is judged. */
type Wanted = Pick<FirmOffer, 'run' | 'request' | 'approved' | 'market'>

/** Asks every venue for a firm offer for a leg and takes the cheapest one that may be signed by our own prices. */
export class FindOffer {
  constructor(
    private readonly deps: {
      collectQuotes: CollectQuotes
      quotes: QuoteVenues
      checkCode: CheckCode
      chain: Chain
      clock: Clock
      observer: Observer
    },
  ) {}

  /** The reason when there is none. `prices` are fresh readings of our own. */
  async run(
    portfolio: Portfolio,
    cycle: Cycle,
    run: LegRun,
    amount: TokenAmount,
    prices: readonly AssetPrice[],
  ): Promise<FirmOffer | Refusal> {
    const market = freshMarket(cycle, run, prices)
    if ('code' in market) return market
    const approved = approvedOut(cycle, run.leg, amount)
    const asApproved = approvedOut(cycle, run.leg, run.leg.sell)
    const request: QuoteRequest = {
      kind: run.leg.kind,
      sell: amount,
      buy: run.leg.expectedOut.token,
      account: portfolio.account,
      maxSlippage: toleranceFor(market, run.leg, portfolio.maxSlippage, asApproved),
      ...(run.leg.without && { without: run.leg.without }),
    }
    const outside = checkLeg(portfolio, cycle.market, request)
    return outside ?? this.cheapest(portfolio, cycle, { run, request, approved, market })
  }

  /**
   * A spender that was approved already is preferred, so that venues of nearly equal price do not take turns in being
   * approved.
   */
  private async cheapest(portfolio: Portfolio, cycle: Cycle, wanted: Wanted): Promise<FirmOffer | Refusal> {
    const { run, request, approved, market } = wanted
    const { collectQuotes, checkCode, observer } = this.deps
    const all = await collectQuotes.order(request)
    const isWelcome = ({ venue }: { readonly venue: string }) =>
      venue === run.leg.venue || !(approved || isSplit(cycle, run))
    const answers = { quotes: all.quotes.filter(isWelcome), failures: all.failures.filter(isWelcome) }
    const refusals: Refusal[] = answers.failures.map(({ venue, kind, detail }) => ({
      code: 'NO_QUOTE',
      detail: `${venue}: ${kind}: ${detail}`,
    }))
    const refuse = ({ venue }: Quote, refusal: Refusal) => {
      refusals.push(refusal)
      const where = { portfolio: portfolio.id, cycleId: cycle.id, legId: run.leg.id, venue }
      observer.notify({ type: 'quote-refused', ...where, ...refusal })
    }
    const accepted: FirmOffer[] = []
    for (const quote of answers.quotes) {
      const offer = this.judge(portfolio, wanted, quote)
      if ('code' in offer) refuse(quote, offer)
      else accepted.push(offer)
    }
    const isApproved = ({ order }: FirmOffer) => order.spender === run.offer?.spender
    const cost = ({ quote }: FirmOffer) => totalOf(quoteCost(market, quote))
    const byCost = accepted.toSorted((a, b) => (cost(a) < cost(b) ? -1 : 1))
    for (const offer of [...byCost.filter(isApproved), ...byCost.filter((one) => !isApproved(one))]) {
      const { quote, order, claim } = offer
      const allowed = this.venue(quote.venue).allowed(request.sell.token.chain)
      const changed = await checkCode.run({ venue: quote.venue, call: order.call, claim, allowed })
      if (!changed) return offer
      refuse(quote, changed)
    }
    const worst = refusals.find(({ code }) => code !== 'NO_QUOTE') ?? refusals[0]
    const detail =
      refusals.map((one) => one.detail).join(' | ') ||
      `No venue serves ${formatAmount(request.sell)} for ${request.buy.symbol}.`
    return { code: worst?.code ?? 'NO_QUOTE', detail }
  }

  private judge(portfolio: Portfolio, wanted: Wanted, quote: Quote): FirmOffer | Refusal {
    const { run, request, approved, market } = wanted
    const { chain, clock } = this.deps
    if (approved && !isAsApproved(run.leg, quote))
      return {
        code: 'QUOTE_MISMATCH',
        detail: `${quote.venue} offers ${quote.tool}, ${run.leg.tool} was approved. The next plan may go another way.`,
      }
    const venue = this.venue(quote.venue)
    const claim = quote.order && venue.decode(quote.order.call)
    const refusal = checkOrder({
      request,
      quote,
      claim,
      market,
      maxLoss: run.leg.maxLoss,
      approved,
      allowed: venue.allowed(request.sell.token.chain),
      tokens: portfolio.assets.flatMap(({ tokens }) => tokens),
      destinationChainId: chain.chainId(request.buy.chain),
      now: clock.now(),
      maxAgeMs: portfolio.maxQuoteAgeMs,
    })
    if (refusal) return refusal
    if (!quote.order || !claim || 'code' in claim)
      throw new InvariantError(`A quote of ${quote.venue} passed its checks without calldata that can be read.`)
    return { ...wanted, quote, order: quote.order, claim, expiresAt: expiryOf(claim) }
  }

  private venue(key: string): Quotes {
    const venue = this.deps.quotes.venues.find((one) => one.venue === key)
    if (!venue) throw new InvariantError(`A quote came from ${key}, which is not configured.`)
    return venue
  }
}

/**
 * Whether the plan shares the leg's market between aggregators whose pools are proven separate. Then each leg trades where
 * it was planned: at another venue it would take what the other leg is to be paid from.
 */
function isSplit({ plan }: Cycle, { leg: { kind, sell, expectedOut } }: LegRun): boolean {
  const { chain } = sell.token
  const sides = [`${sell.token.asset} on ${chain}, sell`, `${expectedOut.token.asset} on ${chain}, buy`]
  return kind === 'swap' && (plan?.separatePools ?? []).some(({ group }) => sides.includes(group))
}

/** The decision's gas prices with prices of this moment; a refusal when one of the leg's two assets has none. */
function freshMarket(cycle: Cycle, { leg }: LegRun, readings: readonly AssetPrice[]): Market | Refusal {
  const prices = pricesOf(readings)
  for (const asset of [leg.sell.token.asset, leg.expectedOut.token.asset]) {
    const reading = readings.find((one) => one.asset === asset)
    if (!prices.has(asset))
      return {
        code: 'POLICY_DENIED',
        detail: reading?.status === 'unknown' ? reading.reason : `${asset} has no price.`,
      }
  }
  for (const [asset, price] of cycle.market.prices) if (!prices.has(asset)) prices.set(asset, price)
  return { prices, gas: cycle.market.gas }
}
