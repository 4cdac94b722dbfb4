import { join } from 'node:path'
import pg from 'pg'
import { freePorts } from '../../sandbox/demo/daemon.js'
import { providerNames, type RpcFault } from '../../sandbox/rpc-faults.js'
import { openDatabase } from '../../src/adapters/store/database.js'
import { migrate } from '../../src/adapters/store/migrate.js'
import { type Books, startBooks } from '../crash-matrix/books.js'
import { adminToken, type DaemonOptions, type DaemonProcess, startDaemon } from '../support/daemon-process.js'
import { type EditableConfig, keepOnly, type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'
import { until } from '../support/until.js'
import type { Observatory } from './observatory.js'
import { endWithUs } from './process.js'

/** Where a daemon of the scenario listens for scrapes. */
export const places = ['a', 'b'] as const
export type Place = (typeof places)[number]

type ChainKey = SandboxWorld['chains'][number]['key']

let databases = 0

export type Edit = (config: EditableConfig) => void

/** A scenario's world, and what it may do there. */
export class Stage {
  private readonly daemons = new Map<Place, DaemonProcess>()
  private readonly forget = new Map<Place, () => void>()
  private since = Infinity
  private lastConfig = ''
  private isEnded = false

  constructor(
    readonly world: SandboxWorld,
    private readonly ports: Readonly<Record<Place, number>>,
    readonly databaseUrl: string,
    readonly observatory: Observatory,
  ) {}

  /** When the cause of the alerts began, in milliseconds since 1970; never, before it did. */
  get causedAt(): number {
    return this.since
  }

  /** Of the daemon that was started last. */
  get configFile(): string {
    return this.lastConfig
  }

  /** What makes the alerts fire begins now. */
  cause(): void {
    this.since = Date.now()
  }

  /** Whether every alert has come, so that nothing has to go on. */
  isOver(): boolean {
    return this.isEnded
  }

  end(): void {
    this.isEnded = true
  }

  chain(key: string): SandboxWorld['chains'][number] {
    const found = this.world.chains.find((one) => one.key === key)
    if (!found) throw new Error(`There is no chain ${key}.`)
    return found
  }

  /** A daemon on the scenario's database, ready. */
  async start(
    edit: Edit = () => undefined,
    { place = 'a', ...options }: { place?: Place } & Partial<Omit<DaemonOptions, 'config'>> = {},
  ): Promise<DaemonProcess> {
    return this.launch(
      place,
      (file) => {
        makeQuick(file)
        file.server.metricsPort = this.ports[place]
        edit(file)
      },
      options,
    )
  }

  private async launch(place: Place, edit: Edit, options: Partial<Omit<DaemonOptions, 'config'>> = {}) {
    this.lastConfig = await this.world.config(edit, { schedule: '*/3 * * * * *' })
    const daemon = await startDaemon({ config: this.lastConfig, databaseUrl: this.databaseUrl, ...options })
    this.daemons.set(place, daemon)
    this.forget.set(
      place,
      endWithUs(() => daemon.signal('SIGKILL')),
    )
    return daemon
  }

  /** A daemon with the sandbox's configuration and what `edit` adds to it, ready. */
  startAsShipped(edit: Edit): Promise<DaemonProcess> {
    return this.launch('a', (file) => {
      file.server.metricsPort = this.ports.a
      edit(file)
    })
  }

  /** As `start`, of a portfolio on bay alone that has too much of one asset and sells it at once. */
  startTrading(edit: Edit = () => undefined, options: Parameters<Stage['start']>[1] = {}): Promise<DaemonProcess> {
    return this.start((file) => {
      keepOnly(file, this.world.world, 'bay')
      aim(file, { ETH: '0.015', BTC: '0.36', LINK: '0.095', USDC: '0.43', USDT: '0.1' })
      edit(file)
    }, options)
  }

  async kill(place: Place = 'a'): Promise<void> {
    await this.daemons.get(place)?.kill()
    this.forget.get(place)?.()
    this.daemons.delete(place)
  }

  /** No more blocks on any chain, or blocks again. */
  async setMining(running: boolean): Promise<void> {
    for (const { key } of this.world.chains) await this.world.control.setMining(key, running)
  }

  /** The same faults of several providers of a chain; none makes them honest. */
  setProviders(chain: ChainKey, count: number, faults: readonly RpcFault[]): void {
    for (const provider of providerNames.slice(0, count)) this.world.control.setRpc(chain, provider, faults)
  }

  /** Asks for a change as an operator; a refusal is an error. */
  async told(daemon: DaemonProcess, path: string, body: object): Promise<void> {
    const answer = await daemon.post(path, body, adminToken)
    if (answer.status >= 300)
      throw new Error(`POST ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  }

  /** Intents in a state, as the admin API lists them. */
  async intents(daemon: DaemonProcess, state: string): Promise<{ id: string; kind: string; chain: string }[]> {
    const { status, body } = await daemon.get(`/v1/intents?state=${state}&limit=50`)
    if (status !== 200) throw new Error(`GET /v1/intents was answered ${status}: ${JSON.stringify(body)}`)
    return (body as { intents: { id: string; kind: string; chain: string }[] }).intents
  }

  /** Resolves once something is signed and waits for a block. */
  signed(daemon: DaemonProcess): Promise<{ id: string; chain: string }[]> {
    return until('a signed transaction', 120_000, async () => {
      const found = await this.intents(daemon, 'signed')
      return found.length > 0 ? found : undefined
    })
  }

  /** Resolves once the daemon has compared its ledger with a chain. */
  async reconciled(chain: string): Promise<void> {
    const name = `evenkeel_reconciliation_mismatches{chain="${chain}"}`
    await until(`a reconciliation of ${chain}`, 120_000, async () => {
      const text = await (await fetch(`http://127.0.0.1:${this.ports.a}/metrics`)).text()
      return text.includes(name) ? true : undefined
    })
  }

  /** Resolves once Prometheus has a value of a series: what is counted from now on is an increase. */
  async scraped(series: string): Promise<void> {
    await until(`a scrape with ${series}`, 120_000, async () => {
      const { result } = (await this.observatory.ask('query', { query: series })) as { result: unknown[] }
      return result.length > 0 ? true : undefined
    })
  }

  /** Resolves once the scrapes come and an alert has gone that fired before the daemon was there. */
  async silent(alert: string): Promise<void> {
    await this.scraped('up{job="evenkeel"} == 1')
    await until(`${alert} to be resolved`, 120_000, () => {
      const last = this.observatory.received.findLast(({ labels }) => labels['alertname'] === alert)
      return last?.status !== 'firing' ? true : undefined
    })
  }

  /** Rows of the scenario's database. */
  query<T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return ask<T>(this.databaseUrl, text, values)
  }

  /** Another migrated database on the same server. */
  async otherDatabase(): Promise<string> {
    const name = `${new URL(this.databaseUrl).pathname.slice(1)}_other_${++databases}`
    await ask(this.databaseUrl, `create database ${name}`)
    const url = new URL(this.databaseUrl)
    url.pathname = `/${name}`
    const database = openDatabase({ url: url.href, poolSize: 1 })
    await migrate(database)
    await database.destroy()
    return url.href
  }

  /** Ends every connection to a database, the scenario's own or another one, and lets nobody in any more. */
  async closeDatabase(url = this.databaseUrl): Promise<void> {
    const name = new URL(url).pathname.slice(1)
    const server = new URL(url)
    server.pathname = '/postgres'
    await ask(server.href, `alter database ${name} with allow_connections false`)
    await ask(server.href, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  }

  async openDatabase(): Promise<void> {
    const server = new URL(this.databaseUrl)
    server.pathname = '/postgres'
    await ask(server.href, `alter database ${new URL(this.databaseUrl).pathname.slice(1)} with allow_connections true`)
  }

  /** The daemon of a place, which has to run. */
  daemon(place: Place = 'a'): DaemonProcess {
    const running = this.daemons.get(place)
    if (!running) throw new Error(`No daemon runs at ${place}.`)
    return running
  }

  /** Ends what the scenario started and makes the world honest again. */
  async leave(): Promise<void> {
    for (const place of this.daemons.keys()) await this.kill(place)
    await this.setMining(true)
    for (const { key } of this.world.chains) this.setProviders(key, providerNames.length, [])
    for (const api of ['lifi', 'zeroex', 'prices'] as const) this.world.control.setFault(api, null)
    for (const bridge of ['swift', 'ferry']) this.world.control.setBridge(bridge, { outcome: 'deliver' })
  }
}

