import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type CrashPoint, Failpoints } from '../../src/ports/failpoints.js'
import { escrowAbi } from '../checker/chain-abi.js'
import { checkChains, type Verdict } from '../checker/check-chains.js'
import { takeBaseline } from '../checker/chain-record.js'
import { excessOf, outsideBand, weigh } from '../checker/weights.js'
import { type DaemonProcess, type Ending, startDaemon } from '../support/daemon-process.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import {
  cycleOf,
  type CycleSummary,
  cyclesOf,
  lastWords,
  ledgerBesideChains,
  playScenario,
  targetsOf,
  tradingCycle,
  untilOnTarget,
} from '../support/rally.js'
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.js'
import { type SandboxWorld, startSandboxWorld } from '../support/sandbox-world.js'
import { until } from '../support/until.js'

/** Everything that can be told about one rebalance in which the daemon was killed and started again. */
interface Rebalance {
  readonly deaths: readonly Death[]
  /** How the process after them ended when it was asked to. */
  readonly end: Ending
  readonly cycles: readonly CycleSummary[]
  readonly verdict: Verdict
  readonly outside: readonly string[]
  readonly ledger: Readonly<Record<string, string>>
  readonly chains: Readonly<Record<string, string>>
  /** What a collector of traces got, of all processes together. */
  readonly spans: readonly ReceivedSpan[]
}

/** How a process that was killed ended, and what it left under way, as its rows said. */
interface Death {
  readonly ending: Ending
  readonly intents: readonly string[]
  readonly transfers: readonly string[]
}

interface Kit {
  readonly world: SandboxWorld
  readonly database: TestDatabase
  /** Starts a daemon that is killed at the latest when the test file ends. */
  readonly daemon: (crash?: Parameters<typeof startDaemon>[0]['crash']) => Promise<DaemonProcess>
}

/** Lets daemons work on the rally, one after the other, until each is dead. */
type Murder = (kit: Kit) => Promise<Death[]>

const cleanups: (() => Promise<void>)[] = []

/** The cooldown outlasts the test: everything must come from the one cycle that was interrupted. */
const cooldownSeconds = 600

async function rebalanceWith(database: TestDatabase, murder: Murder): Promise<Rebalance> {
  const world = await startSandboxWorld('rally')
  cleanups.push(() => world.stop())
  const collector = await startOtlpReceiver()
  cleanups.push(() => collector.stop())
  const config = await world.config((file) => {
    file.portfolios['treasury']!.rebalancing.cooldownSeconds = cooldownSeconds
    file.traces = { url: collector.url }
  })
  const targets = await targetsOf(config)
  await playScenario(world)
  const { prices } = await world.control.state()
  const before = await weigh(world.world, world.treasury, prices)
  if (outsideBand(before, targets).length === 0) throw new Error('The rally moved nothing out of its band.')
  const baseline = await takeBaseline(await world.describe(), world.treasury)

  const daemon: Kit['daemon'] = async (crash) => {
    const process = await startDaemon({ config, databaseUrl: database.url, ...(crash && { crash }) })
    cleanups.push(() => process.kill())
    return process
  }
  const deaths = await murder({ world, database, daemon })
  const successor = await daemon()
  await untilOnTarget(world, successor, targets, 110_000)
  const cycles = await cyclesOf(successor)
  successor.signal('SIGTERM')
  return {
    deaths,
    end: await successor.ended,
    cycles,
    verdict: await checkChains(await world.describe(), baseline, {
      pricesUsd: prices,
      excessUsd: excessOf(before, targets),
    }),
    outside: outsideBand(await weigh(world.world, world.treasury, prices), targets),
    ...(await ledgerBesideChains(world, database)),
    spans: collector.spans,
  }
}

async function deathOf(ending: Ending, { database }: TestDatabase): Promise<Death> {
  const intents = await database.selectFrom('intents').select(['kind', 'state']).orderBy('sequence').execute()
  const transfers = await database.selectFrom('transfers').select('state').orderBy('sequence').execute()
  return {
    ending,
    intents: intents.map(({ kind, state }) => `${kind} ${state}`),
    transfers: transfers.map(({ state }) => state),
  }
}

const dieAt =
  (...points: readonly (readonly [point: CrashPoint, hit: number])[]): Murder =>
  async ({ daemon, database }) => {
    const deaths: Death[] = []
    for (const [point, hit] of points) {
      const process = await daemon({ point, hit })
      const ending = await Promise.race([process.ended, sleep(60_000, undefined, { ref: false })])
      if (!ending) throw new Error(`The daemon did not reach ${point} ${hit} times.\n${lastWords(process)}`)
      deaths.push(await deathOf(ending, database))
    }
    return deaths
  }

/** Kills the shipped daemon from outside, and keeps it down until the money has arrived without it. */
const dieInFlight: Murder = async ({ daemon, database, world }) => {
  const process = await daemon()
  const { id } = await tradingCycle(process)
  await until('a transfer in flight', 60_000, async () => {
    const { transfers } = await cycleOf(process, id)
    return transfers.some(({ state }) => state === 'in_flight') ? true : undefined
  })
  await process.kill()
  const death = await deathOf(await process.ended, database)
  const arrivals = async () => (await transferEvents(world)).filter((name) => name === 'Delivered').length
  const before = await arrivals()
  await until('the transfer to arrive while nobody watches', 60_000, async () =>
    (await arrivals()) > before ? true : undefined,
  )
  return [death]
}

async function transferEvents(world: SandboxWorld): Promise<string[]> {
  const logs = await Promise.all(
    world.chains.flatMap((chain) =>
      world.world.bridges
        .filter((bridge) => bridge.chain === chain.key)
        .map(({ address }) => chain.publicClient.getContractEvents({ address, abi: escrowAbi, fromBlock: 0n })),
    ),
  )
  return logs.flat().map(({ eventName }) => eventName)
}

