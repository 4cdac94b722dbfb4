import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { QuorumReader } from './adapters/chains/quorum-reader.js'
import { PostgresRateLimits } from './adapters/limits/postgres-rate-limits.js'
import { ChainlinkPrices } from './adapters/oracles/chainlink-prices.js'
import { createLogger } from './adapters/observability/log.js'
import { hideKeysInUrls } from './adapters/observability/log-secrets.js'
import { Traces } from './adapters/observability/traces/traces.js'
import { NoKeys } from './adapters/signers/key-holder.js'
import { createKeystore, keystoreAddress, KeystoreError } from './adapters/signers/keystore-signer.js'
import { RemoteSignerError } from './adapters/signers/remote-signer.js'
import { type Database, DatabaseError, openDatabase } from './adapters/store/database.js'
import { startEmbeddedPostgres } from './adapters/store/embedded-postgres.js'
import { ACCESS_SCOPES } from './domain/access/scopes.js'
import { sameAddress } from './domain/assets.js'
import { BacktestError } from './domain/backtest/backtest-error.js'
import { RebalancingInputError } from './domain/rebalancing/rebalancing-error.js'
import { PriceFileError } from './adapters/history/price-file-error.js'
import { checkSchema, explainSchema, migrate, SchemaError } from './adapters/store/migrate.js'
import { SCHEMA_VERSION } from './adapters/store/migrations/index.js'
import { AppModule, LookModule, OpsModule, type Parts } from './app.module.js'
import { spendOfNothing } from './domain/execution/budget-claim.js'
import { apart } from './domain/policy/operating.js'
import { AuditEvents } from './application/audit-events.js'
import { lastTradeOf } from './application/last-trade.js'
import { Operations } from './application/operations.js'
import { ProposePlan } from './application/propose-plan.js'
import { recordConfig } from './application/record-config.js'
import { RunCycle } from './application/run-cycle.js'
import { StopInOrder } from './application/stop-in-order.js'
import { TellNews } from './application/tell-news.js'
import { reasonUnfinished } from './application/unfinished.js'
import { type Config, ConfigError, loadConfig } from './config/load.js'
import { missingRpcUrls } from './config/endpoint-findings.js'
import { missingSecrets } from './config/notification-findings.js'
import { secretTexts } from './config/secret-texts.js'
import type { ConfigFile } from './config/schema.js'
import { parseCommand, USAGE, UsageError } from './interface/cli.js'
import { type ConsoleLogin, serveConsole } from './interface/http/console.js'
import { applyHygiene } from './interface/http/hygiene.js'
import { describeApi, serveApiDocs } from './interface/http/openapi.js'
import { Portfolios } from './interface/http/portfolios.controller.js'
import { planJson, planReport } from './interface/plan-report.js'
import { Readiness } from './interface/readiness.js'
import { manageKeys, managePeople, verifyAudit } from './admin-commands.js'
import { backtest, importPrices, tune } from './history-commands.js'
import { openKeys, requireSigner } from './keys.js'
import type { Failpoints } from './ports/failpoints.js'
import { AuditLog } from './ports/audit-log.js'
import { Clock } from './ports/clock.js'
import { Observer } from './ports/observer.js'
import { Signer, SignerError } from './ports/signer.js'
import { Stopping } from './ports/stopping.js'
import { Store } from './ports/store.js'

export interface Surroundings {
  readonly version: string
  readonly failpoints: Failpoints
  readonly environment: NodeJS.ProcessEnv
}

/** Something a person has to put right before the command can work: one message, exit code 2. */
class CannotWork extends Error {}

/** Failures whose message says what a person has to put right. */
const THEIRS = [
  UsageError,
  ConfigError,
  CannotWork,
  SchemaError,
  DatabaseError,
  KeystoreError,
  RemoteSignerError,
  SignerError,
  PriceFileError,
  BacktestError,
  RebalancingInputError,
]

/** What a plan without a database has to say of itself. */
const UNRECORDED =
  'Without DATABASE_URL nothing that was recorded is known: no transfer under way, so nothing counts as in transit and nothing as unattributed; no earlier trade, targets or price history; no cost that plans have learned. The daemon may decide otherwise.'

