import { Test } from '@nestjs/testing'
import type { Provider, Type } from '@nestjs/common'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { CallReader } from '../../src/adapters/aggregators/call-reader.js'
import { isWithin } from '../../src/adapters/access/networks.js'
import { isSameDigest, sha256 } from '../../src/adapters/access/secrets.js'
import { SystemClock } from '../../src/adapters/time/system-clock.js'
import { NoPositions } from '../../src/adapters/positions/no-positions.js'
import { Authenticate } from '../../src/application/authenticate.js'
import { DenyList } from '../../src/application/deny-list.js'
import { ClassifyInflow } from '../../src/application/classify-inflow.js'
import { FollowEvents } from '../../src/application/follow-events.js'
import { InvestigateTransfer } from '../../src/application/investigate-transfer.js'
import { LookAhead } from '../../src/application/look-ahead.js'
import { CancelIntent } from '../../src/application/cancel-intent.js'
import { Operations } from '../../src/application/operations.js'
import { EndProposals } from '../../src/application/end-proposals.js'
import { PriceBoard } from '../../src/application/price-board.js'
import { PolicyBook } from '../../src/application/policy-book.js'
import { AnswerProposal } from '../../src/application/answer-proposal.js'
import { PreviewPlan } from '../../src/application/preview-plan.js'
import { RunCycle } from '../../src/application/run-cycle.js'
import { ReadGreeks } from '../../src/application/read-greeks.js'
import { keyOf } from '../../src/domain/access/key-text.js'
import type { KeyScope } from '../../src/domain/access/scopes.js'
import type { PriceGuard } from '../../src/domain/policy/price-guard.js'
import { gateProviders } from '../../src/interface/http/access/gate.js'
import type { SharedAnswers } from '../../src/interface/http/access/shared-answers.js'
import { API_CONTROLLERS } from '../../src/interface/http/api-controllers.js'
import { applyHygiene } from '../../src/interface/http/hygiene.js'
import { Installation } from '../../src/interface/http/installation.js'
import { LastCycles } from '../../src/interface/http/last-cycles.js'
import { Approvals } from '../../src/interface/http/operations.controller.js'
import { Portfolios } from '../../src/interface/http/portfolios.controller.js'
import { Scopes } from '../../src/interface/http/safety-wire.js'
import { ApiKeys } from '../../src/ports/api-keys.js'
import { AuditLog } from '../../src/ports/audit-log.js'
import { Calls } from '../../src/ports/calls.js'
import { ChainStandings } from '../../src/ports/chain-standings.js'
import { Clock } from '../../src/ports/clock.js'
import { Lease } from '../../src/ports/lease.js'
import { EventFeed } from '../../src/ports/event-feed.js'
import { Failpoints } from '../../src/ports/failpoints.js'
import { History } from '../../src/ports/history.js'
import { Idempotency } from '../../src/ports/idempotency.js'
import { Identities, NoIdentities } from '../../src/ports/identities.js'
import { Observer } from '../../src/ports/observer.js'
import { DerivativePositions } from '../../src/ports/positions.js'
import { Proposals } from '../../src/ports/proposals.js'
import { RateLimits } from '../../src/ports/rate-limits.js'
import { Records } from '../../src/ports/records.js'
import { Stopping } from '../../src/ports/stopping.js'
import { Store } from '../../src/ports/store.js'
import { NOW } from './builders.js'
import { FakeClock } from './fake-clock.js'
import { FakeLease, RecordingObserver } from './fake-ports.js'
import { aPortfolio, FakeWorld } from './fake-world.js'
import { MemoryApiKeys, MemoryAuditLog, MemoryDenials } from './memory-access.js'
import { MemoryEventFeed, MemoryIdempotency, MemoryProposals, MemoryRateLimits } from './memory-admin.js'
import { MemoryHistory } from './memory-history.js'
import { MemoryRecords } from './memory-records.js'
import { MemoryStore } from './memory-store.js'
import { previewIn } from './previews.js'

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
  readonly board: PriceBoard
  readonly feed: MemoryEventFeed
  readonly keys: MemoryApiKeys
  readonly denials: MemoryDenials
  readonly stopping: Stopping
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
  readonly standings?: ChainStandings
  readonly guards?: readonly PriceGuard[]
  readonly runCycle?: RunCycle
  readonly previewPlan?: PreviewPlan
  /** How events are followed; by the real time, for while somebody listens a fake one would fly. */
  readonly following?: Partial<ConstructorParameters<typeof FollowEvents>[0]>
  /** Where records change without a request: answers that nobody shares. */
  readonly answers?: SharedAnswers
  /** Before it listens. */
  readonly prepare?: (app: NestExpressApplication) => void
}

