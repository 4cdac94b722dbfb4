import { type Greeks, greeksOf } from '../domain/book/greeks.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { stateOf } from '../domain/policy/trigger.js'
import { measureDrift } from '../domain/portfolio/drift.js'
import type { Clock } from '../ports/clock.js'
import type { DerivativePositions } from '../ports/positions.js'
import type { Store } from '../ports/store.js'
import { circumstancesOf } from '../domain/policy/circumstances.js'
import { lastTradeOf } from './last-trade.js'
import type { LookAhead } from './look-ahead.js'
import type { PolicyBook } from './policy-book.js'

/** Exposures of the book as of the last cycle, and of the rule that will trade it. */
export class ReadGreeks {
  constructor(
    private readonly deps: {
      store: Store
      lookAhead: LookAhead
      policies: PolicyBook
      positions: DerivativePositions
      clock: Clock
    },
  ) {}

  /** Undefined before the first cycle. */
  async run(configured: Portfolio): Promise<{ readonly measuredAt: number; readonly greeks: Greeks } | undefined> {
    const { store, lookAhead, policies, positions, clock } = this.deps
    const [summary] = await store.cycles({ portfolio: configured.id, limit: 1 })
    const cycle = summary && (await store.cycle(summary.id))
    if (!cycle) return undefined
    const { valuation, market, startedAt: measuredAt } = cycle
    const outlook = await lookAhead.inForce(configured)
    const { portfolio } = outlook
    const drift = measureDrift(valuation, portfolio.policy)
    const records = { curves: await store.curves(), transfers: await store.openTransfers(configured.id) }
    const context = {
      now: clock.now(),
      ...(await lastTradeOf(store, configured)),
      askedBy: undefined,
      continues: undefined,
    }
    const hasState = drift.assets.length > 1 && drift.nav > 0n && drift.assets.some(({ target }) => target > 0n)
    return {
      measuredAt,
      greeks: greeksOf({
        valuation,
        assets: portfolio.assets,
        assetHubs: portfolio.policy.assetHubs,
        derivatives: await positions.read(configured.id),
        rule: hasState
          ? {
              policy: policies.of(configured).live.policy,
              state: stateOf(drift, context, circumstancesOf(portfolio, records, drift, market, outlook)),
              nav: drift.nav,
            }
          : undefined,
      }),
    }
  }
}