const WRITTEN_WITHIN_MS = 2_000
/** Of what is read over the admin API. */
const READ_CONNECTIONS = 4
/** A process that is told to end before it is ready waits so long for what it has opened. */
const STARTING_ENDS_WITHIN_MS = 3_000

const say = (text: string) => void process.stdout.write(`${text}\n`)
const note = (text: string) => void process.stderr.write(`${text}\n`)

/** Runs one command line. The exit code: 0 done, 1 broken, 2 cannot work with what it was given. `start` stays. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<number | undefined> {
  try {
    const command = parseCommand(args)
    switch (command.name) {
      case 'help':
        say(USAGE)
        return 0
      case 'version':
        say(surroundings.version)
        return 0
      case 'check-config': {
        const { file, hash } = loadConfig(command.config, surroundings.environment)
        await requireSigner(file)
        say(`${command.config} is valid; its hash is ${hash}.`)
        return 0
      }
      case 'migrate':
        await migrateDatabase(loadConfig(command.config, surroundings.environment))
        return 0
      case 'keystore':
        say(
          command.act === 'create'
            ? `${command.out} holds the new key of ${await createKeystore({ file: command.out, passwordFile: command.passwordFile })}.`
            : await keystoreAddress(command.file),
        )
        return 0
      case 'backtest':
        await backtest(loadConfig(command.config, surroundings.environment), command, say)
        return 0
      case 'tune':
        await tune(loadConfig(command.config, surroundings.environment), command, say)
        return 0
      case 'import-prices':
        await importInto(loadConfig(command.config, surroundings.environment), command.prices)
        return 0
      case 'key':
        await inDatabase(loadConfig(command.config, surroundings.environment), (database) =>
          manageKeys(command, database, surroundings.version, { say, note }),
        )
        return 0
      case 'person':
        await inDatabase(loadConfig(command.config, surroundings.environment), (database) =>
          managePeople(command, database, surroundings.version, { say, note }),
        )
        return 0
      case 'audit':
        return await inDatabase(loadConfig(command.config, surroundings.environment), (database) =>
          verifyAudit(database, { say, note }),
        )
      case 'plan':
        await showPlans(loadConfig(command.config, surroundings.environment), command, surroundings)
        return 0
      case 'start':
        await start(loadConfig(command.config, surroundings.environment), surroundings)
        return undefined
    }
  } catch (error) {
    const isTheirs = THEIRS.some((kind) => error instanceof kind)
    process.stderr.write(`${hideKeysInUrls(isTheirs ? (error as Error).message : describe(error))}\n`)
    return isTheirs ? 2 : 1
  }
}

/** The configured database, or the embedded one of a development install. */
async function reachDatabase({
  file,
  secrets,
}: Config): Promise<{ database: Database; url: string; close: () => Promise<void> }> {
  if (secrets.databaseUrl !== undefined) {
    const url = secrets.databaseUrl
    const database = openDatabase({ url, readPoolSize: READ_CONNECTIONS })
    return { database, url, close: () => database.destroy() }
  }
  const embedded = await startEmbeddedPostgres({ dir: file.database.directory }).catch((error: unknown) => {
    throw new CannotWork(error instanceof Error ? error.message : String(error))
  })
  process.stderr.write(`DATABASE_URL is not set: using the embedded Postgres with its data in ${embedded.dir}.\n`)
  const database = openDatabase({ url: embedded.url, readPoolSize: READ_CONNECTIONS })
  const close = async () => {
    await database.destroy()
    await embedded.stop()
  }
  return { database, url: embedded.url, close }
}

/** The journal's own database, where it has one. */
function reachJournal({ secrets }: Config): { database: Database; close: () => Promise<void> } | undefined {
  if (secrets.journalDatabaseUrl === undefined) return undefined
  const database = openDatabase({ url: secrets.journalDatabaseUrl, poolSize: 3 })
  return { database, close: () => database.destroy() }
}

