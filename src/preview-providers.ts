import { loadQuadraticSolver } from './adapters/optimiser/highs-quadratic.js'
import { HighsSolver } from './adapters/optimiser/highs-solver.js'
import { nextDueOf } from './adapters/time/cron-calendar.js'
import type { Parts } from './app.module.js'
import { CollectQuotes } from './application/collect-quotes.js'
import { IdleQuotes } from './application/idle-quotes.js'
import { KeepTargets } from './application/keep-targets.js'
import { LookAhead } from './application/look-ahead.js'
import { PlayJointly } from './application/play-jointly.js'
import { PolicyBook } from './application/policy-book.js'
import { PreviewPlan, type PreviewRecords } from './application/preview-plan.js'
import { ProposePlan } from './application/propose-plan.js'
import { ReadPrices } from './application/read-prices.js'
import { ReadRisk } from './application/read-risk.js'
import { TakeSnapshot } from './application/take-snapshot.js'
import { variantOf } from './config/variant.js'
import type { Portfolio } from './domain/policy/portfolio.js'
import type { Trial, Variant } from './domain/policy/trial.js'
import { Balances } from './ports/balances.js'
import { Chain } from './ports/chain.js'
import { Clock } from './ports/clock.js'
import { NoObserver } from './ports/observer.js'
import { PriceSources } from './ports/prices.js'
import { QuoteVenues } from './ports/quotes.js'
import { Solver } from './ports/solver.js'
import { Store } from './ports/store.js'

/** What a preview looks at the world with, and what it gives way to. */
export interface PreviewParts {
  readonly balances: Balances
  readonly prices: PriceSources
  readonly venues: QuoteVenues
  readonly chain: Chain
  readonly keepTargets: KeepTargets
  readonly readRisk: ReadRisk
  /** Asks the venues for the daemon itself. */
  readonly daemon: Pick<CollectQuotes, 'isAsking'>
  readonly solver: Solver
  readonly store: PreviewRecords
  readonly clock: Clock
  readonly variantOf: (portfolio: string, trial: Trial) => Variant
}

/** Previews by the daemon's eyes, with nothing of what it stops, tells or writes by. */
export function previewPlanOf(parts: PreviewParts): PreviewPlan {
  const { balances, prices, venues, chain, keepTargets, readRisk, daemon, solver, store, clock, variantOf } = parts
  const observer = new NoObserver()
  const takeSnapshot = new TakeSnapshot({ balances, readPrices: new ReadPrices({ prices }), clock, observer })
  const lookAhead = new LookAhead({ keepTargets, readRisk, observer })
  const proposerFor = async (portfolio: Portfolio, signal: AbortSignal) => {
    const idle = { isNeeded: () => daemon.isAsking(), clock, signal }
    const quotes = new QuoteVenues(venues.venues.map((venue) => new IdleQuotes(venue, idle)))
    const collectQuotes = new CollectQuotes({ quotes, observer, clock })
    const playJointly = new PlayJointly({ collectQuotes, quotes, chain })
    const policies = await policiesFor(portfolio)
    return new ProposePlan({ takeSnapshot, lookAhead, policies, collectQuotes, playJointly, solver, clock, observer })
  }
  return new PreviewPlan({ variantOf, proposerFor, store, clock })
}

/** Made for one preview: a policy that is tried is not kept. */
async function policiesFor({ rebalancing, shadow }: Portfolio): Promise<PolicyBook> {
  const needsSolver = [rebalancing, shadow].some((one) => one?.choice.name === 'quadratic-program')
  return new PolicyBook({ nextDueOf, ...(needsSolver && { solve: await loadQuadraticSolver() }) })
}

export function previewProviders({ config: { file } }: Parts) {
  return [
    {
      provide: PreviewPlan,
      useFactory: (
        balances: Balances,
        prices: PriceSources,
        venues: QuoteVenues,
        chain: Chain,
        keepTargets: KeepTargets,
        readRisk: ReadRisk,
        daemon: CollectQuotes,
        store: Store,
        clock: Clock,
      ) =>
        previewPlanOf({
          balances,
          prices,
          venues,
          chain,
          keepTargets,
          readRisk,
          daemon,
          // Its own, so that no cycle waits for what a preview solves.
          solver: new HighsSolver(),
          store,
          clock,
          variantOf: (id, trial) => variantOf(file, id, trial),
        }),
      inject: [Balances, PriceSources, QuoteVenues, Chain, KeepTargets, ReadRisk, CollectQuotes, Store, Clock],
    },
  ]
}
