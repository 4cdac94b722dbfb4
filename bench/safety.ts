import 'reflect-metadata'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { INestApplicationContext } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { writeDaemonConfig } from '../sandbox/daemon-config.js'
import { startPostgres } from '../sandbox/postgres.js'
import { type RunningWorld, startWorld } from '../sandbox/start-world.js'
import { createLogger } from '../src/adapters/observability/log.js'
import { openDatabase } from '../src/adapters/store/database.js'
import { migrate } from '../src/adapters/store/migrate.js'
import { SCHEMA_VERSION } from '../src/adapters/store/migrations/index.js'
import { LookModule } from '../src/app.module.js'
import { OfferLeg } from '../src/application/offer-leg.js'
import { ProposePlan } from '../src/application/propose-plan.js'
import { loadConfig } from '../src/config/load.js'
import { isNative } from '../src/domain/assets.js'
import { type Cycle, type LegRun, waitingRun } from '../src/domain/execution/cycle.js'
import type { Attempt, Intent } from '../src/domain/execution/intent.js'
import type { Leg } from '../src/domain/planning/plan.js'
import { maxLossOf } from '../src/domain/policy/limits.js'
import type { Portfolio } from '../src/domain/policy/portfolio.js'
import { amountWorth, ONE_USD } from '../src/domain/units/usd.js'
import { Portfolios } from '../src/interface/http/portfolios.controller.js'
import { openKeys } from '../src/keys.js'
import { Chain } from '../src/ports/chain.js'
import { Failpoints } from '../src/ports/failpoints.js'
import { Lease } from '../src/ports/lease.js'
import { PriceSources } from '../src/ports/prices.js'
import { QuoteVenues } from '../src/ports/quotes.js'
import { Store } from '../src/ports/store.js'
import { median } from './median.js'

/*
 * What safety costs a leg: the time between a firm quote and the moment its transaction is written down and signed bytes
 * could be recorded, for the approval and for the trade. Real chains with their providers, real Postgres, the daemon's own
 * parts; what venues and price sources take is left out. `npx tsx bench/safety.ts [rounds]`.
 */

/** Where the time goes, by the port that is asked. Whatever is in none of them is work of this process. */
const SHARES = [
  'rehearsal',
  'other reads of the chain',
  'writes',
  'reads of the database',
  'firewall and rest',
] as const
type Share = (typeof SHARES)[number]
type Round = Record<Share | 'whole', number>

const WRITES = new Set(['reserveIntent', 'recordAttempt', 'saveLeg', 'openCycle'])

/** Time in which at least one of some calls was under way. */
class Stopwatch {
  private running = 0
  private since = 0
  ms = 0

  async over<T>(act: Promise<T>): Promise<T> {
    if (this.running++ === 0) this.since = performance.now()
    try {
      return await act
    } finally {
      if (--this.running === 0) this.ms += performance.now() - this.since
    }
  }
}

/** Adds up the time spent waiting for ports. Parts that overlap count in each of them, and once in the whole. */
class Meter {
  private watches = new Map<Share | 'outside' | 'any', Stopwatch>()

  watch(port: object, shareOf: (method: string) => Share | 'outside' | undefined): void {
    for (const name of methodsOf(port)) {
      const share = shareOf(name)
      if (share === undefined) continue
      const method = (port as Record<string, (...args: unknown[]) => unknown>)[name]!.bind(port)
      const timed = (...args: unknown[]) => {
        const answer = method(...args)
        return answer instanceof Promise ? this.at('any').over(this.at(share).over(answer)) : answer
      }
      Object.assign(port, { [name]: timed })
    }
  }

  /** What `act` took of us: what was only waited for outside is left out. */
  async measure(act: () => Promise<unknown>): Promise<Round> {
    this.watches = new Map()
    const started = performance.now()
    await act()
    const whole = performance.now() - started
    const parts = Object.fromEntries(SHARES.map((share) => [share, this.at(share).ms])) as Record<Share, number>
    return { ...parts, 'firewall and rest': whole - this.at('any').ms, whole: whole - this.at('outside').ms }
  }