async function migrateDatabase(config: Config): Promise<void> {
  const places = [await reachDatabase(config), reachJournal(config)].filter((one) => one !== undefined)
  try {
    for (const [index, { database }] of places.entries()) {
      const { applied } = await migrate(database)
      const which = index === 0 ? 'The database' : 'The database of the journal'
      say(applied.length > 0 ? `${which}: applied ${applied.join(', ')}.` : `${which} is at this schema already.`)
    }
  } finally {
    for (const { close } of places) await close()
  }
}

function importInto(config: Config, prices: string): Promise<void> {
  return inDatabase(config, (database) => importPrices(config, prices, database, say))
}

/** Does something with the database. An embedded one is brought to this build's schema first, as by the daemon. */
async function inDatabase<T>(config: Config, act: (database: Database) => Promise<T>): Promise<T> {
  const { database, close } = await reachDatabase(config)
  try {
    if (config.secrets.databaseUrl === undefined) await migrate(database)
    const schema = await checkSchema(database)
    if (schema !== 'current') throw new CannotWork(explainSchema(schema))
    return await act(database)
  } finally {
    await close()
  }
}

/** Prints every portfolio's plan. A chain that does not answer narrows it; when none answers there is nothing to plan. */
async function showPlans(
  config: Config,
  command: { json: boolean; portfolio: string | undefined },
  surroundings: Surroundings,
): Promise<void> {
  const missing = missingRpcUrls(config.file, config.secrets.rpcUrls)
  if (missing.length > 0) throw new CannotWork(missing.join('\n'))
  // Without a configured database nothing is under way or traded anywhere, and none is started just to look.
  const isRecorded = config.secrets.databaseUrl !== undefined
  const url = config.secrets.databaseUrl ?? 'postgres://127.0.0.1:1/none'
  const database = openDatabase({ url })
  const parts = partsOf(config, { database, url }, createLogger({ level: 'silent', pretty: false }), surroundings)
  const app = await NestFactory.createApplicationContext(LookModule.of(parts), { logger: false, abortOnError: false })
  try {
    const portfolios = app.get(Portfolios).all
    const chosen = portfolios.filter(({ id }) => command.portfolio === undefined || id === command.portfolio)
    if (chosen.length === 0)
      throw new CannotWork(
        `No portfolio ${command.portfolio}; the file has ${portfolios.map(({ id }) => id).join(', ')}.`,
      )
    const reports: object[] = []
    const silences = new Set<string>()
    const store = app.get(Store)
    for (const portfolio of chosen) {
      const { stopped, parts: states } = apart(isRecorded ? await store.operatingStates() : [], portfolio.id)
      const thought = await app.get(ProposePlan).run(portfolio, {
        cycleId: `${portfolio.id}-preview`,
        transfers: isRecorded ? await store.openTransfers(portfolio.id) : [],
        unattributed: isRecorded ? await store.unattributed(portfolio.account) : [],
        ...(isRecorded ? await lastTradeOf(store, portfolio) : { lastTradedAt: undefined, servedAt: undefined }),
        askedBy: undefined,
        continues: undefined,
        ...(isRecorded && {
          dearness: (await store.decisions({ portfolio: portfolio.id, limit: 1 }))[0]?.decision.dearness,
        }),
        curves: isRecorded ? await store.curves() : [],
        ...(isRecorded && {
          states: () => Promise.resolve(states),
          use: await store.budgetUse(spendOfNothing(portfolio, app.get(Clock).now())),
        }),
      })
      const notes = stopped === undefined ? thought.notes : [`No cycle would begin now: ${stopped}`, ...thought.notes]
      const proposal = { ...thought, notes }
      const silent = proposal.snapshot.chains.flatMap((chain) => (chain.status === 'unknown' ? [chain.reason] : []))
      for (const reason of silent) silences.add(reason)
      if (silent.length === proposal.snapshot.chains.length) continue
      reports.push(planJson(portfolio, proposal))
      if (!command.json) say(`${planReport(portfolio, proposal)}\n`)
    }
    if (reports.length === 0) throw new CannotWork([...silences].join('\n'))
    if (!isRecorded && !command.json) say(UNRECORDED)
    for (const reason of silences) process.stderr.write(`${reason}\n`)
    if (command.json) say(JSON.stringify({ portfolios: reports, ...(!isRecorded && { notes: [UNRECORDED] }) }, null, 2))
  } finally {
    await app.close()
    await database.destroy()
  }
}

