import { type DynamicModule, Module, type Provider } from '@nestjs/common'
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule'
import { TerminusModule } from '@nestjs/terminus'
import { Kysely } from 'kysely'
import { type Logger } from 'pino'
import { Registry } from 'prom-client'
import { adminProviders } from './admin-providers.js'
import { LifiQuotes } from './adapters/aggregators/lifi-quotes.js'
import { LifiTransfers } from './adapters/aggregators/lifi-transfers.js'
import { sha256 } from './adapters/access/secrets.js'
import { RateLimiters } from './adapters/aggregators/rate-limiter.js'
import { ZeroexQuotes } from './adapters/aggregators/zeroex-quotes.js'
import { EventTransfers } from './adapters/bridges/event-transfers.js'
import { BlockReader } from './adapters/chains/block-reader.js'
import { ChainEvents } from './adapters/chains/chain-events.js'
import { QuorumReader } from './adapters/chains/quorum-reader.js'
import { ViemBalances } from './adapters/chains/viem-balances.js'
import { ViemChain } from './adapters/chains/viem-chain.js'
import type { MetricLabels } from './adapters/observability/metrics.js'
import { EventObserver } from './adapters/observability/observer.js'
import { TraceIds } from './adapters/observability/traces/trace-ids.js'
import { HighsSolver } from './adapters/optimiser/highs-solver.js'
import { ChainlinkPrices } from './adapters/oracles/chainlink-prices.js'
import { ReferencePrices } from './adapters/oracles/reference-prices.js'
import { JournaledSigner } from './adapters/signers/journaled-signer.js'
import type { KeyHolder } from './adapters/signers/key-holder.js'
import { connectionsOf, type Database, hearQueries } from './adapters/store/database.js'
import { PostgresAuditLog } from './adapters/store/postgres-audit-log.js'
import { PostgresJournal } from './adapters/store/postgres-journal.js'
import { PostgresLease } from './adapters/store/postgres-lease.js'
import { PostgresProposals } from './adapters/store/postgres-proposals.js'
import { PostgresStore } from './adapters/store/postgres-store.js'
import { SystemClock } from './adapters/time/system-clock.js'
import { CheckCode } from './application/check-code.js'
import { CheckTogether } from './application/check-together.js'
import { ClassifyInflow } from './application/classify-inflow.js'
import { ClearLeg } from './application/clear-leg.js'
import { CollectQuotes } from './application/collect-quotes.js'
import { CompareWitnesses } from './application/compare-witnesses.js'
import { DenyList } from './application/deny-list.js'
import { DriveCycle } from './application/drive-cycle.js'
import { EndPauses } from './application/end-pauses.js'
import { FindOffer } from './application/find-offer.js'
import { FollowPrices } from './application/follow-prices.js'
import { HoldLease } from './application/hold-lease.js'
import { KeepAlerts } from './application/keep-alerts.js'
import { EndFenced } from './application/end-fenced.js'
import { KeepWatch } from './application/keep-watch.js'
import { LookAhead } from './application/look-ahead.js'
import { OfferLeg } from './application/offer-leg.js'
import { Operations } from './application/operations.js'
import { PlayJointly } from './application/play-jointly.js'
import { PolicyBook } from './application/policy-book.js'
import { PriceBoard } from './application/price-board.js'
import { ProposePlan } from './application/propose-plan.js'
import { ReadPrices } from './application/read-prices.js'
import { Reconcile } from './application/reconcile.js'
import { RunCycle } from './application/run-cycle.js'
import { SeekApproval } from './application/seek-approval.js'
import { SendNotifications } from './application/send-notifications.js'
import { SettleIntent } from './application/settle-intent.js'
import { SettleTransfers } from './application/settle-transfers.js'
import { SweepAllowances } from './application/sweep-allowances.js'
import { TakeSnapshot } from './application/take-snapshot.js'
import { TellStanding } from './application/tell-standing.js'
import { TakeStock } from './application/take-stock.js'
import { TripBreaker } from './application/trip-breaker.js'
import { VerifyAudit } from './application/verify-audit.js'
import { EndProposals } from './application/end-proposals.js'
import { WatchChains } from './application/watch-chains.js'
import { WatchPrices } from './application/watch-prices.js'
import { TellUntold } from './application/tell-untold.js'
import { WriteHolds } from './application/write-holds.js'
import { feeRulesOf } from './config/fee-rules.js'
import type { Config } from './config/load.js'
import {
  assetsOf,
  bridgeEventsOf,
  chainOptionsOf,
  chainsToWatchOf,
  metricLabelsOf,
  portfoliosOf,
  priceGuardsOf,
  scopesOfConfig,
} from './config/portfolios.js'
import { sameAddress } from './domain/assets.js'
import { actionsOf } from './interface/http/access/registered-routes.js'
import { API_CONTROLLERS } from './interface/http/api-controllers.js'
import { HealthController } from './interface/http/health.controller.js'
import { MetricsController } from './interface/http/metrics.controller.js'
import { Portfolios } from './interface/http/portfolios.controller.js'
import { Scopes } from './interface/http/safety-wire.js'
import { Readiness } from './interface/readiness.js'
import { CycleSchedule } from './interface/schedule/cycle.schedule.js'
import { liveProviders } from './live-providers.js'
import { lookingAhead, policyProviders } from './policy-providers.js'
import { previewProviders } from './preview-providers.js'
import { readProviders } from './read-providers.js'
import { Balances } from './ports/balances.js'
import { Chain } from './ports/chain.js'
import { Clock } from './ports/clock.js'
import { Failpoints } from './ports/failpoints.js'
import { Lease } from './ports/lease.js'
import { Observer } from './ports/observer.js'
import { Proposals } from './ports/proposals.js'
import { PriceSources } from './ports/prices.js'
import { QuoteVenues } from './ports/quotes.js'
import { Signer } from './ports/signer.js'
import { Solver } from './ports/solver.js'
import { Stopping } from './ports/stopping.js'
import { Store } from './ports/store.js'
import { NoTransfers, Transfers } from './ports/transfers.js'