// The cases wait far more than they work, so that they run side by side, each in a world of its own.
const cases = new Map<string, Promise<Rebalance>>()

beforeAll(async () => {
  const begin = async (name: string, murder: Murder) => {
    const database = await createTestDatabase()
    cleanups.push(() => database.drop())
    const rebalance = rebalanceWith(database, murder)
    rebalance.catch(() => undefined)
    cases.set(name, rebalance)
  }
  await begin('in flight', dieInFlight)
  // The first look at a mined transaction comes before any deposit is final, whatever the pace: K-25 still lies ahead.
  await begin('again and again', dieAt(['K-05', 4], ['K-13', 1], ['K-25', 1], ['K-26', 1]))
}, 60_000)

afterAll(async () => {
  await Promise.allSettled(cases.values())
  for (const clean of cleanups.toReversed()) await clean()
}, 60_000)

const expectOneRebalance = ({ end, cycles, verdict, outside, ledger, chains }: Rebalance) => {
  expect(verdict.findings).toEqual([])
  expect(verdict.counts.swaps).toBeGreaterThan(0)
  expect(verdict.counts.deposits).toBeGreaterThan(0)
  expect(outside).toEqual([])
  expect(ledger).toEqual(chains)
  expect(cycles.filter(({ legs }) => legs > 0)).toMatchObject([{ outcome: 'traded' }])
  expect(end).toMatchObject({ code: 0, stderr: '' })
}

/** One trace from the balances that one process read to the settlement that another one saw. */
const expectOneTrace = ({ cycles, spans }: Rebalance) => {
  const { id } = cycles.find(({ legs }) => legs > 0)!
  const own = spans.filter(({ attributes }) => attributes['evenkeel.cycle'] === id)
  const { traceId } = own[0]!
  expect(own.filter((span) => span.traceId !== traceId)).toEqual([])
  expect(spans.filter((span) => span.traceId === traceId)).toHaveLength(own.length)
  expect(new Set(own.map(({ spanId }) => spanId)).size).toBe(own.length)
  const named = (name: RegExp) => own.filter((span) => name.test(span.name))
  const roots = own.filter(({ parentSpanId }) => !parentSpanId)
  expect(roots).toMatchObject([{ name: 'cycle', attributes: { 'evenkeel.outcome': 'traded' } }])
  const [root, look] = [roots[0]!, named(/^look$/)[0]!]
  expect(look.parentSpanId).toBe(root.spanId)
  expect(named(/^balances on /).length).toBeGreaterThan(1)
  const transfer = named(/^transfer /).find(({ attributes }) => attributes['evenkeel.state'] === 'full')!
  expect(named(/^leg bridge /).map(({ spanId }) => spanId)).toContain(transfer.parentSpanId)
  const instanceOf = ({ resource }: ReceivedSpan) => resource['service.instance.id']
  expect(instanceOf(root)).toBe(instanceOf(transfer))
  expect(instanceOf(root)).not.toBe(instanceOf(look))
  const isWithin = ({ startTimeUnixNano, endTimeUnixNano }: ReceivedSpan) =>
    BigInt(startTimeUnixNano) >= BigInt(root.startTimeUnixNano) &&
    BigInt(endTimeUnixNano) <= BigInt(root.endTimeUnixNano)
  expect([look, ...named(/^leg /)].filter((span) => !isWithin(span))).toEqual([])
}

const caseTimeoutMs = 240_000

describe('a daemon killed in the middle of a rebalance', () => {
  it(
    'while money crosses a bridge finishes without a second spend',
    async () => {
      const rebalance = await cases.get('in flight')!
      expect(rebalance.deaths).toMatchObject([{ ending: { signal: 'SIGKILL' } }])
      expect(rebalance.deaths[0]!.transfers).toContain('in_flight')
      expectOneRebalance(rebalance)
      expectOneTrace(rebalance)
    },
    caseTimeoutMs,
  )

  it(
    'four times, after a transaction was written down, after one was broadcast, and later, finishes without a second spend',
    async () => {
      const rebalance = await cases.get('again and again')!
      expect(rebalance.deaths.map(({ ending }) => ending.signal)).toEqual(Array.from({ length: 4 }, () => 'SIGKILL'))
      const [written, sent] = rebalance.deaths
      expect(written!.intents).toContainEqual(expect.stringMatching(/ reserved$/))
      expect(sent!.intents).toContainEqual(expect.stringMatching(/ signed$/))
      expectOneRebalance(rebalance)
    },
    caseTimeoutMs,
  )
})

describe('the shipped program', () => {
  const dist = fileURLToPath(new URL('../../dist', import.meta.url))

  it('passes crash points that do nothing', async () => {
    await expect(new Failpoints().reach('K-05')).resolves.toBeUndefined()
    expect(await readFile(join(dist, 'main.js'), 'utf8')).toContain('failpoints: new Failpoints()')
    expect(await readFile(join(dist, 'ports/failpoints.js'), 'utf8')).toMatch(
      /class Failpoints \{\s*reach\(_point\) \{\s*return Promise\.resolve\(\);\s*\}\s*\}/,
    )
  })

  it('contains nothing that could arm them', async () => {
    const files = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith('.js'))
    const sources = await Promise.all(
      files.map(async (file) => ({ file, text: await readFile(join(dist, file), 'utf8') })),
    )
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.filter(({ text }) => /extends\s+Failpoints/.test(text))).toEqual([])
    expect(sources.filter(({ text }) => /new\s+Failpoints/.test(text)).map(({ file }) => file)).toEqual(['main.js'])
    expect(sources.filter(({ text }) => text.includes('process.env')).map(({ file }) => file)).toEqual(['main.js'])
  })
})
