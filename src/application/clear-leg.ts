import { bookMovements } from '../domain/execution/booking.js'
import { clearedLeg, type Cycle, lastIntent, type LegRun } from '../domain/execution/cycle.js'
import { gasLimitFor } from '../domain/execution/fees.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { formatAmount } from '../domain/units/amount.js'
import type { Chain } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import { newIntent } from './offer-leg.js'

/**
 * Ends the sending part of a leg: books what the chain says was sold and received, and leaves no allowance behind. A
 * spender that kept some gets it revoked, and the leg goes on only when the chain shows zero.
 */
export class ClearLeg {
  constructor(private readonly deps: { chain: Chain; store: Store; clock: Clock; observer: Observer }) {}

  async run(portfolio: Portfolio, cycle: Cycle, run: LegRun): Promise<void> {
    const { chain, store, clock, observer } = this.deps
    const token = run.leg.sell.token
    const spender = run.offer?.spender
    if (spender !== undefined && (await chain.allowance(token, portfolio.account, spender)) > 0n) {
      const call = chain.approval(token, spender, 0n)
      const gas = gasLimitFor(await chain.estimateGas(portfolio.account, call))
      const intent = newIntent(portfolio, cycle, run, 'revoke', call, gas, clock.now())
      const reserved = await store.reserveIntent(intent, await chain.nonce(call.chain, portfolio.account), {
        before: run,
        after: run,
      })
      observer.notify({ type: 'intent-changed', portfolio: portfolio.id, intent: reserved, at: clock.now() })
      return
    }
    const booked = this.judge(bookMovements(run, lastIntent(cycle, run, run.leg.kind)))
    if (booked.failure?.code === 'UNDER_DELIVERED') {
      const reason = `B-02: ${booked.failure.detail}`
      await store.setOperatingState({ state: 'paused_new', reason, since: clock.now() })
      observer.notify({ type: 'paused', reason, by: 'breaker' })
    }
    await store.saveLeg(cycle.id, run, clearedLeg(booked))
  }

  /** A swap that brought less than its guaranteed minimum is no success, whatever the receipt says. */
  private judge(run: LegRun): LegRun {
    const { failure, received, offer, leg } = run
    if (failure || !received || !offer || received.units >= offer.minimumOut.units) return run
    const detail = `Leg ${leg.id} received ${formatAmount(received)}, less than its minimum of ${formatAmount(offer.minimumOut)}.`
    return { ...run, failure: { code: 'UNDER_DELIVERED', detail } }
  }
}