/** What exists before the module is put together. */
export interface Parts {
  readonly config: Config
  readonly database: Database
  /** Where that database is, for connections of other kinds. */
  readonly databaseUrl: string
  /** Of the signer's journal, where it has a database of its own. */
  readonly journal?: Database
  readonly keys: KeyHolder
  readonly log: Logger
  readonly build: { readonly version: string; readonly revision: string; readonly schema: string }
  readonly failpoints: Failpoints
  /** Ends the process after an error that nothing can go on from. */
  readonly stop: (error: unknown) => void
}

/** The parts list of the daemon: which adapter stands behind which port, and which verb is made of which parts. */
function providersOf(parts: Parts): Provider[] {
  const {
    config: { file, secrets },
    database,
    journal,
    keys,
    log,
    build,
    failpoints,
    stop,
  } = parts
  const assets = assetsOf(file)
  const tokens = assets.flatMap((asset) => asset.tokens)
  const chainIds = Object.entries(file.chains).map(([chain, { chainId }]) => ({ chain, chainId }))
  const lifi = Object.entries(file.venues).flatMap(([venue, one]) => (one.kind === 'lifi' ? [{ venue, ...one }] : []))
  const pace = (one: { requestsPerSecond?: number | undefined; circuitSeconds: number }) => ({
    circuitMs: one.circuitSeconds * 1000,
    ...(one.requestsPerSecond !== undefined && { requestsPerSecond: one.requestsPerSecond }),
  })
  const lifiAccess = (one: Extract<(typeof file.venues)[string], { kind: 'lifi' }>, limiters: RateLimiters) => ({
    apiUrl: one.url,
    integrator: one.integrator,
    timeoutMs: one.timeoutSeconds * 1000,
    limiters,
    ...pace(one),
    ...(secrets.lifiApiKey !== undefined && { apiKey: secrets.lifiApiKey }),
  })
  const { execution } = file
  return [
    // The world
    { provide: Clock, useClass: SystemClock },
    { provide: Kysely, useValue: database },
    { provide: Registry, useFactory: () => new Registry() },
    { provide: Failpoints, useValue: failpoints },
    { provide: Stopping, useFactory: () => new Stopping() },
    { provide: Portfolios, useFactory: () => new Portfolios(portfoliosOf(file)) },
    {
      provide: EventObserver,
      useFactory: (registry: Registry, clock: Clock) => {
        const labels: MetricLabels = {
          ...metricLabelsOf(file, build.revision),
          actions: actionsOf(API_CONTROLLERS),
        }
        const connections = () => connectionsOf(database)
        const ids = new TraceIds(file.environment)
        const traces = file.traces && { traceOf: (cycleId: string) => ids.trace(cycleId) }
        const observer = new EventObserver({ log, registry, clock, labels, connections, ...traces })
        hearQueries(database, (query) => observer.notify({ type: 'queried', ...query }))
        return observer
      },
      inject: [Registry, Clock],
    },
    { provide: Observer, useExisting: EventObserver },
    {
      provide: QuorumReader,
      useFactory: (observer: Observer) =>
        new QuorumReader(chainOptionsOf(file, secrets.rpcUrls), {
          timeoutMs: file.endpoints.timeoutSeconds * 1000,
          quarantineMs: file.endpoints.quarantineSeconds * 1000,
          notify: (event) => observer.notify(event),
        }),
      inject: [Observer],
    },
    {
      provide: BlockReader,
      useFactory: (quorum: QuorumReader) => new BlockReader(quorum),
      inject: [QuorumReader],
    },
    {
      provide: Balances,
      useFactory: (quorum: QuorumReader, reader: BlockReader) => new ViemBalances(quorum, reader),
      inject: [QuorumReader, BlockReader],
    },
    { provide: Chain, useFactory: (quorum: QuorumReader) => new ViemChain(quorum), inject: [QuorumReader] },
    { provide: ChainEvents, useFactory: (reader: QuorumReader) => new ChainEvents(reader), inject: [QuorumReader] },
    {
      provide: ChainlinkPrices,
      useFactory: (reader: BlockReader, clock: Clock) =>
        new ChainlinkPrices({
          feeds: Object.entries(file.prices.feeds).map(([asset, feed]) => ({ asset, ...feed })),
          sequencerFeeds: Object.fromEntries(
            Object.entries(file.chains).flatMap(([key, { sequencerFeed }]) =>
              sequencerFeed ? [[key, sequencerFeed]] : [],
            ),
          ),
          read: async (chain, calls) => (await reader.read(chain, calls)).results,
          clock,
        }),
      inject: [BlockReader, Clock],
    },
    {
      provide: PriceSources,
      useFactory: (feeds: ChainlinkPrices, clock: Clock) =>
        new PriceSources([
          feeds,
          ...file.prices.http.map(
            ({ name, url, maxAgeSeconds, timeoutSeconds }) =>
              new ReferencePrices({
                name,
                url,
                assets: assets.map(({ key }) => key),
                maxAgeSeconds,
                timeoutMs: timeoutSeconds * 1000,
                clock,
              }),
          ),
        ]),
      inject: [ChainlinkPrices, Clock],
    },
    { provide: RateLimiters, useFactory: (clock: Clock) => new RateLimiters(clock), inject: [Clock] },
    { provide: Solver, useFactory: () => new HighsSolver() },
    {
      provide: QuoteVenues,
      useFactory: (clock: Clock, limiters: RateLimiters) =>
        new QuoteVenues(
          Object.entries(file.venues).map(([venue, one]) => {
            const common = { venue, chains: chainIds, tokens, allowed: one.allowed, clock: () => clock.now() }
            if (one.kind === 'zeroex')
              return new ZeroexQuotes({
                ...common,
                url: one.url,
                apiKey: secrets.zeroexApiKey ?? one.apiKey ?? '',
                transport: one.transport,
                timeoutMs: one.timeoutSeconds * 1000,
                limiters,
                ...pace(one),
              })
            return new LifiQuotes({
              ...common,
              ...lifiAccess(one, limiters),
              kinds: one.serves,
              ...(one.bridges && { bridges: one.bridges }),
            })
          }),
        ),
      inject: [Clock, RateLimiters],
    },
    {
      provide: Transfers,
      useFactory: (chain: ChainEvents, clock: Clock, observer: Observer) => {
        const [first] = lifi
        // Limiters of its own: quotes that use up the rate must not keep us from seeing where money is.
        const hints = first
          ? new LifiTransfers({
              ...lifiAccess(first, new RateLimiters(clock)),
              chains: chainIds,
              tokens,
              receipt: (key, hash) => chain.receipt(key, hash),
            })
          : new NoTransfers()
        return new EventTransfers({
          bridges: bridgeEventsOf(file),
          tokens,
          chain,
          maxBlocks: execution.logBlocks,
          hints,
          observer,
        })
      },
      inject: [ChainEvents, Clock, Observer],
    },
    {
      provide: Signer,
      useFactory: (observer: Observer, clock: Clock) => {
        const ending = new EndFenced({ audit: new PostgresAuditLog(database), clock, build: build.version, stop })
        return new JournaledSigner({
          keys,
          journal: new PostgresJournal(journal ?? database),
          chainIds: chainIds.map(({ chainId }) => chainId),
          failpoints,
          observer,
          onFenced: (error) => ending.run(error),
        })
      },
      inject: [Observer, Clock],
    },
    {
      provide: Lease,
      useFactory: () =>
        new PostgresLease({
          database,
          build: build.version,
          schemaVersion: build.schema,
          ttlMs: file.lease.ttlSeconds * 1000,
          selfFenceMs: file.lease.selfFenceSeconds * 1000,
        }),
    },
    {
      provide: Store,
      useFactory: (lease: Lease) => new PostgresStore({ database, lease, failpoints }),
      inject: [Lease],
    },
    { provide: Proposals, useFactory: () => new PostgresProposals(database) },

    ...policyProviders(parts),

    // The verbs
    { provide: ReadPrices, useFactory: (prices: PriceSources) => new ReadPrices({ prices }), inject: [PriceSources] },
    {
      provide: TakeSnapshot,
      useFactory: (balances: Balances, readPrices: ReadPrices, clock: Clock, observer: Observer) =>
        new TakeSnapshot({ balances, readPrices, clock, observer }),
      inject: [Balances, ReadPrices, Clock, Observer],
    },
    {
      provide: CollectQuotes,
      useFactory: (quotes: QuoteVenues, observer: Observer, clock: Clock) =>
        new CollectQuotes({ quotes, observer, clock }),
      inject: [QuoteVenues, Observer, Clock],
    },
    {
      provide: PlayJointly,
      useFactory: (collectQuotes: CollectQuotes, quotes: QuoteVenues, chain: Chain) =>
        new PlayJointly({ collectQuotes, quotes, chain }),
      inject: [CollectQuotes, QuoteVenues, Chain],
    },
    {
      provide: ProposePlan,
      useFactory: (
        takeSnapshot: TakeSnapshot,
        lookAhead: LookAhead,
        policies: PolicyBook,
        collectQuotes: CollectQuotes,
        playJointly: PlayJointly,
        solver: Solver,
        clock: Clock,
        observer: Observer,
      ) => new ProposePlan({ takeSnapshot, lookAhead, policies, collectQuotes, playJointly, solver, clock, observer }),
      inject: [TakeSnapshot, LookAhead, PolicyBook, CollectQuotes, PlayJointly, Solver, Clock, Observer],
    },
    {
      provide: CheckCode,
      useFactory: (chain: Chain, store: Store, tripBreaker: TripBreaker, clock: Clock) =>
        new CheckCode({ chain, store, tripBreaker, clock }),
      inject: [Chain, Store, TripBreaker, Clock],
    },
    {
      provide: FindOffer,
      useFactory: (
        collectQuotes: CollectQuotes,
        quotes: QuoteVenues,
        checkCode: CheckCode,
        chain: Chain,
        clock: Clock,
        observer: Observer,
      ) => new FindOffer({ collectQuotes, quotes, checkCode, chain, clock, observer }),
      inject: [CollectQuotes, QuoteVenues, CheckCode, Chain, Clock, Observer],
    },
    {
      provide: CheckTogether,
      useFactory: (findOffer: FindOffer, chain: Chain, clock: Clock) => new CheckTogether({ findOffer, chain, clock }),
      inject: [FindOffer, Chain, Clock],
    },
    {
      provide: OfferLeg,
      useFactory: (
        readPrices: ReadPrices,
        findOffer: FindOffer,
        checkTogether: CheckTogether,
        tripBreaker: TripBreaker,
        quotes: QuoteVenues,
        chain: Chain,
        store: Store,
        clock: Clock,
        observer: Observer,
      ) =>
        new OfferLeg({
          readPrices,
          findOffer,
          checkTogether,
          tripBreaker,
          quotes,
          chain,
          store,
          clock,
          observer,
          failpoints,
        }),
      inject: [ReadPrices, FindOffer, CheckTogether, TripBreaker, QuoteVenues, Chain, Store, Clock, Observer],
    },
    {
      provide: ClearLeg,
      useFactory: (
        chain: Chain,
        balances: Balances,
        tripBreaker: TripBreaker,
        store: Store,
        clock: Clock,
        observer: Observer,
      ) => new ClearLeg({ chain, balances, tripBreaker, store, clock, observer, failpoints }),
      inject: [Chain, Balances, TripBreaker, Store, Clock, Observer],
    },
    {
      provide: SettleIntent,
      useFactory: (
        chain: Chain,
        signer: Signer,
        store: Store,
        clock: Clock,
        observer: Observer,
        lease: Lease,
        stopping: Stopping,
        readPrices: ReadPrices,
        tripBreaker: TripBreaker,
      ) =>
        new SettleIntent({
          chain,
          signer,
          store,
          clock,
          observer,
          lease,
          stopping,
          failpoints,
          readPrices,
          tripBreaker,
          feeRules: feeRulesOf(file),
          resendMs: execution.resendSeconds * 1000,
        }),
      inject: [Chain, Signer, Store, Clock, Observer, Lease, Stopping, ReadPrices, TripBreaker],
    },
    {
      provide: SettleTransfers,
      useFactory: (
        transfers: Transfers,
        chain: Chain,
        store: Store,
        clock: Clock,
        observer: Observer,
        tripBreaker: TripBreaker,
      ) =>
        new SettleTransfers({
          transfers,
          chain,
          store,
          clock,
          observer,
          failpoints,
          tripBreaker,
          pollMs: execution.transferPollSeconds * 1000,
        }),
      inject: [Transfers, Chain, Store, Clock, Observer, TripBreaker],
    },
    {
      provide: DriveCycle,
      useFactory: (
        readPrices: ReadPrices,
        balances: Balances,
        tripBreaker: TripBreaker,
        offerLeg: OfferLeg,
        clearLeg: ClearLeg,
        settleIntent: SettleIntent,
        settleTransfers: SettleTransfers,
        seekApproval: SeekApproval,
        store: Store,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) =>
        new DriveCycle({
          readPrices,
          balances,
          tripBreaker,
          offerLeg,
          clearLeg,
          settleIntent,
          settleTransfers,
          seekApproval,
          store,
          lease,
          clock,
          observer,
          failpoints,
          pollMs: execution.pollMs,
        }),
      inject: [
        ReadPrices,
        Balances,
        TripBreaker,
        OfferLeg,
        ClearLeg,
        SettleIntent,
        SettleTransfers,
        SeekApproval,
        Store,
        Lease,
        Clock,
        Observer,
      ],
    },
    {
      provide: SeekApproval,
      useFactory: (proposals: Proposals, clock: Clock, observer: Observer) =>
        new SeekApproval({
          proposals,
          terms: { environment: file.environment, config: parts.config.hash },
          hash: sha256,
          clock,
          observer,
        }),
      inject: [Proposals, Clock, Observer],
    },
    {
      provide: Reconcile,
      useFactory: (
        balances: Balances,
        chain: Chain,
        store: Store,
        tripBreaker: TripBreaker,
        observer: Observer,
        clock: Clock,
      ) => new Reconcile({ balances, chain, store, tripBreaker, observer, clock }),
      inject: [Balances, Chain, Store, TripBreaker, Observer, Clock],
    },
    {
      provide: SweepAllowances,
      useFactory: (
        chain: Chain,
        store: Store,
        settleIntent: SettleIntent,
        tripBreaker: TripBreaker,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) => new SweepAllowances({ chain, store, settleIntent, tripBreaker, lease, clock, observer }),
      inject: [Chain, Store, SettleIntent, TripBreaker, Lease, Clock, Observer],
    },
    {
      provide: KeepWatch,
      useFactory: (
        reconcile: Reconcile,
        sweepAllowances: SweepAllowances,
        chain: Chain,
        tripBreaker: TripBreaker,
        store: Store,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) =>
        new KeepWatch({
          reconcile,
          sweepAllowances,
          chain,
          tripBreaker,
          store,
          lease,
          clock,
          observer,
          portfolios: portfoliosOf(file),
          everyMs: execution.reconcileSeconds * 1000,
          pollMs: execution.pollMs,
        }),
      inject: [Reconcile, SweepAllowances, Chain, TripBreaker, Store, Lease, Clock, Observer],
    },
    {
      provide: RunCycle,
      useFactory: (
        proposePlan: ProposePlan,
        driveCycle: DriveCycle,
        tripBreaker: TripBreaker,
        settleTransfers: SettleTransfers,
        reconcile: Reconcile,
        sweepAllowances: SweepAllowances,
        balances: Balances,
        store: Store,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) =>
        new RunCycle({
          proposePlan,
          driveCycle,
          tripBreaker,
          settleTransfers,
          reconcile,
          sweepAllowances,
          balances,
          store,
          lease,
          clock,
          observer,
          failpoints,
          stop,
        }),
      inject: [
        ProposePlan,
        DriveCycle,
        TripBreaker,
        SettleTransfers,
        Reconcile,
        SweepAllowances,
        Balances,
        Store,
        Lease,
        Clock,
        Observer,
      ],
    },
    {
      provide: TripBreaker,
      useFactory: (store: Store, clock: Clock, observer: Observer) => new TripBreaker({ store, clock, observer }),
      inject: [Store, Clock, Observer],
    },
    {
      provide: CompareWitnesses,
      useFactory: (chain: Chain, signer: Signer, store: Store, tripBreaker: TripBreaker, observer: Observer) =>
        new CompareWitnesses({
          chain,
          signer,
          store,
          tripBreaker,
          observer,
          places: portfoliosOf(file)
            .filter(({ account }) => signer.accounts().some((one) => sameAddress(one, account)))
            .flatMap(({ account, chains }) => chains.map(({ key }) => ({ chain: key, account }))),
        }),
      inject: [Chain, Signer, Store, TripBreaker, Observer],
    },
    {
      provide: HoldLease,
      useFactory: (
        lease: Lease,
        signer: Signer,
        compareWitnesses: CompareWitnesses,
        clock: Clock,
        observer: Observer,
      ) =>
        new HoldLease({
          lease,
          signer,
          compareWitnesses,
          clock,
          observer,
          renewMs: file.lease.renewSeconds * 1000,
          stop,
        }),
      inject: [Lease, Signer, CompareWitnesses, Clock, Observer],
    },
    {
      provide: WatchChains,
      useFactory: (
        chain: Chain,
        store: Store,
        tripBreaker: TripBreaker,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) =>
        new WatchChains({
          chains: chainsToWatchOf(file),
          quorumLossMs: file.endpoints.quorumLossSeconds * 1000,
          watchMs: file.endpoints.watchSeconds * 1000,
          chain,
          store,
          tripBreaker,
          lease,
          clock,
          observer,
        }),
      inject: [Chain, Store, TripBreaker, Lease, Clock, Observer],
    },
    {
      provide: EndProposals,
      useFactory: (store: Store, proposals: Proposals, clock: Clock, observer: Observer) =>
        new EndProposals({ store, proposals, clock, observer }),
      inject: [Store, Proposals, Clock, Observer],
    },
    {
      provide: Operations,
      useFactory: (store: Store, clock: Clock, observer: Observer, endProposals: EndProposals) =>
        new Operations({
          store,
          clock,
          observer,
          failpoints,
          endProposals,
          coolDownMs: file.server.approvals.cooldownMinutes * 60_000,
        }),
      inject: [Store, Clock, Observer, EndProposals],
    },
    {
      provide: WriteHolds,
      useFactory: (store: Store, operations: Operations, clock: Clock, observer: Observer) =>
        new WriteHolds({ store, operations, clock, observer }),
      inject: [Store, Operations, Clock, Observer],
    },
    {
      provide: ClassifyInflow,
      useFactory: (store: Store, observer: Observer) => new ClassifyInflow({ store, observer }),
      inject: [Store, Observer],
    },
    { provide: Readiness, useClass: Readiness },
  ]
}

