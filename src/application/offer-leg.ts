import { type Address, type ChainKey, isNative, NATIVE, sameAddress, tokenId } from '../domain/assets.js'
import type { Refusal } from '../domain/errors.js'
import { budgetClaimFor } from '../domain/execution/budget-claim.js'
import { type AcceptedOffer, type Cycle, lastIntent, type LegRun, refusedLeg } from '../domain/execution/cycle.js'
import type { NewIntent, StepKind } from '../domain/execution/intent.js'
import { subjectOf } from '../domain/execution/subject.js'
import { quoteCost } from '../domain/planning/cost.js'
import type { Call } from '../domain/planning/quote.js'
import { checkApproval } from '../domain/policy/firewall.js'
import type { PaidGas } from '../domain/policy/gas.js'
import { checkQuoteAge, guaranteedOut } from '../domain/policy/limits.js'
import { maySign, strictest } from '../domain/policy/operating.js'
import { type Portfolio, tokensOn } from '../domain/policy/portfolio.js'
import { checkRehearsal, type Watch } from '../domain/policy/rehearsal.js'
import type { TokenAmount } from '../domain/units/amount.js'
import { type Chain, ChainError, SimulationError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Observer } from '../ports/observer.js'
import type { QuoteVenues } from '../ports/quotes.js'
import { BudgetError, NonceGapError, type Store } from '../ports/store.js'
import { CheckGas } from './check-gas.js'
import type { CheckTogether } from './check-together.js'
import type { FindOffer, FirmOffer } from './find-offer.js'
import type { ReadPrices } from './read-prices.js'
import { refuseCrossing } from './refuse-crossing.js'
import type { TripBreaker } from './trip-breaker.js'

/**
 * Gets a firm offer for a leg, checks it against fresh prices of our own, rehearses everything it needs from the approval
 * to the trade, and writes down the transaction that comes next: an approval of exactly the amount, or the trade. Nothing
 * is approved for a trade that would be refused. Writes the refusal instead when no offer may be signed.
 */
export class OfferLeg {
  private readonly checkGas: CheckGas

