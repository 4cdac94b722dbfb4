import { isExpired, PROPOSAL_KINDS, type Proposal } from '../domain/access/proposal.js'
import { spendOfNothing } from '../domain/execution/budget-claim.js'
import { capUse } from '../domain/policy/cap-use.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { shareOf } from '../domain/units/usd.js'
import type { Clock } from '../ports/clock.js'
import type { Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Proposals } from '../ports/proposals.js'
import type { Store } from '../ports/store.js'

/** More than ever wait at once: each is open for a quarter of an hour at most. */
const ALL_WAITING = 1_000

/**
 * Tells, for as long as the lease is held, how full the caps of each portfolio are and how much waits for the word of
 * people. It only reads; nothing is decided by it.
 */
export class TakeStock {
  constructor(
    private readonly deps: {
      store: Store
      proposals: Proposals
      lease: Lease
      clock: Clock
      observer: Observer
      portfolios: readonly Portfolio[]
      /** Pause between two looks. */
      everyMs: number
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { lease, clock, everyMs, portfolios } = this.deps
    while (!signal.aborted) {
      if (lease.isHeld()) {
        await this.attempt('counting what waits for people', () => this.countProposals())
        for (const portfolio of portfolios)
          await this.attempt(`reading the caps of ${portfolio.id}`, () => this.readCaps(portfolio))
      }
      await clock.sleep(everyMs, signal)
    }
  }

  private async countProposals(): Promise<void> {
    const { proposals, clock, observer } = this.deps
    const now = clock.now()
    const waiting = (await proposals.list({ state: 'open', limit: ALL_WAITING })).filter((one) => !isExpired(one, now))
    const open = Object.fromEntries(
      PROPOSAL_KINDS.map((kind) => [kind, waiting.filter((one) => one.kind === kind).length]),
    ) as Record<Proposal['kind'], number>
    observer.notify({ type: 'proposals-counted', open })
  }

  /** Caps are shares of NAV as of the last cycle; before the first one there is nothing to tell. */
  private async readCaps(portfolio: Portfolio): Promise<void> {
    const { store, clock, observer } = this.deps
    const [last] = await store.cycles({ portfolio: portfolio.id, limit: 1 })
    const nav = last && (await store.cycle(last.id))?.valuation.nav
    if (nav === undefined || nav <= 0n) return
    const now = clock.now()
    const whole = await store.budgetUse(spendOfNothing(portfolio, now))
    const chains = []
    for (const { key: chain } of portfolio.chains)
      chains.push(await store.budgetUse(spendOfNothing(portfolio, now, { chain })))
    const bridges = []
    for (const bridge of Object.keys(portfolio.bridges))
      bridges.push({ bridge, use: await store.budgetUse(spendOfNothing(portfolio, now, { bridge })) })
    observer.notify({
      type: 'caps-read',
      portfolio: portfolio.id,
      use: capUse(portfolio, { whole, chains, bridges }, nav),
      dayLoss: shareOf(whole.dayLoss, nav, 'up'),
    })
  }

  private async attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.deps.observer.notify({ type: 'failed', what, isRetried: true, error })
    }
  }
}