/** Nothing was asked yet. */
class NoStandings extends ChainStandings {
  override all = () => []
}

export async function startGateApp(changes: GateAppChanges = {}): Promise<GateApp> {
  const store = changes.store ?? new MemoryStore()
  const history = new MemoryHistory(store.rows)
  const audit = new MemoryAuditLog()
  const observer = new RecordingObserver()
  const clock = new FakeClock(NOW)
  const keys = new MemoryApiKeys()
  const denials = new MemoryDenials()
  const denyList = new DenyList({ denials, clock: changes.following?.clock ?? clock, observer })
  const feed = new MemoryEventFeed()
  const stopping = new Stopping()
  const portfolio = aPortfolio()
  const lookAhead = new LookAhead()
  const failpoints = new Failpoints()
  const proposals = new MemoryProposals()
  let proposed = 0
  const endProposals = new EndProposals({ store, proposals, clock, observer })
  const operations = new Operations({ store, clock, observer, failpoints, endProposals })
  const cancelIntent = new CancelIntent({ store, clock })
  const investigateTransfer = new InvestigateTransfer({ store, clock })
  const classifyInflow = new ClassifyInflow({ store, observer })
  const identities = changes.identities ?? new NoIdentities()
  const policies = new PolicyBook({})
  const positions = new NoPositions()
  const board = new PriceBoard({ rules: portfolio.priceRules, guards: changes.guards ?? [], store, clock })
  const values: [abstract: unknown, value: unknown][] = [
    [Store, store],
    [History, history],
    [AuditLog, audit],
    [Observer, observer],
    [Clock, clock],
    [Lease, new FakeLease()],
    [ApiKeys, keys],
    [Identities, identities],
    [RateLimits, changes.limits ?? new MemoryRateLimits()],
    [Idempotency, new MemoryIdempotency()],
    [Proposals, proposals],
    [Approvals, new Approvals(changes.resumeTakes ?? 1)],
    [
      AnswerProposal,
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
        newId: () => `x${(proposed += 1)}`,
      }),
    ],
    [RunCycle, changes.runCycle ?? new FakeWorld().start().runCycle],
    [Stopping, stopping],
    [CancelIntent, cancelIntent],
    [InvestigateTransfer, investigateTransfer],
    [PreviewPlan, changes.previewPlan ?? previewIn(FakeWorld.drifted())],
    [EventFeed, feed],
    [
      FollowEvents,
      new FollowEvents({ feed, clock: new SystemClock(), observer, stopping: stopping.signal, ...changes.following }),
    ],
    [Portfolios, new Portfolios([portfolio])],
    [LastCycles, new LastCycles(store)],
    [Records, new MemoryRecords(store.rows)],
    [DerivativePositions, positions],
    [
      Calls,
      new CallReader([
        { chain: 'alpha', chainId: 901 },
        { chain: 'beta', chainId: 902 },
      ]),
    ],
    [ChainStandings, changes.standings ?? new NoStandings()],
    [PriceBoard, board],
    [
      Installation,
      new Installation({
        version: 'test',
        revision: '',
        schema: '0001-of-the-tests',
        configHash: 'c0ffee',
        config: { chains: {} },
      }),
    ],
    [Scopes, new Scopes(['all', 'portfolio:core', 'chain:alpha', 'chain:beta', 'bridge:swift'])],
    [LookAhead, lookAhead],
    [Operations, operations],
    [ClassifyInflow, classifyInflow],
    [ReadGreeks, new ReadGreeks({ store, lookAhead, policies, positions, clock })],
    [
      Authenticate,
      new Authenticate({
        keys,
        identities,
        denyList,
        clock,
        observer,
        operatorToken,
        hash: sha256,
        isSameDigest,
        isWithin,
      }),
    ],
  ]
  const testing = await Test.createTestingModule({
    controllers: [...(changes.controllers ?? API_CONTROLLERS)],
    providers: [
      ...values.map(([provide, useValue]) => ({ provide: provide as Type, useValue })),
      ...gateProviders('test', changes.answers),
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
  return {
    app,
    url: await app.getUrl(),
    store,
    history,
    audit,
    observer,
    clock,
    board,
    feed,
    keys,
    denials,
    stopping,
    keyWith,
    close,
  }
}
