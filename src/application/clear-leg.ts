import { isNative, type Token } from '../domain/assets.js'
import { bookMovements, isStanding } from '../domain/execution/booking.js'
import {
  clearedLeg,
  type Cycle,
  lastIntent,
  type LegRun,
  revocationsMade,
  stuckLeg,
} from '../domain/execution/cycle.js'
import { reasonNotDelivered } from '../domain/execution/delivery.js'
import type { Inclusion } from '../domain/execution/intent.js'
import { revocationClaimFor } from '../domain/execution/budget-claim.js'
import { revocationGas } from '../domain/policy/gas.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Balances } from '../ports/balances.js'
import { type Chain, SimulationError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import { newIntent } from './offer-leg.js'
import type { TripBreaker } from './trip-breaker.js'

/** An allowance that stands after so many revocations of its leg is one that cannot be taken back (B-05). */
const REVOCATIONS = 3

/**
 * Ends the sending part of a leg: holds what the chain says was sold and received against the offer, and leaves no
 * allowance behind. A shortfall stops portfolio and venue before anything else is done (B-02). A spender that kept an
 * allowance gets it revoked, and the leg goes on when the chain shows zero. One that cannot be taken back stops the
 * portfolio (B-05) and ends the leg; SweepAllowances goes on trying, at its own pace.
 */
export class ClearLeg {
  /** Revocations that the chain would not even play, by leg. A process that starts counts anew. */
  private readonly unplayable = new Map<string, number>()

  constructor(
    private readonly deps: {
      chain: Chain
      balances: Balances
      tripBreaker: TripBreaker
      store: Store
      clock: Clock
      observer: Observer
      failpoints: Failpoints
    },
  ) {}

  /** Resolves to whether anything was written; nothing is while the balances around the trade cannot be read. */
  async run(portfolio: Portfolio, cycle: Cycle, run: LegRun): Promise<boolean> {
    const { chain, store, failpoints } = this.deps
    const booked = await this.judge(portfolio, bookMovements(run, lastIntent(cycle, run, run.leg.kind)), cycle)
    if (!booked) return false
    const token = run.leg.sell.token
    const spender = run.offer?.spender
    if (spender !== undefined && (await chain.allowance(token, portfolio.account, spender)) > 0n) {
      await failpoints.reach('K-23')
      if (this.triesOf(cycle, run) >= REVOCATIONS) return this.giveUp(portfolio, cycle, run, booked, spender)
      await this.revoke(portfolio, cycle, run, token, spender)
      return true
    }
    await store.saveLeg(cycle.id, run, clearedLeg(booked))
    return true
  }

  /**
   * Ends a trade that is no success in spite of its receipt, and stops whoever made it (C-13, B-02). Undefined while it
   * cannot be judged.
   */
  private async judge(portfolio: Portfolio, run: LegRun, cycle: Cycle): Promise<LegRun | undefined> {
    const trade = lastIntent(cycle, run, run.leg.kind)
    const { offer } = run
    if (run.failure || !offer || !isStanding(trade)) return run
    const measured = await this.measure(portfolio, run, trade.inclusion)
    if (!measured && trade.state !== 'final_ok') return undefined
    const detail = reasonNotDelivered(run, offer, trade.call.value, measured)
    if (detail === undefined) return run
    const reason = `${detail} Find out what ${offer.venue} did before you resume.`
    for (const scope of [`portfolio:${portfolio.id}`, `venue:${offer.venue}`] as const)
      await this.deps.tripBreaker.run({ code: 'B-02', scope, level: 'paused_hard', reason })
    // What crosses is on its way whatever else it took: the leg is followed to the other side.
    return run.leg.kind === 'bridge' ? run : { ...run, failure: { code: 'UNDER_DELIVERED', detail } }
  }

  /**
   * What the bought balance grew by in the block of the trade, gas left out. Undefined where the chain does not tell, or
   * the block is not canonical any more. What else came in within that block is in it, so it is never too low.
   */
  private async measure(
    portfolio: Portfolio,
    { leg }: LegRun,
    { block, gasPaid }: Inclusion,
  ): Promise<bigint | undefined> {
    const { token } = leg.expectedOut
    if (leg.kind !== 'swap') return 0n
    const [before, after] = await Promise.all(
      [block.number - 1n, block.number].map((at) =>
        this.deps.balances.read(token.chain, portfolio.account, [token], at),
      ),
    )
    if (before?.status !== 'known' || after?.status !== 'known' || after.block.hash !== block.hash) return undefined
    const [start, end] = [before.holdings[0], after.holdings[0]]
    return start && end && end.units - start.units + (isNative(token) ? gasPaid : 0n)
  }

  private triesOf(cycle: Cycle, run: LegRun): number {
    return Math.max(this.unplayable.get(run.leg.id) ?? 0, revocationsMade(cycle, run))
  }

  private async giveUp(
    portfolio: Portfolio,
    cycle: Cycle,
    run: LegRun,
    booked: LegRun,
    spender: string,
  ): Promise<true> {
    const { symbol, chain } = run.leg.sell.token
    const detail = `${spender} keeps its allowance over ${symbol} on ${chain}: ${REVOCATIONS} revocations failed.`
    const reason = `${detail} It is tried further; take it back by hand, or move what it covers.`
    const scope = `portfolio:${portfolio.id}` as const
    await this.deps.tripBreaker.run({ code: 'B-05', scope, level: 'paused_hard', reason })
    await this.deps.store.saveLeg(cycle.id, run, stuckLeg(booked, detail))
    this.unplayable.delete(run.leg.id)
    return true
  }

  private async revoke(
    portfolio: Portfolio,
    cycle: Cycle,
    run: LegRun,
    token: Token,
    spender: NonNullable<NonNullable<LegRun['offer']>['spender']>,
  ): Promise<void> {
    const { chain, store, clock, observer } = this.deps
    const call = chain.approval(token, spender, 0n)
    const estimate = await chain.estimateGas(portfolio.account, call).catch((error: unknown) => {
      if (error instanceof SimulationError) this.unplayable.set(run.leg.id, this.triesOf(cycle, run) + 1)
      throw error
    })
    const gas = revocationGas(portfolio, call.chain, estimate)
    const now = clock.now()
    const intent = newIntent(portfolio, cycle, run, 'revoke', call, gas, now, undefined)
    const { latest } = await chain.nonces(call.chain, portfolio.account)
    const budget = revocationClaimFor(portfolio, cycle, run, { gasLimit: gas, now })
    const reserved = await store.reserveIntent(intent, latest, { before: run, after: run }, budget)
    observer.notify({ type: 'intent-changed', portfolio: portfolio.id, intent: reserved, at: clock.now() })
  }
}
