import { isNative, type Token } from '../domain/assets.js'
import { InvariantError, type Refusal } from '../domain/errors.js'
import { type AcceptedOffer, type Cycle, lastIntent, type LegRun, refusedLeg } from '../domain/execution/cycle.js'
import { firstFee, gasLimitFor } from '../domain/execution/fees.js'
import type { NewIntent, StepKind } from '../domain/execution/intent.js'
import { type Market, quoteCost, totalOf, weiCost } from '../domain/planning/cost.js'
import type { Call, Quote, QuoteRequest } from '../domain/planning/quote.js'
import { checkMovement, checkOrder, toleranceFor } from '../domain/policy/limits.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { formatAmount, type TokenAmount } from '../domain/units/amount.js'
import type { Ratio } from '../domain/units/ratio.js'
import { usdToNumber } from '../domain/units/usd.js'
import { type Chain, ChainError, SimulationError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Observer } from '../ports/observer.js'
import type { Quotes, QuoteVenues } from '../ports/quotes.js'
import { NonceGapError, type Store } from '../ports/store.js'
import type { CollectQuotes } from './collect-quotes.js'
import { pricesOf } from './propose-plan.js'
import type { ReadPrices } from './read-prices.js'

interface Accepted {
  readonly quote: Quote
  readonly order: NonNullable<Quote['order']>
}

/**
 * Gets a firm offer for a leg, checks it against fresh prices of our own, and writes down the transaction that comes
 * next: an approval of exactly the amount, or the trade. Writes the refusal instead when no offer may be signed.
 */
export class OfferLeg {
  constructor(
    private readonly deps: {
      readPrices: ReadPrices
      collectQuotes: CollectQuotes
      quotes: QuoteVenues
      chain: Chain
      store: Store
      clock: Clock
      observer: Observer
      failpoints: Failpoints
    },
  ) {}

  async run(portfolio: Portfolio, cycle: Cycle, run: LegRun, amount: TokenAmount): Promise<void> {
    const { store, clock, observer } = this.deps
    const refuse = async ({ code, detail }: Refusal) => {
      observer.notify({
        type: 'offer-refused',
        portfolio: portfolio.id,
        cycleId: cycle.id,
        legId: run.leg.id,
        code,
        detail,
      })
      await store.saveLeg(cycle.id, run, refusedLeg(run, { code, detail }, clock.now()))
    }
    try {
      const refusal = await this.attempt(portfolio, cycle, run, amount)
      if (refusal) await refuse(refusal)
    } catch (error) {
      // A chain that is silent is no reason to ask the venues for ever: it counts as a refusal and is tried again later.
      if (error instanceof SimulationError) return refuse({ code: 'SIMULATION_FAILED', detail: error.message })
      if (!(error instanceof ChainError || error instanceof NonceGapError)) throw error
      await refuse({ code: 'CHAIN_UNAVAILABLE', detail: error.message })
    }
  }

  /** Writes down the next transaction, or says why none may be. */
  private async attempt(
    portfolio: Portfolio,
    cycle: Cycle,
    run: LegRun,
    amount: TokenAmount,
  ): Promise<Refusal | undefined> {
    const market = await this.freshMarket(portfolio, cycle, run)
    if ('code' in market) return market
    const request: QuoteRequest = {
      kind: run.leg.kind,
      sell: amount,
      buy: run.leg.expectedOut.token,
      account: portfolio.account,
      maxSlippage: toleranceFor(market, run.leg, portfolio.maxSlippage),
    }
    const accepted = await this.acceptOffer(portfolio, run, request, market)
    if ('code' in accepted) return accepted
    const { quote, order } = accepted
    const offer: AcceptedOffer = {
      venue: quote.venue,
      tool: quote.tool,
      sell: amount,
      expectedOut: quote.expectedOut,
      minimumOut: quote.minimumOut,
      spender: order.spender,
      namedFees: quoteCost(market, quote).fees,
      durationSeconds: quote.durationSeconds,
    }
    const withdrawal = await this.withdrawalDue(portfolio, run, order.spender)
    const approval = withdrawal ?? (order.spender && (await this.approvalDue(portfolio, amount, order.spender)))
    const call = approval ?? order.call
    const gas = await this.gasFor(portfolio, market, call)
    if (typeof gas !== 'bigint') return gas
    const trap = approval ? undefined : await this.simulate(portfolio, request, call, market, run.leg.maxLoss)
    if (trap) return trap
    await this.reserve(portfolio, cycle, run, approval ? 'approve' : run.leg.kind, call, gas, {
      ...run,
      state: approval ? 'approving' : 'sending',
      offer: withdrawal ? run.offer : offer,
    })
    return undefined
  }

  /** Plays the trade on the current state and holds what the account would lose and gain against the order (C-09). */
  private async simulate(
    portfolio: Portfolio,
    request: QuoteRequest,
    call: Call,
    market: Market,
    maxLoss: Ratio,
  ): Promise<Refusal | undefined> {
    const { kind, sell, buy } = request
    const watched = kind === 'swap' ? [sell.token, buy] : [sell.token]
    const [sold = 0n, bought = 0n] = await this.deps.chain.simulate(portfolio.account, call, watched)
    return checkMovement(market, request, call, { sold, bought }, maxLoss)
  }