async function start(config: Config, surroundings: Surroundings): Promise<void> {
  const ends: (() => Promise<void>)[] = []
  const endAll = async () => {
    for (const end of ends.toReversed()) await end()
  }
  let stopInOrder: StopInOrder | undefined
  let stopping: Promise<never> | undefined
  const stop = async (signal: string): Promise<never> => {
    if (stopInOrder) process.exit((await stopInOrder.run(signal, endAll)) ? 0 : 1)
    // What waits for an endpoint or a database is not waited for, and whatever has begun by now the next process finds in the rows.
    await Promise.race([endAll().catch(() => undefined), sleep(STARTING_ENDS_WITHIN_MS)])
    process.exit(0)
  }
  // As PID 1 a signal without a handler is ignored, and re-raising one never ends the process: handle and exit.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.removeAllListeners(signal).on(signal, () => void (stopping ??= stop(signal)))
  try {
    const { database, url, close } = await reachDatabase(config)
    ends.push(close)
    // A development install has a database of its own to keep; a configured one is migrated deliberately.
    if (config.secrets.databaseUrl === undefined) await migrate(database)
    const journal = reachJournal(config)
    if (journal) ends.push(journal.close)
    for (const one of journal ? [database, journal.database] : [database]) {
      const schema = await checkSchema(one)
      if (schema !== 'current') throw new CannotWork(explainSchema(schema))
    }
    stopInOrder = await serve(config, { database, url }, journal?.database, surroundings, ends)
  } catch (error) {
    if (stopping) return stopping
    await endAll()
    throw error
  }
}

/** Puts the daemon together and lets it run; whatever has to be ended again is added to `ends`. Gives what tells of that. */
async function serve(
  config: Config,
  place: { database: Database; url: string },
  journal: Database | undefined,
  surroundings: Surroundings,
  ends: (() => Promise<void>)[],
): Promise<StopInOrder> {
  const { file } = config
  const log = createLogger({ level: file.log.level, pretty: process.stdout.isTTY, secrets: secretTexts(config) })
  // A bug leaves nothing to go on from but the rows: the next process does.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, 'stopping at once: nothing was there to handle this')
      process.exit(1)
    })
  const { rpcUrls, notificationSecrets } = config.secrets
  const missing = [...missingRpcUrls(file, rpcUrls), ...missingSecrets(file, notificationSecrets)]
  if (missing.length > 0) throw new CannotWork(missing.join('\n'))
  const keys = await openKeys(config.file)
  const parts = { ...partsOf(config, place, log, surroundings), keys, ...(journal && { journal }) }
  const admin = await NestFactory.create<NestExpressApplication>(AppModule.of(parts), {
    logger: false,
    abortOnError: false,
  })
  ends.push(
    () => admin.get(Traces).end(),
    () => writtenDown(admin),
    () => admin.get(PostgresRateLimits).close(),
    () => admin.close(),
  )
  const observer = admin.get(Observer)
  for (const portfolio of admin.get(Portfolios).all)
    if (
      portfolio.mode === 'live' &&
      !admin
        .get(Signer)
        .accounts()
        .some((account) => sameAddress(account, portfolio.account))
    )
      throw new CannotWork(
        `portfolios.${portfolio.id}.account.address: expected an account of the signer (${admin.get(Signer).accounts().join(', ')}), got ${portfolio.account}.`,
      )
  const unfinished = await reasonUnfinished(admin.get(Store), admin.get(Portfolios).all)
  if (unfinished !== undefined) throw new CannotWork(unfinished)
  // What a chain shows to be configured wrongly ends the start; one that is silent does not (C-22, F-32, F-69).
  const misplaced = await admin.get(QuorumReader).endpoints.misplaced()
  if (misplaced.length > 0) throw new CannotWork(misplaced.join('\n'))
  const misconfigured = await admin.get(ChainlinkPrices).misconfigured()
  if (misconfigured.length > 0) throw new CannotWork(misconfigured.join('\n'))
  const ops = await NestFactory.create<NestExpressApplication>(
    OpsModule.of({ store: admin.get(Store), registry: admin.get(Registry), readiness: admin.get(Readiness) }),
    { logger: false, abortOnError: false },
  )
  ends.push(() => ops.close())
  // Before anything is waited for, nothing more is signed.
  ends.push(() => Promise.resolve(admin.get(Stopping).begin()))
  ops.disable('x-powered-by')
  applyHygiene(admin, { observer, trustedProxies: file.server.trustedProxies })
  serveApiDocs(admin, describeApi(admin, surroundings.version))
  serveConsole(admin, { folder: join(import.meta.dirname, 'console'), login: loginOf(file) })
  if (file.startPaused)
    await holdNewBuild(admin.get(Operations), admin.get(Portfolios), place.database, surroundings.version)
  const mode = Object.values(file.portfolios).some((portfolio) => portfolio.mode === 'live') ? 'live' : 'dry-run'
  await recordConfig({ audit: admin.get(AuditLog), observer, build: surroundings.version }, { hash: config.hash, mode })
  observer.notify({ type: 'daemon-started', version: surroundings.version, configHash: config.hash, mode })
  log.info({ config: file, hash: config.hash }, 'effective configuration')

  await listen(ops, 'server.metricsPort', file.server.metricsPort, file.server.host)
  await listen(admin, 'server.adminPort', file.server.adminPort, file.server.host)
  log.info({ admin: await admin.getUrl(), metrics: await ops.getUrl() }, 'listening')
  return new StopInOrder({ runCycle: admin.get(RunCycle), clock: admin.get(Clock), observer })
}