  private at(share: Share | 'outside' | 'any'): Stopwatch {
    const watch = this.watches.get(share) ?? new Stopwatch()
    this.watches.set(share, watch)
    return watch
  }
}

function methodsOf(port: object): string[] {
  const names = new Set<string>()
  for (let at: object | null = port; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null)
    for (const name of Object.getOwnPropertyNames(at))
      if (name !== 'constructor' && typeof (port as Record<string, unknown>)[name] === 'function') names.add(name)
  return [...names]
}

async function main(rounds: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'evenkeel-safety-'))
  const ends: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })]
  try {
    const postgres = await startPostgres({ dir: join(dir, 'postgres'), isDisposable: true })
    ends.push(() => postgres.stop())
    const world = await startWorld({ seed: 1, scenario: 'calm', portBase: 0, dir })
    ends.push(() => world.stop())
    const configFile = join(dir, 'evenkeel.yaml')
    await writeDaemonConfig(world.world, configFile, { adminPort: 1, metricsPort: 2, schedule: '0 0 0 1 1 *' })
    const database = openDatabase({ url: postgres.url })
    ends.push(() => database.destroy())
    await migrate(database)
    const config = loadConfig(configFile, {})
    const parts = {
      config,
      database,
      databaseUrl: postgres.url,
      keys: await openKeys(config.file),
      log: createLogger({ level: 'silent', pretty: false }),
      build: { version: 'bench', revision: config.revision, schema: SCHEMA_VERSION },
      failpoints: new Failpoints(),
      stop: (error: unknown) => {
        throw error
      },
    }
    const app = await NestFactory.createApplicationContext(LookModule.of(parts), { logger: false, abortOnError: false })
    ends.push(() => app.close())
    report(await measure(app, world, rounds), rounds, world.chains[0]!.key)
  } finally {
    for (const end of ends.toReversed())
      await end().catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
  }
}

async function measure(app: INestApplicationContext, { chains }: RunningWorld, rounds: number) {
  const [portfolio, store, chain, offerLeg] = [
    app.get(Portfolios).all[0]!,
    app.get<Store>(Store),
    app.get<Chain>(Chain),
    app.get(OfferLeg),
  ]
  const scene = await sceneOf(app, portfolio, chains[0]!.key)
  const lease = app.get<Lease>(Lease)
  await lease.acquire()
  const meter = new Meter()
  meter.watch(chain, (method) =>
    method === 'rehearse'
      ? 'rehearsal'
      : method === 'chainId' || method === 'approval' || method.startsWith('simulate')
        ? undefined
        : 'other reads of the chain',
  )
  meter.watch(store, (method) =>
    WRITES.has(method) ? 'writes' : method === 'change' ? undefined : 'reads of the database',
  )
  for (const source of app.get(PriceSources).sources)
    meter.watch(source, (method) => (method === 'read' ? 'outside' : undefined))
  for (const venue of app.get(QuoteVenues).venues)
    meter.watch(venue, (method) => (method === 'order' ? 'outside' : undefined))

  const times = { approval: [] as Round[], trade: [] as Round[] }
  let number = 0
  const round = async (into: Round[]) => {
    await lease.renew()
    const cycle = scene.cycle(number++)
    await store.openCycle(cycle)
    const run = cycle.legs[0]!
    let intent: Intent | undefined
    const spent = await meter.measure(async () => {
      await offerLeg.run(portfolio, cycle, run, run.leg.sell)
      intent = (await store.cycle(cycle.id))?.intents[0]
      if (intent) await store.recordAttempt(intent, attemptOf(number))
    })
    if (!intent)
      throw new Error(`No offer passed: ${(await store.cycle(cycle.id))?.legs[0]?.failure?.detail ?? 'see the leg'}`)
    into.push(spent)
    return intent
  }
  const warmUp = 3
  let approval: Intent | undefined
  for (let index = 0; index < rounds + warmUp; index++) approval = await round(times.approval)
  // The allowance is given for real, so that what is offered next is the trade.
  await chains[0]!.send('treasury', { to: approval!.call.to, data: approval!.call.data })
  await new Promise((resolve) => setTimeout(resolve, 2 * chains[0]!.blockTimeSeconds * 1000))
  for (let index = 0; index < rounds + warmUp; index++) await round(times.trade)
  return { approval: times.approval.slice(warmUp), trade: times.trade.slice(warmUp) }
}

