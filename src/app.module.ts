import { type DynamicModule, Module, type Provider } from '@nestjs/common'
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule'
import { TerminusModule } from '@nestjs/terminus'
import { Kysely } from 'kysely'
import { type Logger } from 'pino'
import { Registry } from 'prom-client'
import { LifiQuotes } from './adapters/aggregators/lifi-quotes.js'
import { LifiTransfers } from './adapters/aggregators/lifi-transfers.js'
import { RateLimiters } from './adapters/aggregators/rate-limiter.js'
import { ZeroexQuotes } from './adapters/aggregators/zeroex-quotes.js'
import { BlockReader } from './adapters/chains/block-reader.js'
import { Clients } from './adapters/chains/clients.js'
import { ViemBalances } from './adapters/chains/viem-balances.js'
import { ViemChain } from './adapters/chains/viem-chain.js'
import type { MetricLabels } from './adapters/observability/metrics.js'
import { EventObserver } from './adapters/observability/observer.js'
import { HighsSolver } from './adapters/optimiser/highs-solver.js'
import { ChainlinkPrices } from './adapters/oracles/chainlink-prices.js'
import { ReferencePrices } from './adapters/oracles/reference-prices.js'
import { LocalSigner } from './adapters/signers/local-signer.js'
import { NoSigner } from './adapters/signers/no-signer.js'
import type { Database } from './adapters/store/database.js'
import { PostgresLease } from './adapters/store/postgres-lease.js'
import { PostgresStore } from './adapters/store/postgres-store.js'
import { SystemClock } from './adapters/time/system-clock.js'
import { CheckTogether } from './application/check-together.js'
import { ClearLeg } from './application/clear-leg.js'
import { CollectQuotes } from './application/collect-quotes.js'
import { DriveCycle } from './application/drive-cycle.js'
import { FindOffer } from './application/find-offer.js'
import { HoldLease } from './application/hold-lease.js'
import { OfferLeg } from './application/offer-leg.js'
import { Operations } from './application/operations.js'
import { PlayJointly } from './application/play-jointly.js'
import { ProposePlan } from './application/propose-plan.js'
import { ReadPrices } from './application/read-prices.js'
import { Reconcile } from './application/reconcile.js'
import { RunCycle } from './application/run-cycle.js'
import { SettleIntent } from './application/settle-intent.js'
import { SettleTransfers } from './application/settle-transfers.js'
import { TakeSnapshot } from './application/take-snapshot.js'
import { isSandboxChain } from './config/check.js'
import type { Config } from './config/load.js'
import { assetsOf, chainOptionsOf, metricLabelsOf, portfoliosOf } from './config/portfolios.js'
import { AdminToken } from './interface/http/admin.guard.js'
import { CyclesController } from './interface/http/cycles.controller.js'
import { HealthController } from './interface/http/health.controller.js'
import { MetricsController } from './interface/http/metrics.controller.js'
import { OperationsController } from './interface/http/operations.controller.js'
import { Portfolios, PortfoliosController } from './interface/http/portfolios.controller.js'
import { Readiness } from './interface/readiness.js'
import { CycleSchedule } from './interface/schedule/cycle.schedule.js'
import { Balances } from './ports/balances.js'
import { Chain } from './ports/chain.js'
import { Clock } from './ports/clock.js'
import { Failpoints } from './ports/failpoints.js'
import { Lease } from './ports/lease.js'
import { Observer } from './ports/observer.js'
import { PriceSources } from './ports/prices.js'
import { QuoteVenues } from './ports/quotes.js'
import { Signer } from './ports/signer.js'
import { Solver } from './ports/solver.js'
import { Store } from './ports/store.js'
import { NoTransfers, Transfers } from './ports/transfers.js'

/** What exists before the module is put together. */
export interface Parts {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  readonly build: { readonly version: string; readonly revision: string; readonly schema: string }
  readonly failpoints: Failpoints
  /** Ends the process after an error that nothing can go on from. */
  readonly stop: (error: unknown) => void
}

