import { transferPostings } from '../domain/execution/ledger.js'
import { judgeTransfer, type Transfer } from '../domain/execution/transfer.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Chain } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { Transfers } from '../ports/transfers.js'

/**
 * Watches a portfolio's open bridge transfers, those that outlived their cycle included. Only a payout proven by its
 * chain moves one; nothing is ever sent a second time.
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
      due.map(async (transfer) => {
        this.askedAt.set(transfer.id, clock.now())
        try {
          return await this.settle(portfolio, transfer)
        } catch (error) {
          observer.notify({ type: 'failed', what: `looking for transfer ${transfer.id}`, isRetried: true, error })
          return true
        }
      }),
    )
    return moved.includes(true)
  }

  private async settle(portfolio: Portfolio, transfer: Transfer): Promise<boolean> {
    const { transfers, chain, store, clock, failpoints } = this.deps
    const claimed = [
      ...(await store.claimedArrivals(transfer.destination)),
      ...(await store.claimedArrivals(transfer.origin)),
    ]
    const own = transfer.arrival?.hash
    const arrival = await transfers.find(
      transfer,
      claimed.filter((hash) => hash !== own),
    )
    const isFinal = arrival !== undefined && (await chain.finalizedBlock(arrival.chain)) >= arrival.block.number
    const next = judgeTransfer(transfer, { arrival, isFinal, now: clock.now() })
    if (next.state === transfer.state && next.arrival?.block.hash === transfer.arrival?.block.hash) return false
    await failpoints.reach('K-26')
    if (next.state === 'short') {
      const reason = `B-02: transfer ${next.id} delivered less than its minimum.`
      await store.setOperatingState({ state: 'paused_new', reason, since: clock.now() })
      this.deps.observer.notify({ type: 'paused', reason, by: 'breaker' })
    }
    await store.moveTransfer(transfer, next, transferPostings(next))
    this.tell(portfolio, next)
    return true
  }

  private tell(portfolio: Portfolio, transfer: Transfer): void {
    const at = this.deps.clock.now()
    this.deps.observer.notify({ type: 'transfer-changed', portfolio: portfolio.id, transfer, usd: transfer.value, at })
  }
}
