import { Test } from '@nestjs/testing'
import type { Provider, Type } from '@nestjs/common'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { isWithin } from '../../src/adapters/access/networks.js'
import { isSameDigest, sha256 } from '../../src/adapters/access/secrets.js'
import { NoPositions } from '../../src/adapters/positions/no-positions.js'
import { Authenticate } from '../../src/application/authenticate.js'
import { ClassifyInflow } from '../../src/application/classify-inflow.js'
import { LookAhead } from '../../src/application/look-ahead.js'
import { Operations } from '../../src/application/operations.js'
import { PolicyBook } from '../../src/application/policy-book.js'
import { AnswerProposal } from '../../src/application/answer-proposal.js'
import { RunCycle } from '../../src/application/run-cycle.js'
import { ReadGreeks } from '../../src/application/read-greeks.js'
import { keyOf } from '../../src/domain/access/key-text.js'
import type { KeyScope } from '../../src/domain/access/scopes.js'
import { gateProviders } from '../../src/interface/http/access/gate.js'
import { API_CONTROLLERS } from '../../src/interface/http/api-controllers.js'
import { applyHygiene } from '../../src/interface/http/hygiene.js'
import { Approvals } from '../../src/interface/http/operations.controller.js'
import { Portfolios } from '../../src/interface/http/portfolios.controller.js'
import { Scopes } from '../../src/interface/http/safety-wire.js'
import { ApiKeys } from '../../src/ports/api-keys.js'
import { AuditLog } from '../../src/ports/audit-log.js'
import { Clock } from '../../src/ports/clock.js'
import { EventFeed } from '../../src/ports/event-feed.js'
import { Failpoints } from '../../src/ports/failpoints.js'
import { History } from '../../src/ports/history.js'
import { Idempotency } from '../../src/ports/idempotency.js'
import { Identities, NoIdentities } from '../../src/ports/identities.js'
import { Observer } from '../../src/ports/observer.js'
import { Proposals } from '../../src/ports/proposals.js'
import { RateLimits } from '../../src/ports/rate-limits.js'
import { Stopping } from '../../src/ports/stopping.js'
import { Store } from '../../src/ports/store.js'
import { NOW } from './builders.js'
import { FakeClock } from './fake-clock.js'
import { RecordingObserver } from './fake-ports.js'
import { aPortfolio, FakeWorld } from './fake-world.js'
import { MemoryApiKeys, MemoryAuditLog } from './memory-access.js'
import { MemoryEventFeed, MemoryIdempotency, MemoryProposals, MemoryRateLimits } from './memory-admin.js'
import { MemoryHistory } from './memory-history.js'
import { MemoryStore } from './memory-store.js'

export const operatorToken = 'operator-token-of-the-tests'

/** The whole API with everything behind it in memory, as the daemon serves it. */
export interface GateApp {
  readonly app: NestExpressApplication
  readonly url: string
  readonly store: MemoryStore
  readonly history: MemoryHistory
  readonly audit: MemoryAuditLog
  readonly observer: RecordingObserver
  readonly clock: FakeClock
  /** The text of a new key with these scopes. */
  keyWith(scopes: readonly KeyScope[]): Promise<string>
  close(): Promise<void>
}

export interface GateAppChanges {
  readonly controllers?: readonly Type[]
  readonly providers?: readonly Provider[]
  readonly store?: MemoryStore
  readonly limits?: RateLimits
  readonly identities?: Identities
  readonly trustedProxies?: number
  readonly resumeTakes?: 1 | 2
  readonly runCycle?: RunCycle
  /** Before it listens. */
  readonly prepare?: (app: NestExpressApplication) => void
}

export async function startGateApp(changes: GateAppChanges = {}): Promise<GateApp> {
  const store = changes.store ?? new MemoryStore()
  const history = new MemoryHistory(store.rows)
  const audit = new MemoryAuditLog()
  const observer = new RecordingObserver()
  const clock = new FakeClock(NOW)
  const keys = new MemoryApiKeys()
  const portfolio = aPortfolio()
  const lookAhead = new LookAhead()
  const failpoints = new Failpoints()
  const proposals = new MemoryProposals()
  const operations = new Operations({ store, clock, observer, failpoints })
  const identities = changes.identities ?? new NoIdentities()
  const policies = new PolicyBook({})
  const positions = new NoPositions()
  const values: [abstract: unknown, value: unknown][] = [
    [Store, store],
    [History, history],
    [AuditLog, audit],
    [Observer, observer],
    [Clock, clock],
    [ApiKeys, keys],
    [Identities, identities],
    [RateLimits, changes.limits ?? new MemoryRateLimits()],
    [Idempotency, new MemoryIdempotency()],
    [Proposals, proposals],
    [Approvals, new Approvals(changes.resumeTakes ?? 1)],
    [
      AnswerProposal,
      new AnswerProposal({ proposals, operations, store, clock, observer, hash: sha256, newId: () => 'x1' }),
    ],
    [RunCycle, changes.runCycle ?? new FakeWorld().start().runCycle],
    [Stopping, new Stopping()],
    [EventFeed, new MemoryEventFeed()],
    [Portfolios, new Portfolios([portfolio])],
    [Scopes, new Scopes(['all', 'portfolio:core', 'chain:alpha', 'chain:beta', 'bridge:swift'])],
    [LookAhead, lookAhead],
    [Operations, operations],
    [ClassifyInflow, new ClassifyInflow({ store, observer })],
    [ReadGreeks, new ReadGreeks({ store, lookAhead, policies, positions, clock })],
    [
      Authenticate,
      new Authenticate({ keys, identities, clock, observer, operatorToken, hash: sha256, isSameDigest, isWithin }),
    ],
  ]
  const testing = await Test.createTestingModule({
    controllers: [...(changes.controllers ?? API_CONTROLLERS)],
    providers: [
      ...values.map(([provide, useValue]) => ({ provide: provide as Type, useValue })),
      ...gateProviders('test'),
      ...(changes.providers ?? []),
    ],
  }).compile()
  const app = testing.createNestApplication<NestExpressApplication>({ logger: false })
  applyHygiene(app, { observer, trustedProxies: changes.trustedProxies ?? 0 })
  changes.prepare?.(app)
  await app.listen(0, '127.0.0.1')
  let count = 0
  const keyWith = async (scopes: readonly KeyScope[]) => {
    count += 1
    const { id, text } = keyOf(Uint8Array.of(count, 0, 0, 0, 0, 0, 0, 0), new Uint8Array(32))
    const expiresAt = NOW + 86_400_000
    await keys.create({
      id,
      name: `key-${count}`,
      hash: sha256(text),
      scopes,
      createdAt: NOW,
      expiresAt,
      networks: [],
    })
    return text
  }
  const close = () => app.close()
  return { app, url: await app.getUrl(), store, history, audit, observer, clock, keyWith, close }
}