/** The parts list of the daemon: which adapter stands behind which port, and which verb is made of which parts. */
function providersOf({ config: { file, secrets }, database, log, build, failpoints, stop }: Parts): Provider[] {
  const assets = assetsOf(file)
  const tokens = assets.flatMap((asset) => asset.tokens)
  const chainIds = Object.entries(file.chains).map(([chain, { chainId }]) => ({ chain, chainId }))
  const lifi = Object.entries(file.venues).flatMap(([venue, one]) => (one.kind === 'lifi' ? [{ venue, ...one }] : []))
  const pace = ({ requestsPerSecond }: { requestsPerSecond?: number | undefined }) =>
    requestsPerSecond === undefined ? {} : { requestsPerSecond }
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
    { provide: Portfolios, useFactory: () => new Portfolios(portfoliosOf(file)) },
    {
      provide: Observer,
      useFactory: (registry: Registry, clock: Clock) =>
        new EventObserver({
          log,
          registry,
          clock,
          labels: metricLabelsOf(file, build.revision) satisfies MetricLabels,
        }),
      inject: [Registry, Clock],
    },
    { provide: Clients, useFactory: () => new Clients(chainOptionsOf(file)) },
    { provide: BlockReader, useFactory: (clients: Clients) => new BlockReader(clients), inject: [Clients] },
    {
      provide: Balances,
      useFactory: (clients: Clients, reader: BlockReader) => new ViemBalances(clients, reader),
      inject: [Clients, BlockReader],
    },
    { provide: Chain, useFactory: (clients: Clients) => new ViemChain(clients), inject: [Clients] },
    {
      provide: PriceSources,
      useFactory: (reader: BlockReader, clock: Clock) =>
        new PriceSources([
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
      inject: [BlockReader, Clock],
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
      useFactory: (chain: ViemChain, limiters: RateLimiters) => {
        const [first] = lifi
        if (!first) return new NoTransfers()
        return new LifiTransfers({
          ...lifiAccess(first, limiters),
          chains: chainIds,
          tokens,
          receipt: (key, hash) => chain.receipt(key, hash),
        })
      },
      inject: [Chain, RateLimiters],
    },
    {
      provide: Signer,
      useFactory: () =>
        file.signer.kind === 'development' ? new LocalSigner(file.signer.index, isSandboxChain) : new NoSigner(),
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
    { provide: Store, useFactory: (lease: Lease) => new PostgresStore({ database, lease }), inject: [Lease] },

    // The verbs
    { provide: ReadPrices, useFactory: (prices: PriceSources) => new ReadPrices({ prices }), inject: [PriceSources] },
    {
      provide: TakeSnapshot,
      useFactory: (balances: Balances, readPrices: ReadPrices, clock: Clock) =>
        new TakeSnapshot({ balances, readPrices, clock }),
      inject: [Balances, ReadPrices, Clock],
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
        collectQuotes: CollectQuotes,
        playJointly: PlayJointly,
        solver: Solver,
        clock: Clock,
        observer: Observer,
      ) => new ProposePlan({ takeSnapshot, collectQuotes, playJointly, solver, clock, observer }),
      inject: [TakeSnapshot, CollectQuotes, PlayJointly, Solver, Clock, Observer],
    },
    {
      provide: FindOffer,
      useFactory: (collectQuotes: CollectQuotes, quotes: QuoteVenues, clock: Clock) =>
        new FindOffer({ collectQuotes, quotes, clock }),
      inject: [CollectQuotes, QuoteVenues, Clock],
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
        chain: Chain,
        store: Store,
        clock: Clock,
        observer: Observer,
      ) => new OfferLeg({ readPrices, findOffer, checkTogether, chain, store, clock, observer, failpoints }),
      inject: [ReadPrices, FindOffer, CheckTogether, Chain, Store, Clock, Observer],
    },
    {
      provide: ClearLeg,
      useFactory: (chain: Chain, store: Store, clock: Clock, observer: Observer) =>
        new ClearLeg({ chain, store, clock, observer }),
      inject: [Chain, Store, Clock, Observer],
    },
    {
      provide: SettleIntent,
      useFactory: (chain: Chain, signer: Signer, store: Store, clock: Clock, observer: Observer, lease: Lease) =>
        new SettleIntent({
          chain,
          signer,
          store,
          clock,
          observer,
          lease,
          failpoints,
          resendMs: execution.resendSeconds * 1000,
        }),
      inject: [Chain, Signer, Store, Clock, Observer, Lease],
    },
    {
      provide: SettleTransfers,
      useFactory: (transfers: Transfers, chain: Chain, store: Store, clock: Clock, observer: Observer) =>
        new SettleTransfers({
          transfers,
          chain,
          store,
          clock,
          observer,
          failpoints,
          pollMs: execution.transferPollSeconds * 1000,
        }),
      inject: [Transfers, Chain, Store, Clock, Observer],
    },
    {
      provide: DriveCycle,
      useFactory: (
        readPrices: ReadPrices,
        offerLeg: OfferLeg,
        clearLeg: ClearLeg,
        settleIntent: SettleIntent,
        settleTransfers: SettleTransfers,
        store: Store,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) =>
        new DriveCycle({
          readPrices,
          offerLeg,
          clearLeg,
          settleIntent,
          settleTransfers,
          store,
          lease,
          clock,
          observer,
          failpoints,
          pollMs: execution.pollMs,
        }),
      inject: [ReadPrices, OfferLeg, ClearLeg, SettleIntent, SettleTransfers, Store, Lease, Clock, Observer],
    },
    {
      provide: Reconcile,
      useFactory: (balances: Balances, store: Store, observer: Observer, clock: Clock) =>
        new Reconcile({ balances, store, observer, clock }),
      inject: [Balances, Store, Observer, Clock],
    },
    {
      provide: RunCycle,
      useFactory: (
        proposePlan: ProposePlan,
        driveCycle: DriveCycle,
        settleTransfers: SettleTransfers,
        reconcile: Reconcile,
        store: Store,
        lease: Lease,
        clock: Clock,
        observer: Observer,
      ) => new RunCycle({ proposePlan, driveCycle, settleTransfers, reconcile, store, lease, clock, observer, stop }),
      inject: [ProposePlan, DriveCycle, SettleTransfers, Reconcile, Store, Lease, Clock, Observer],
    },
    {
      provide: HoldLease,
      useFactory: (lease: Lease, clock: Clock, observer: Observer) =>
        new HoldLease({ lease, clock, observer, renewMs: file.lease.renewSeconds * 1000, stop }),
      inject: [Lease, Clock, Observer],
    },
    {
      provide: Operations,
      useFactory: (store: Store, clock: Clock, observer: Observer) => new Operations({ store, clock, observer }),
      inject: [Store, Clock, Observer],
    },
    { provide: Readiness, useClass: Readiness },
    { provide: AdminToken, useFactory: () => new AdminToken(secrets.adminToken) },
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
      controllers: [PortfoliosController, CyclesController, OperationsController],
      providers: [
        ...providersOf(parts),
        {
          provide: CycleSchedule,
          useFactory: (registry: SchedulerRegistry, runCycle: RunCycle, holdLease: HoldLease, readiness: Readiness) =>
            new CycleSchedule({
              registry,
              runCycle,
              holdLease,
              readiness,
              schedules: portfolios.map((portfolio) => ({
                portfolio,
                cron: parts.config.file.portfolios[portfolio.id]!.schedule,
              })),
            }),
          inject: [SchedulerRegistry, RunCycle, HoldLease, Readiness],
        },
      ],
    }
  }
}

/** The same machine without schedule and API, for commands that only look. */
@Module({})
export class LookModule {
  static of(parts: Parts): DynamicModule {
    return { module: LookModule, providers: providersOf(parts) }
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
