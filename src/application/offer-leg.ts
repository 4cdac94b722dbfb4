import { isNative, type Token } from '../domain/assets.js'
import type { Refusal } from '../domain/errors.js'
import { type AcceptedOffer, type Cycle, lastIntent, type LegRun, refusedLeg } from '../domain/execution/cycle.js'
import { firstFee, gasLimitFor } from '../domain/execution/fees.js'
import type { NewIntent, StepKind } from '../domain/execution/intent.js'
import { type Market, quoteCost, weiCost } from '../domain/planning/cost.js'
import type { Call } from '../domain/planning/quote.js'
import { checkMovement } from '../domain/policy/limits.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { TokenAmount } from '../domain/units/amount.js'
import { usdToNumber } from '../domain/units/usd.js'
import { type Chain, ChainError, SimulationError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Observer } from '../ports/observer.js'
import { NonceGapError, type Store } from '../ports/store.js'
import type { FindOffer, FirmOffer } from './find-offer.js'
import type { CheckTogether } from './check-together.js'
import type { ReadPrices } from './read-prices.js'

/**
 * Gets a firm offer for a leg, checks it against fresh prices of our own, and writes down the transaction that comes
 * next: an approval of exactly the amount, or the trade. Writes the refusal instead when no offer may be signed.
 */
export class OfferLeg {
  constructor(
    private readonly deps: {
      readPrices: ReadPrices
      findOffer: FindOffer
      checkTogether: CheckTogether
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
    const { readPrices, findOffer, checkTogether } = this.deps
    const prices = await readPrices.run(portfolio)
    const found = await findOffer.run(portfolio, cycle, run, amount, prices)
    if ('code' in found) return found
    const { market, quote, order } = found
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
    if (!approval) {
      const trap = (await this.simulate(portfolio, found)) ?? (await checkTogether.run(portfolio, cycle, prices, found))
      if (trap) return trap
    }
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
    { run, request, market, order: { call } }: FirmOffer,
  ): Promise<Refusal | undefined> {
    const { kind, sell, buy } = request
    const watched = kind === 'swap' ? [sell.token, buy] : [sell.token]
    const [sold = 0n, bought = 0n] = await this.deps.chain.simulate(portfolio.account, call, watched)
    return checkMovement(market, request, call, { sold, bought }, run.leg.maxLoss)
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
