import { randomUUID } from 'node:crypto'
import { accessProviders } from './access-providers.js'
import { sha256 } from './adapters/access/secrets.js'
import { PostgresRateLimits } from './adapters/limits/postgres-rate-limits.js'
import { lookAside } from './adapters/store/database.js'
import { PostgresAuditLog } from './adapters/store/postgres-audit-log.js'
import { PostgresEventFeed } from './adapters/store/postgres-event-feed.js'
import { PostgresIdempotency } from './adapters/store/postgres-idempotency.js'
import { PostgresProposals } from './adapters/store/postgres-proposals.js'
import type { Parts } from './app.module.js'
import { AnswerProposal } from './application/answer-proposal.js'
import { CancelIntent } from './application/cancel-intent.js'
import { ClassifyInflow } from './application/classify-inflow.js'
import { EndPauses } from './application/end-pauses.js'
import { InvestigateTransfer } from './application/investigate-transfer.js'
import { Operations } from './application/operations.js'
import { TellStanding } from './application/tell-standing.js'
import { TakeStock } from './application/take-stock.js'
import { EndProposals } from './application/end-proposals.js'
import { portfoliosOf } from './config/portfolios.js'
import { gateProviders } from './interface/http/access/gate.js'
import { SharedAnswers } from './interface/http/access/shared-answers.js'
import { LastCycles } from './interface/http/last-cycles.js'
import { Approvals } from './interface/http/operations.controller.js'
import { AuditLog } from './ports/audit-log.js'
import { EventFeed } from './ports/event-feed.js'
import { Idempotency } from './ports/idempotency.js'
import { Lease } from './ports/lease.js'
import { Clock } from './ports/clock.js'
import { Observer } from './ports/observer.js'
import { Proposals } from './ports/proposals.js'
import { RateLimits } from './ports/rate-limits.js'
import { Store } from './ports/store.js'

/** What stands between a request and the daemon, and what is written down about it. */
export function adminProviders(parts: Parts) {
  const { config, database, databaseUrl, build } = parts
  const { readsPerMinute } = config.file.server
  return [
    ...accessProviders(parts),
    { provide: AuditLog, useFactory: () => new PostgresAuditLog(database) },
    { provide: Idempotency, useFactory: () => new PostgresIdempotency(database) },
    { provide: EventFeed, useFactory: () => new PostgresEventFeed(database) },
    { provide: PostgresRateLimits, useFactory: () => new PostgresRateLimits({ url: databaseUrl, readsPerMinute }) },
    { provide: RateLimits, useExisting: PostgresRateLimits },
    { provide: Proposals, useFactory: () => new PostgresProposals(database) },
    { provide: LastCycles, useFactory: (store: Store) => new LastCycles(store), inject: [Store] },
    { provide: Approvals, useFactory: () => new Approvals(config.file.server.approvals.resume) },
    {
      provide: AnswerProposal,
      useFactory: (
        proposals: Proposals,
        operations: Operations,
        cancelIntent: CancelIntent,
        investigateTransfer: InvestigateTransfer,
        classifyInflow: ClassifyInflow,
        endProposals: EndProposals,
        store: Store,
        clock: Clock,
        observer: Observer,
      ) =>
        new AnswerProposal({
          proposals,
          operations,
          cancelIntent,
          investigateTransfer,
          classifyInflow,
          endProposals,
          store,
          clock,
          observer,
          hash: sha256,
          newId: randomUUID,
        }),
      inject: [
        Proposals,
        Operations,
        CancelIntent,
        InvestigateTransfer,
        ClassifyInflow,
        EndProposals,
        Store,
        Clock,
        Observer,
      ],
    },
    {
      provide: InvestigateTransfer,
      useFactory: (store: Store, clock: Clock) => new InvestigateTransfer({ store, clock }),
      inject: [Store, Clock],
    },
    {
      provide: CancelIntent,
      useFactory: (store: Store, clock: Clock) => new CancelIntent({ store, clock }),
      inject: [Store, Clock],
    },
    {
      provide: EndPauses,
      useFactory: (
        store: Store,
        audit: AuditLog,
        lease: Lease,
        clock: Clock,
        observer: Observer,
        endProposals: EndProposals,
      ) =>
        new EndPauses({
          store,
          audit,
          lease,
          clock,
          observer,
          endProposals,
          build: build.version,
          pollMs: config.file.execution.pollMs,
        }),
      inject: [Store, AuditLog, Lease, Clock, Observer, EndProposals],
    },
    {
      provide: TakeStock,
      useFactory: (store: Store, proposals: Proposals, lease: Lease, clock: Clock, observer: Observer) =>
        new TakeStock({
          store,
          proposals,
          lease,
          clock,
          observer,
          portfolios: portfoliosOf(config.file),
          everyMs: config.file.execution.reconcileSeconds * 1000,
        }),
      inject: [Store, Proposals, Lease, Clock, Observer],
    },
    {
      provide: TellStanding,
      useFactory: (store: Store, audit: AuditLog, lease: Lease, clock: Clock, observer: Observer) =>
        new TellStanding({ store, audit, lease, clock, observer }),
      inject: [Store, AuditLog, Lease, Clock, Observer],
    },
    ...gateProviders(build.version, new SharedAnswers(), lookAside),
  ]
}
