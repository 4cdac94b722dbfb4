import { sha256 } from './adapters/access/secrets.js'
import { loadQuadraticSolver } from './adapters/optimiser/highs-quadratic.js'
import { NoPositions } from './adapters/positions/no-positions.js'
import { PostgresHistory } from './adapters/store/postgres-history.js'
import { FileTargets } from './adapters/targets/file-targets.js'
import { HttpTargets } from './adapters/targets/http-targets.js'
import { nextDueOf } from './adapters/time/cron-calendar.js'
import { KeepTargets } from './application/keep-targets.js'
import { LookAhead } from './application/look-ahead.js'
import { PolicyBook } from './application/policy-book.js'
import { ReadGreeks } from './application/read-greeks.js'
import { ReadRisk } from './application/read-risk.js'
import { RecordHistory } from './application/record-history.js'
import type { Parts } from './app.module.js'
import { portfoliosOf } from './config/portfolios.js'
import type { Portfolio } from './domain/policy/portfolio.js'
import { Clock } from './ports/clock.js'
import { History } from './ports/history.js'
import { Observer } from './ports/observer.js'
import { DerivativePositions } from './ports/positions.js'
import { Store } from './ports/store.js'
import { type TargetSource, TargetSources } from './ports/target-source.js'

/** For the whole answer of a source of weights. */
const SOURCE_TIMEOUT_MS = 10_000

/** When and toward what: policies, targets, history and risk. */
export function policyProviders({ config: { file, secrets }, database }: Parts) {
  const portfolios = portfoliosOf(file)
  const needsSolver = portfolios.some(({ rebalancing, shadow }) =>
    [rebalancing, shadow].some((one) => one?.choice.name === 'quadratic-program'),
  )
  return [
    { provide: History, useFactory: () => new PostgresHistory(database) },
    {
      provide: TargetSources,
      useFactory: () =>
        new TargetSources(
          new Map(
            portfolios.flatMap((portfolio) => {
              const source = sourceOf(portfolio, secrets.targetsTokens[portfolio.id])
              return source ? [[portfolio.id, source] as const] : []
            }),
          ),
        ),
    },
    { provide: DerivativePositions, useClass: NoPositions },
    {
      provide: PolicyBook,
      // All of them at once, so that what cannot be made ends the start and not a cycle.
      useFactory: async () => {
        const book = new PolicyBook({ nextDueOf, ...(needsSolver && { solve: await loadQuadraticSolver() }) })
        for (const portfolio of portfolios) book.of(portfolio)
        return book
      },
    },
    {
      provide: KeepTargets,
      useFactory: (history: History, sources: TargetSources, clock: Clock, observer: Observer) =>
        new KeepTargets({ history, sources, clock, observer }),
      inject: [History, TargetSources, Clock, Observer],
    },
    {
      provide: ReadRisk,
      useFactory: (history: History, clock: Clock) => new ReadRisk({ history, clock, hash: sha256 }),
      inject: [History, Clock],
    },
    {
      provide: LookAhead,
      useFactory: (history: History, keepTargets: KeepTargets, readRisk: ReadRisk, observer: Observer) =>
        new LookAhead({ recordHistory: new RecordHistory({ history }), keepTargets, readRisk, observer }),
      inject: [History, KeepTargets, ReadRisk, Observer],
    },
    {
      provide: ReadGreeks,
      useFactory: (
        store: Store,
        lookAhead: LookAhead,
        policies: PolicyBook,
        positions: DerivativePositions,
        clock: Clock,
      ) => new ReadGreeks({ store, lookAhead, policies, positions, clock }),
      inject: [Store, LookAhead, PolicyBook, DerivativePositions, Clock],
    },
  ]
}

/** For commands that only look: nothing is written, and without a database nothing is known. */
export function lookingAhead({ config: { secrets } }: Parts) {
  return {
    provide: LookAhead,
    useFactory: (keepTargets: KeepTargets, readRisk: ReadRisk, observer: Observer) =>
      secrets.databaseUrl === undefined ? new LookAhead() : new LookAhead({ keepTargets, readRisk, observer }),
    inject: [KeepTargets, ReadRisk, Observer],
  }
}

function sourceOf({ targetSetting: { source } }: Portfolio, token: string | undefined): TargetSource | undefined {
  if (!source) return undefined
  const { kind, location, publicKey } = source
  return kind === 'file'
    ? new FileTargets({ path: location, publicKey })
    : new HttpTargets({ url: location, publicKey, token, timeoutMs: SOURCE_TIMEOUT_MS })
}
