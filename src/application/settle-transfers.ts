import { InvariantError } from '../domain/errors.js'
import { transferPostings } from '../domain/execution/ledger.js'
import { judgeTransfer, sameSight, type Transfer, type TransferSight } from '../domain/execution/transfer.js'
import type { Trip } from '../domain/policy/breakers.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { formatAmount } from '../domain/units/amount.js'
import type { Chain } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import { StaleLeaseError } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { Transfers } from '../ports/transfers.js'
import type { TripBreaker } from './trip-breaker.js'

/**
 * Watches a portfolio's open bridge transfers, those that outlived their cycle included. Only payouts proven by their
 * chain end one, at any age; nothing is ever sent a second time. What comes in parts is booked part by part, each at its
 * finality. A transfer that fell short or is lost stops its bridge, and one that fell short its portfolio as well (B-02).
 */
export class SettleTransfers {
  private readonly askedAt = new Map<string, number>()

  constructor(
    private readonly deps: {
      transfers: Transfers
      chain: Chain
      store: Store
      clock: Clock
      observer: Observer
      failpoints: Failpoints
      tripBreaker: TripBreaker
      pollMs: number
    },
  ) {}

  /** Resolves to whether anything was written. */
  async run(portfolio: Portfolio): Promise<boolean> {
    const { store, clock, observer, pollMs } = this.deps
    const due = (await store.openTransfers(portfolio.id)).filter(
      (transfer) => clock.now() - (this.askedAt.get(transfer.id) ?? 0) >= pollMs,
    )
    const moved = await Promise.all(
      due.map((transfer) => {
        const { id, cycleId } = transfer
        this.askedAt.set(id, clock.now())
        const purpose = { portfolio: portfolio.id, cycleId, legId: id, transferId: id }
        return observer.during(purpose, () => this.attempt(portfolio, transfer))
      }),
    )
    return moved.includes(true)
  }

  private async attempt(portfolio: Portfolio, transfer: Transfer): Promise<boolean> {
    try {
      return await this.settle(portfolio, transfer)
    } catch (error) {
      if (error instanceof InvariantError || error instanceof StaleLeaseError) throw error
      const what = `settling transfer ${transfer.id}`
      this.deps.observer.notify({ type: 'failed', what, isRetried: true, error })
      return true
    }
  }

  private async settle(portfolio: Portfolio, transfer: Transfer): Promise<boolean> {
    const { store, clock, observer, failpoints, tripBreaker } = this.deps
    const next = judgeTransfer(transfer, await this.look(transfer))
    if (next === transfer) return false
    await failpoints.reach(next.arrivals.some(({ isRefund }) => isRefund) ? 'K-27' : 'K-26')
    for (const trip of await this.tripsOf(portfolio, next)) await tripBreaker.run(trip)
    await store.moveTransfer(transfer, next, transferPostings(next, transfer))
    const at = clock.now()
    observer.notify({ type: 'transfer-changed', portfolio: portfolio.id, transfer: next, usd: next.value, at })
    return true
  }

  /** One that somebody has looked into stops nothing any more by not coming out. */
  private async tripsOf(portfolio: Portfolio, transfer: Transfer): Promise<readonly Trip[]> {
    const isKnown =
      transfer.state === 'lost_suspected' && (await this.deps.store.investigations([transfer.id])).length > 0
    return isKnown ? [] : tripsOf(portfolio, transfer)
  }

  /** A chain or service that cannot be asked proves nothing, but the time goes on. */
  private async look(transfer: Transfer): Promise<TransferSight> {
    const { transfers, chain, store, clock, observer } = this.deps
    const own = transfer.arrivals.map(({ hash }) => hash.toLowerCase())
    try {
      const claimed = [
        ...(await store.claimedArrivals(transfer.destination)),
        ...(await store.claimedArrivals(transfer.origin)),
      ].filter((hash) => !own.includes(hash.toLowerCase()))
      const found = await transfers.find(transfer, claimed)
      const payouts = await Promise.all(
        found.map(async (payout) => ({
          ...payout,
          isFinal: (await chain.finalizedBlock(payout.chain)) >= payout.block.number,
        })),
      )
      return { payouts, now: clock.now() }
    } catch (error) {
      observer.notify({ type: 'failed', what: `looking for transfer ${transfer.id}`, isRetried: true, error })
      return sameSight(transfer, clock.now())
    }
  }
}

/**
 * What a transfer's new state stops until a person looks. Delivering too little is distrust in the bridge and a reason to
 * look at everything; delivering nothing for so long is distrust in the bridge alone.
 */
function tripsOf(portfolio: Portfolio, { id, state, bridge, arrivals, minimum, lostAfterSeconds }: Transfer): Trip[] {
  if (state === 'lost_suspected')
    return [
      {
        code: 'B-02',
        scope: `bridge:${bridge}`,
        level: 'paused_new',
        reason: `Transfer ${id} over ${bridge} has not come out in ${lostAfterSeconds} s. Find it with the bridge before resuming.`,
      },
    ]
  if (state !== 'short') return []
  const came = arrivals.map(({ amount }) => formatAmount(amount)).join(' and ')
  const reason = `Transfer ${id} over ${bridge} delivered ${came}, at least ${formatAmount(minimum)} was due. Ask the bridge for the rest before resuming.`
  return [
    { code: 'B-02', scope: `bridge:${bridge}`, level: 'paused_hard', reason },
    { code: 'B-02', scope: `portfolio:${portfolio.id}`, level: 'paused_hard', reason },
  ]
}