  /** The decision's gas prices with prices of this moment; a refusal when one of the two assets has none. */
  private async freshMarket(portfolio: Portfolio, cycle: Cycle, { leg }: LegRun): Promise<Market | Refusal> {
    const readings = await this.deps.readPrices.run(portfolio)
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

  /**
   * The cheapest firm offer that passes every check, or the reason why there is none. A spender that was approved
   * already is preferred, so that venues of nearly equal price do not take turns in being approved.
   */
  private async acceptOffer(
    portfolio: Portfolio,
    run: LegRun,
    request: QuoteRequest,
    market: Market,
  ): Promise<Accepted | Refusal> {
    const { collectQuotes, clock } = this.deps
    const answers = await collectQuotes.order(request)
    const refusals: Refusal[] = answers.failures.map(({ venue, kind, detail }) => ({
      code: 'NO_QUOTE',
      detail: `${venue}: ${kind}: ${detail}`,
    }))
    const accepted: Accepted[] = []
    for (const quote of answers.quotes) {
      const allowed = this.venue(quote.venue).allowed(request.sell.token.chain)
      const refusal = checkOrder({
        request,
        quote,
        market,
        maxLoss: run.leg.maxLoss,
        allowed,
        now: clock.now(),
        maxAgeMs: portfolio.maxQuoteAgeMs,
      })
      if (refusal) refusals.push(refusal)
      else if (quote.order) accepted.push({ quote, order: quote.order })
    }
    const cost = ({ quote }: Accepted) => totalOf(quoteCost(market, quote))
    const approved = accepted.filter(({ order }) => order.spender === run.offer?.spender)
    const [best] = (approved.length > 0 ? approved : accepted).toSorted((a, b) => (cost(a) < cost(b) ? -1 : 1))
    if (best) return best
    const worst = refusals.find(({ code }) => code !== 'NO_QUOTE') ?? refusals[0]
    const detail =
      refusals.map((one) => one.detail).join(' | ') ||
      `No venue serves ${formatAmount(request.sell)} for ${request.buy.symbol}.`
    return { code: worst?.code ?? 'NO_QUOTE', detail }
  }

  private venue(key: string): Quotes {
    const venue = this.deps.quotes.venues.find((one) => one.venue === key)
    if (!venue) throw new InvariantError(`A quote came from ${key}, which is not configured.`)
    return venue
  }

  /** What takes back the allowance of a spender whose offer was approved earlier and is not the one taken now. */
  private async withdrawalDue(
    portfolio: Portfolio,
    { leg, offer }: LegRun,
    spender: AcceptedOffer['spender'],
  ): Promise<Call | undefined> {
    const { chain } = this.deps
    const former = offer?.spender
    if (former === undefined || former === spender) return undefined
    const left = await chain.allowance(leg.sell.token, portfolio.account, former)
    return left > 0n ? chain.approval(leg.sell.token, former, 0n) : undefined
  }

  /**
   * The approval that must be mined before the trade: exactly the amount, from zero. An allowance of another size is
   * reset first, because some tokens accept a change only from or to zero.
   */
  private async approvalDue(
    portfolio: Portfolio,
    amount: TokenAmount,
    spender: NonNullable<AcceptedOffer['spender']>,
  ): Promise<Call | undefined> {
    const { chain } = this.deps
    const token: Token = amount.token
    if (isNative(token)) return undefined
    const current = await chain.allowance(token, portfolio.account, spender)
    if (current === amount.units) return undefined
    return chain.approval(token, spender, current === 0n ? amount.units : 0n)
  }

  /** The gas limit of the call, or why it may cost too much. Rejects with SimulationError when it would fail. */
  private async gasFor(portfolio: Portfolio, market: Market, call: Call): Promise<bigint | Refusal> {
    const { chain } = this.deps
    const gas = gasLimitFor(await chain.estimateGas(portfolio.account, call))
    const cost = weiCost(market, call.chain, gas * firstFee(await chain.fees(call.chain)).maxFeePerGas)
    if (cost <= portfolio.policy.maxGas) return gas
    return {
      code: 'GAS_CAP',
      detail: `Gas on ${call.chain} would cost up to ${usdToNumber(cost).toFixed(2)} USD, policy allows ${usdToNumber(portfolio.policy.maxGas).toFixed(2)} USD.`,
    }
  }

  private async reserve(
    portfolio: Portfolio,
    cycle: Cycle,
    run: LegRun,
    kind: StepKind,
    call: Call,
    gasLimit: bigint,
    after: LegRun,
  ): Promise<void> {
    const { chain, store, clock, observer, failpoints } = this.deps
    const intent = newIntent(portfolio, cycle, run, kind, call, gasLimit, clock.now())
    const chainNonce = await chain.nonce(call.chain, portfolio.account)
    await failpoints.reach('K-03')
    const reserved = await store.reserveIntent(intent, chainNonce, { before: run, after })
    observer.notify({ type: 'intent-changed', portfolio: portfolio.id, intent: reserved, at: clock.now() })
    await failpoints.reach('K-05')
  }
}

/** The next intent of a step: its ordinal counts the ones before it, so that its id is the same however often it is derived. */
export function newIntent(
  portfolio: Portfolio,
  cycle: Cycle,
  run: LegRun,
  kind: StepKind,
  call: Call,
  gasLimit: bigint,
  now: number,
): NewIntent {
  const ordinal = (lastIntent(cycle, run, kind)?.ordinal ?? -1) + 1
  return {
    id: `${run.leg.id}.${kind}.${ordinal}`,
    cycleId: cycle.id,
    legId: run.leg.id,
    kind,
    ordinal,
    chain: call.chain,
    account: portfolio.account,
    call,
    gasLimit,
    reservedAt: now,
  }
}