  constructor(
    private readonly deps: {
      readPrices: ReadPrices
      findOffer: FindOffer
      checkTogether: CheckTogether
      tripBreaker: TripBreaker
      quotes: QuoteVenues
      chain: Chain
      store: Store
      clock: Clock
      observer: Observer
      failpoints: Failpoints
    },
  ) {
    this.checkGas = new CheckGas(deps)
  }

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
      const refusal = await this.refusalOf(error)
      if (!refusal) throw error
      await refuse(refusal)
    }
  }

  private async refusalOf(error: unknown): Promise<Refusal | undefined> {
    if (error instanceof SimulationError)
      return { code: error.disagrees ? 'SIMULATION_DISAGREES' : 'SIMULATION_FAILED', detail: error.message }
    if (error instanceof ChainError || error instanceof NonceGapError)
      return { code: 'CHAIN_UNAVAILABLE', detail: error.message }
    if (!(error instanceof BudgetError)) return undefined
    if (error.trip) await this.deps.tripBreaker.run(error.trip)
    return error.refusal
  }

  /** Writes down the next transaction, or says why none may be. */
  private async attempt(
    portfolio: Portfolio,
    cycle: Cycle,
    run: LegRun,
    amount: TokenAmount,
  ): Promise<Refusal | undefined> {
    const { readPrices, findOffer, checkTogether, chain } = this.deps
    const prices = await readPrices.run(portfolio)
    const found = await findOffer.run(portfolio, cycle, run, amount, prices)
    if ('code' in found) return found
    const closed = run.leg.kind === 'bridge' ? await refuseCrossing(this.deps, portfolio, cycle, found) : undefined
    if (closed) return closed
    const withdrawals = await this.withdrawalsDue(portfolio, run, found)
    const approvals = await this.approvalsDue(portfolio, found, withdrawals.length > 0)
    if ('code' in approvals) return approvals
    const calls = [...withdrawals, ...approvals, found.order.call]
    const watch = this.watchFor(portfolio, run, found)
    const gas = this.checkGas.begin(portfolio, calls)
    const rehearsal = await chain.rehearse(portfolio.account, calls, watch)
    const { market, request, order } = found
    const { maxLoss } = run.leg
    const trap = checkRehearsal({
      market,
      request,
      call: order.call,
      spender: order.spender,
      maxLoss,
      watch,
      rehearsal,
    })
    if (trap) return trap
    const isTrade = calls.length === 1
    const clash = isTrade ? await checkTogether.run(portfolio, cycle, prices, found) : undefined
    if (clash) return clash
    const paid = await gas(market, rehearsal)
    if ('code' in paid) return paid
    const offer = offerOf(found, amount)
    return (
      // Whatever took long meanwhile, a quote that is too old is asked for anew, for the same leg (C-03, F-13).
      checkQuoteAge(found.quote, this.deps.clock.now(), portfolio.maxQuoteAgeMs) ??
      (await this.reserve(portfolio, cycle, found, isTrade ? run.leg.kind : 'approve', calls[0]!, paid, {
        ...run,
        state: isTrade ? 'sending' : 'approving',
        offer: withdrawals.length > 0 ? run.offer : offer,
      }))
    )
  }

  /** What takes back the allowance of a spender whose offer was approved earlier and is not the one taken now. */
  private async withdrawalsDue(
    portfolio: Portfolio,
    { leg, offer }: LegRun,
    { order: { spender } }: FirmOffer,
  ): Promise<Call[]> {
    const { chain } = this.deps
    const former = offer?.spender
    if (former === undefined || (spender !== undefined && sameAddress(former, spender))) return []
    const left = await chain.allowance(leg.sell.token, portfolio.account, former)
    return left > 0n ? [chain.approval(leg.sell.token, former, 0n)] : []
  }

  /**
   * The approvals that must be mined before the trade: exactly the amount, from zero. An allowance of another size is
   * reset first, because some tokens accept a change only from or to zero (C-06). The one that would be signed now is held
   * against the rules for approvals.
   */
  private async approvalsDue(
    portfolio: Portfolio,
    { request: { sell }, order: { spender }, quote }: FirmOffer,
    isLater: boolean,
  ): Promise<readonly Call[] | Refusal> {
    const { chain } = this.deps
    if (isNative(sell.token) || spender === undefined) return []
    const current = await chain.allowance(sell.token, portfolio.account, spender)
    if (current === sell.units) return []
    const exact = chain.approval(sell.token, spender, sell.units)
    const calls = current === 0n ? [exact] : [chain.approval(sell.token, spender, 0n), exact]
    const spenders = this.spendersOn(sell.token.chain, quote.venue)
    const refusal = isLater ? undefined : checkApproval(calls[0]!, { sale: sell, current, spenders })
    return refusal ?? calls
  }

  /** Every token of the portfolio on the chain, its coin, and everybody who may ever get an allowance of one (C-09). */
  private watchFor(portfolio: Portfolio, run: LegRun, { request: { sell, buy } }: FirmOffer): Watch {
    const { chain } = sell.token
    const coins = portfolio.chains.filter(({ key }) => key === chain).map(({ native }) => native)
    const all = [...tokensOn(portfolio, chain), ...coins, sell.token, ...(buy.chain === chain ? [buy] : [])]
    const tokens = [...new Map(all.map((token) => [tokenId(token), token])).values()]
    const former = run.offer?.spender
    const named = [...this.spendersOn(chain), ...(former === undefined ? [] : [former])]
    const spenders = [...new Map(named.map((spender) => [spender.toLowerCase(), spender])).values()]
    const allowances = tokens
      .filter((token) => token.address !== NATIVE)
      .flatMap((token) => spenders.map((spender) => ({ token, spender })))
    return { tokens, allowances }
  }

  /** By the allow-lists of all venues, or of one. */
  private spendersOn(chain: ChainKey, venue?: string): Address[] {
    return this.deps.quotes.venues
      .filter((one) => venue === undefined || one.venue === venue)
      .flatMap((one) => [...one.allowed(chain).spenders])
  }

  private async reserve(
    portfolio: Portfolio,
    cycle: Cycle,
    { run, market, expiresAt }: FirmOffer,
    kind: StepKind,
    call: Call,
    paid: PaidGas,
    after: LegRun,
  ): Promise<Refusal | undefined> {
    const { chain, store, clock, observer, failpoints } = this.deps
    const [states, { latest }] = await Promise.all([
      store.operatingStates(),
      chain.nonces(call.chain, portfolio.account),
    ])
    const state = strictest(states, subjectOf(portfolio.id, after))
    if (state && !maySign(state.level, 'step'))
      return { code: 'POLICY_DENIED', detail: `${state.scope} is ${state.level}: ${state.reason}` }
    const now = clock.now()
    const deadline = kind === 'approve' ? undefined : expiresAt
    const intent = newIntent(portfolio, cycle, run, kind, call, paid.gasLimit, now, deadline)
    await failpoints.reach(run.state === 'approving' && kind !== 'approve' ? 'K-22' : 'K-03')
    const budget = budgetClaimFor(portfolio, cycle, after, { kind, market, now, ...paid })
    const reserved = await store.reserveIntent(intent, latest, { before: run, after }, budget)
    observer.notify({ type: 'intent-changed', portfolio: portfolio.id, intent: reserved, at: clock.now() })
    await failpoints.reach('K-05')
    return undefined
  }
}

function offerOf(offer: FirmOffer, sell: TokenAmount): AcceptedOffer {
  const { run, market, quote, order } = offer
  return {
    venue: quote.venue,
    tool: quote.tool,
    sell,
    expectedOut: quote.expectedOut,
    minimumOut: quote.minimumOut,
    guaranteedOut: guaranteedOut({ ...offer, maxLoss: run.leg.maxLoss }),
    spender: order.spender,
    namedFees: quoteCost(market, quote).fees,
    durationSeconds: quote.durationSeconds,
    quotedAt: quote.obtainedAt,
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
  expiresAt: number | undefined,
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
    expiresAt,
  }
}