/** What was told last is in the database, or was for long enough not to be taken by it. */
async function writtenDown(admin: NestExpressApplication): Promise<void> {
  const signal = AbortSignal.timeout(WRITTEN_WITHIN_MS)
  await Promise.all([admin.get(TellNews).settled(signal), admin.get(AuditEvents).settled(signal)])
}

/** How people log in to the console; undefined where they paste a token. */
function loginOf({ server }: ConfigFile): ConsoleLogin | undefined {
  const { oidc } = server.auth
  if (oidc?.consoleClientId === undefined) return undefined
  return {
    issuer: oidc.issuer,
    clientId: oidc.consoleClientId,
    audience: oidc.audience,
    scopes: oidc.consoleScopes ?? ACCESS_SCOPES,
  }
}

/** Live portfolios of another build than the one that last held the lease wait for a person (D-01). */
async function holdNewBuild(
  operations: Operations,
  portfolios: Portfolios,
  database: Database,
  version: string,
): Promise<void> {
  const last = await database.selectFrom('lease').select('build').executeTakeFirst()
  if (last?.build === version) return
  for (const { id, mode } of portfolios.all)
    if (mode === 'live') await operations.holdNewBuild(id, version, last?.build ?? undefined)
}

async function listen(app: NestExpressApplication, key: string, port: number, host: string): Promise<void> {
  try {
    await app.listen(port, host)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CannotWork(
      `${key}: expected a free port, ${host}:${port} cannot be listened on (${code ?? 'unknown error'}).`,
    )
  }
}

function partsOf(
  config: Config,
  { database, url }: { database: Database; url: string },
  log: Logger,
  surroundings: Surroundings,
): Parts {
  return {
    config,
    database,
    databaseUrl: url,
    keys: new NoKeys(),
    log,
    build: {
      version: surroundings.version,
      revision: config.revision,
      schema: SCHEMA_VERSION,
    },
    failpoints: surroundings.failpoints,
    stop: (error) => {
      log.fatal({ err: error }, 'stopping at once')
      process.exit(1)
    },
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