async function ask<T extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(text, [...values])).rows
  } finally {
    await client.end()
  }
}

/** Targets of the treasury's portfolio, with a narrow band for all. */
export function aim(file: EditableConfig, weights: Readonly<Record<string, string>>): void {
  file.portfolios['treasury']!.targets = Object.fromEntries(
    Object.entries(weights).map(([asset, weight]) => [asset, { weight, band: { absolute: '0.02' } }]),
  )
}

/** The sandbox's configuration at the tempo of the shortened rules, of a portfolio that has no reason to trade. */
function makeQuick(file: EditableConfig): void {
  const treasury = file.portfolios['treasury']!
  for (const target of Object.values(treasury.targets)) target.band = { absolute: '0.5' }
  treasury.rebalancing.cooldownSeconds = 0
  file.execution.pollMs = 300
  file.execution.reconcileSeconds = 3
  file.endpoints = { timeoutSeconds: 4, quarantineSeconds: 600, quorumLossSeconds: 10, watchSeconds: 1 }
  for (const chain of Object.values(file.chains)) {
    chain.headAgeSeconds = 15
    chain.finalitySeconds = 15
    chain.gasReserve = '5'
  }
}

/** What scenarios share: a world as long as none of them has spent its money, and one server for their databases. */
export class Theatre {
  private world: SandboxWorld | undefined

  private constructor(
    private readonly books: Books,
    private readonly ports: Readonly<Record<Place, number>>,
  ) {}

  static async open(dir: string): Promise<Theatre> {
    const [a, b] = (await freePorts(2)) as [number, number]
    return new Theatre(await startBooks(join(dir, 'postgres')), { a, b })
  }

  get targets(): string[] {
    return places.map((place) => `127.0.0.1:${this.ports[place]}`)
  }

  async stage(observatory: Observatory): Promise<Stage> {
    this.world ??= await startSandboxWorld('calm')
    return new Stage(this.world, this.ports, await this.books.fresh(), observatory)
  }

  /** A world of its own, where prices move and money follows; whoever asks for it stops it. */
  async rally(observatory: Observatory): Promise<Stage> {
    return new Stage(await startSandboxWorld('rally'), this.ports, await this.books.fresh(), observatory)
  }

  /** What a migrated database objects to in these statements. */
  async objections(statements: readonly string[]): Promise<string[]> {
    const url = await this.books.fresh()
    const found: string[] = []
    for (const statement of statements)
      await ask(url, statement).catch((error: Error) => found.push(`${statement}: ${error.message}`))
    return found
  }

  /** The next scenario gets a new world. */
  async leaveWorld(): Promise<void> {
    await this.world?.stop()
    this.world = undefined
  }

  async close(): Promise<void> {
    await this.leaveWorld()
    await this.books.stop()
  }
}