/** A sale of a thousand dollars of a token for the hub of its chain, as a cycle of its own each time. */
async function sceneOf(app: INestApplicationContext, portfolio: Portfolio, chain: string) {
  const proposal = await app.get(ProposePlan).run(portfolio, {
    cycleId: 'bench',
    transfers: [],
    unattributed: [],
    lastTradedAt: undefined,
    servedAt: undefined,
    askedBy: 'ops',
    continues: undefined,
    curves: [],
  })
  const hub = portfolio.policy.hubs[chain]!
  const sold = portfolio.assets
    .flatMap(({ tokens }) => tokens)
    .find((token) => token.chain === chain && token.asset !== hub.asset && !isNative(token))!
  const price = (asset: string) => proposal.market.prices.get(asset)!
  const [from, to] = [sold, hub].map((token) => portfolio.assets.find(({ key }) => key === token.asset)!)
  const sell = amountWorth(1_000n * ONE_USD, sold, price(sold.asset), 'down')
  const expectedOut = amountWorth(999n * ONE_USD, hub, price(hub.asset), 'down')
  const leg = (id: string): Leg => ({
    id,
    kind: 'swap',
    sell,
    expectedOut,
    minimumOut: expectedOut,
    maxLoss: maxLossOf(portfolio.policy, 'swap', from!, to!),
    venue: Object.keys(app.get(QuoteVenues).venues)[0]!,
    tool: '',
    cost: { slippage: 0n, fees: 0n, gas: 0n, bridge: 0n },
    funding: [],
    slice: undefined,
    reason: '',
    quote: { ageMs: 0, block: undefined },
    alternatives: [],
  })
  const runOf = (id: string): LegRun => waitingRun(leg(id))
  return {
    cycle: (number: number): Cycle => ({
      id: `bench-${number}`,
      portfolio: portfolio.id,
      mode: 'live',
      startedAt: Date.now(),
      endedAt: undefined,
      outcome: undefined,
      valuation: proposal.valuation,
      drift: proposal.drift,
      decision: proposal.decision,
      market: proposal.market,
      plan: undefined,
      planReasons: [],
      legs: [runOf(`bench-plan-${number}.1`)],
      intents: [],
      transfers: [],
    }),
  }
}

/** Signed bytes of the usual size; nobody sends them. */
function attemptOf(number: number): Attempt {
  const hash = `0x${number.toString(16).padStart(64, '0')}` as const
  return {
    hash,
    raw: `0x02${number.toString(16).padStart(1_600, '0')}`,
    gasLimit: 1n,
    maxFeePerGas: 1n,
    maxPriorityFeePerGas: 1n,
    signedAt: Date.now(),
    payload: 'step',
  }
}

function report(times: Record<'approval' | 'trade', readonly Round[]>, rounds: number, chain: string): void {
  const lines = [
    `Safety per leg on ${chain}: median ms of ${rounds} rounds, ${availableParallelism()} cores, quotes and prices left out`,
  ]
  const totalOf = ({ whole }: Round) => whole
  for (const step of ['approval', 'trade'] as const) {
    lines.push(`  ${step}: ${median(times[step].map(totalOf)).toFixed(1)}`)
    for (const share of SHARES)
      lines.push(`    ${share}: ${median(times[step].map((round) => round[share])).toFixed(1)}`)
  }
  const whole = median(times.approval.map(totalOf)) + median(times.trade.map(totalOf))
  lines.push(`  leg with its approval: ${whole.toFixed(1)}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

await main(Number(process.argv[2] ?? 30))