/** The daemon: the admin API and the schedule. */
@Module({})
export class AppModule {
  static of(parts: Parts): DynamicModule {
    const portfolios = portfoliosOf(parts.config.file)
    return {
      module: AppModule,
      imports: [ScheduleModule.forRoot()],
      controllers: API_CONTROLLERS,
      providers: [
        ...providersOf(parts),
        ...adminProviders(parts),
        ...previewProviders(parts),
        ...readProviders(parts),
        ...liveProviders(parts),
        // Where something is executed prices are watched, and what is paused is not asked for.
        {
          provide: ReadPrices,
          useFactory: (prices: PriceSources, watchPrices: WatchPrices, board: PriceBoard) =>
            new ReadPrices({ prices, watchPrices, board }),
          inject: [PriceSources, WatchPrices, PriceBoard],
        },
        {
          provide: CollectQuotes,
          useFactory: (quotes: QuoteVenues, observer: Observer, clock: Clock, store: Store) =>
            new CollectQuotes({ quotes, observer, clock, store }),
          inject: [QuoteVenues, Observer, Clock, Store],
        },
        {
          provide: WatchPrices,
          useFactory: (tripBreaker: TripBreaker, store: Store, clock: Clock, observer: Observer) =>
            new WatchPrices({ guards: priceGuardsOf(parts.config.file), tripBreaker, store, clock, observer }),
          inject: [TripBreaker, Store, Clock, Observer],
        },
        {
          provide: FollowPrices,
          useFactory: (readPrices: ReadPrices, clock: Clock, observer: Observer) =>
            new FollowPrices({
              readPrices,
              clock,
              observer,
              portfolios,
              everyMs: parts.config.file.prices.guard.readSeconds * 1000,
            }),
          inject: [ReadPrices, Clock, Observer],
        },
        { provide: Scopes, useFactory: () => new Scopes(scopesOfConfig(parts.config.file)) },
        {
          provide: CycleSchedule,
          useFactory: (
            registry: SchedulerRegistry,
            runCycle: RunCycle,
            holdLease: HoldLease,
            readiness: Readiness,
            stopping: Stopping,
            watchChains: WatchChains,
            followPrices: FollowPrices,
            keepWatch: KeepWatch,
            endPauses: EndPauses,
            takeStock: TakeStock,
            verifyAudit: VerifyAudit,
            sendNotifications: SendNotifications,
            keepAlerts: KeepAlerts,
            tellStanding: TellStanding,
            tellUntold: TellUntold,
            writeHolds: WriteHolds,
            denyList: DenyList,
          ) =>
            new CycleSchedule({
              registry,
              runCycle,
              holdLease,
              readiness,
              stopping,
              schedules: portfolios.map((portfolio) => ({
                portfolio,
                cron: parts.config.file.portfolios[portfolio.id]!.schedule,
              })),
              watchers: [
                watchChains,
                followPrices,
                verifyAudit,
                sendNotifications,
                keepAlerts,
                tellStanding,
                tellUntold,
                writeHolds,
                ...(parts.config.file.server.auth.oidc ? [denyList] : []),
              ],
              keepers: [keepWatch, endPauses, takeStock],
            }),
          inject: [
            SchedulerRegistry,
            RunCycle,
            HoldLease,
            Readiness,
            Stopping,
            WatchChains,
            FollowPrices,
            KeepWatch,
            EndPauses,
            TakeStock,
            VerifyAudit,
            SendNotifications,
            KeepAlerts,
            TellStanding,
            TellUntold,
            WriteHolds,
            DenyList,
          ],
        },
      ],
    }
  }
}

/** The same machine without schedule and API, for commands that only look. */
@Module({})
export class LookModule {
  static of(parts: Parts): DynamicModule {
    return { module: LookModule, providers: [...providersOf(parts), lookingAhead(parts)] }
  }
}

/** Health and metrics, on a port of their own. Shares the daemon's objects. */
@Module({})
export class OpsModule {
  static of(shared: { store: Store; registry: Registry; readiness: Readiness }): DynamicModule {
    return {
      module: OpsModule,
      imports: [TerminusModule],
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Store, useValue: shared.store },
        { provide: Registry, useValue: shared.registry },
        { provide: Readiness, useValue: shared.readiness },
      ],
    }
  }
}
