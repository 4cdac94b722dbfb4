import type { ChainKey } from '../domain/assets.js'
import { InvariantError } from '../domain/errors.js'
import { firstFee } from '../domain/execution/fees.js'
import { judgeTank } from '../domain/policy/gas.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { type Chain, ChainError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import { type Lease, StaleLeaseError } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import { haltPortfolio } from './halt-portfolio.js'
import type { Reconcile } from './reconcile.js'
import type { SweepAllowances } from './sweep-allowances.js'
import type { TripBreaker } from './trip-breaker.js'

/**
 * Looks after the accounts for as long as the lease is held, whether cycles run or not: reconciles, sweeps allowances,
 * watches the coin that pays for gas. What one look finds stops the work, a broken invariant included; what fails is tried
 * again at the next.
 */
export class KeepWatch {
  constructor(
    private readonly deps: {
      reconcile: Reconcile
      sweepAllowances: SweepAllowances
      chain: Chain
      tripBreaker: TripBreaker
      store: Store
      lease: Lease
      clock: Clock
      observer: Observer
      portfolios: readonly Portfolio[]
      /** Pause between two looks, and between two looks at a revocation under way. */
      everyMs: number
      pollMs: number
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { lease, clock, everyMs, pollMs, sweepAllowances } = this.deps
    let due = clock.now()
    while (!signal.aborted) {
      let isUnderWay = false
      if (lease.isHeld()) {
        // What was signed while a portfolio was live is seen through in its dry run, too.
        for (const portfolio of this.deps.portfolios)
          await this.attempt(
            `the revocations of ${portfolio.id}`,
            async () => {
              isUnderWay = (await sweepAllowances.settle(portfolio)) || isUnderWay
            },
            portfolio,
          )
        if (clock.now() >= due) {
          await this.look()
          due = clock.now() + everyMs
        }
      }
      await clock.sleep(isUnderWay || !lease.isHeld() ? pollMs : Math.max(pollMs, due - clock.now()), signal)
    }
  }

  /** One look at everything. */
  async look(): Promise<void> {
    const { reconcile, sweepAllowances } = this.deps
    const portfolios = this.live()
    for (const portfolio of portfolios) {
      await this.attempt(`reconciling ${portfolio.id}`, () => reconcile.run(portfolio), portfolio)
      await this.attempt(`sweeping the allowances of ${portfolio.id}`, () => sweepAllowances.run(portfolio), portfolio)
    }
    for (const chain of new Set(portfolios.flatMap(({ chains }) => chains.map(({ key }) => key))))
      await this.attempt(`watching the coin on ${chain}`, () => this.checkTank(portfolios, chain))
  }

  /** The first account that has too little coin stops the chain, until all of them have enough (B-18). */
  private async checkTank(portfolios: readonly Portfolio[], chain: ChainKey): Promise<void> {
    const { tripBreaker } = this.deps
    const fee = firstFee(await this.deps.chain.fees(chain))
    const accounts = portfolios.filter(({ chains }) => chains.some(({ key }) => key === chain))
    for (const { account } of accounts) {
      const trip = judgeTank({ chain, account }, await this.deps.chain.coinBalance(chain, account), fee)
      if (trip) return tripBreaker.run(trip)
    }
    await tripBreaker.clear(`chain:${chain}`, 'B-18')
  }

  /** A dry run begins nothing on its account. */
  private live(): readonly Portfolio[] {
    return this.deps.portfolios.filter(({ mode }) => mode === 'live')
  }

  private async attempt(what: string, act: () => Promise<unknown>, portfolio?: Portfolio): Promise<void> {
    try {
      await act()
    } catch (error) {
      // Whoever holds the lease now looks after the accounts; a chain that is silent is asked again.
      if (error instanceof StaleLeaseError) return
      this.deps.observer.notify({ type: 'failed', what, isRetried: error instanceof ChainError, error })
      if (portfolio && error instanceof InvariantError)
        await haltPortfolio(this.deps, portfolio.id, error).catch((failure: unknown) =>
          this.deps.observer.notify({
            type: 'failed',
            what: `halting ${portfolio.id}`,
            isRetried: true,
            error: failure,
          }),
        )
    }
  }
}
