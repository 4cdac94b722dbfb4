import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CRASH_POINTS, type CrashPoint } from '../../src/ports/failpoints.js'
import { checkBooks } from '../checker/check-books.js'
import { type Baseline, takeBaseline } from '../checker/chain-record.js'
import { type Books, dump, openCycle, underWay } from './books.js'
import { drawer, type Environment, type Flow, hitsOf, type Run } from './cells.js'
import { cycleOf, isStalled, OUTCOMES, planningConfig } from './flows.js'
import { type Death, startVictim, type Victim } from './victim.js'
import type { MatrixWorld } from './world.js'

/** Where runs are played, one after the other. */
export interface Stage {
  readonly world: MatrixWorld
  readonly books: Books
  readonly bundle: string
}

export interface Result {
  readonly run: Run
  readonly kills: number
  readonly seconds: number
  /** Why the run failed, one line each; empty when it passed. */
  readonly failures: readonly string[]
  /** For a person: the rows and the last words of the daemons of a failed run. */
  readonly record: string
}

/** How long a death, and afterwards the rest of the work, may take. Waiting for a busy machine is included. */
const deathWithinMs = 60_000
const restWithinMs = 60_000
/** How long after the last cycle the daemon may still be tidying up. */
const tidyWithinMs = 10_000
/** So often a daemon may be started for the rest of the work. */
const mostStarts = 5
const pollMs = 100

/**
 * One run: a cycle is written down, a daemon takes it up and is killed where the run says, the world goes on and changes,
 * and a new daemon has to bring everything to its end without a person. Then the checker judges.
 */
export async function playRun(stage: Stage, run: Run): Promise<Result> {
  const { world, books } = stage
  const begun = performance.now()
  const account = world.chains[0].addressOf('treasury')
  const draw = drawer(run.seed)
  const failures: string[] = []
  const victims: Victim[] = []
  let kills = 0

  await reset(world, run.flow)
  const url = await books.fresh()
  const baseline = await takeBaseline(world.world, account)
  const config = await prepare(world, url, run, baseline)
  const start = (death: Death | undefined) => {
    const victim = startVictim({ bundle: stage.bundle, config, databaseUrl: url, death })
    victims.push(victim)
    return victim
  }
  const current = () => victims.at(-1)
  const over = new AbortController()
  const driven = drive(world, url, run, current, over.signal)
  try {
    for (const [index, death] of deathsOf(run, draw).entries()) {
      const end = await supervised(() => start(death), url, run.flow, deathWithinMs)
      // One that was asked to end may be done before it is killed.
      const hasDrained = death.drain !== undefined && end === drained
      if (end !== killed && !hasDrained) {
        if (index === 0) failures.push(`The daemon did not reach ${death.point} ${death.hit} times; ${end}.`)
        await current()?.kill()
        break
      }
      if (end === killed) kills++
      await sleep(draw() * 400)
      if (index === 0) await changeWorld(stage, run.environment, draw)
    }
    const restarted = run.environment === 'postgres' && draw() < 0.5 ? restartSoon(books, draw() * 1_500) : undefined
    const end = await supervised(() => start(undefined), url, run.flow, restWithinMs)
    await restarted
    if (end !== 'at rest') failures.push(`The last daemon did not bring everything to its end; ${end}.`)
    failures.push(...(await judged(world, url, baseline)))
  } catch (error) {
    failures.push(`The run broke off: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    over.abort()
    await driven
    for (const victim of victims) await victim.kill()
  }
  const record =
    failures.length === 0
      ? ''
      : [...victims.map((victim) => victim.lastWords()), await dump(url).catch(String)].join('\n--\n')
  return { run, kills, seconds: (performance.now() - begun) / 1000, failures, record }
}

/** Which points one uncrashed run of a flow passes, in order. */
export async function pointsPassed(stage: Stage, flow: Flow, seed: number): Promise<string[]> {
  const { world, books, bundle } = stage
  const record = join(world.dir, 'passed')
  await rm(record, { force: true })
  await reset(world, flow)
  const url = await books.fresh()
  const baseline = await takeBaseline(world.world, world.chains[0].addressOf('treasury'))
  const run: Run = { flow, point: 'K-01', environment: 'quiet', seed }
  const config = await prepare(world, url, run, baseline)
  const victims: Victim[] = []
  const start = () => {
    const victim = startVictim({ bundle, config, databaseUrl: url, record })
    victims.push(victim)
    return victim
  }
  const over = new AbortController()
  const driven = drive(world, url, run, () => victims.at(-1), over.signal)
  try {
    const end = await supervised(start, url, flow, restWithinMs)
    const failures = await judged(world, url, baseline)
    if (end !== 'at rest' || failures.length > 0)
      throw new Error([end, ...failures, ...victims.map((one) => one.lastWords()), await dump(url)].join('\n'))
    return (await readFile(record, 'utf8')).trim().split('\n')
  } finally {
    over.abort()
    await driven
    for (const victim of victims) await victim.kill()
  }
}

/** What the daemon finds: a cycle to carry out, or targets to plan for. Resolves to its configuration. */
async function prepare(world: MatrixWorld, url: string, { flow, seed }: Run, baseline: Baseline): Promise<string> {
  if (flow === 'plan') return planningConfig(world, baseline)
  await openCycle(url, cycleOf(world, flow, seed, Date.now()), baseline)
  return world.config
}

async function reset(world: MatrixWorld, flow: Flow): Promise<void> {
  world.setEndpoint(0, true)
  await world.setBlocks(true)
  await world.setBaseFees(1n)
  const { control } = world.relayer
  for (const bridge of control.keys()) control.set(bridge, { outcome: OUTCOMES[flow] ?? 'deliver', delaySeconds: 0 })
  if (isStalled(flow)) await world.setBlocks(false)
}

/** Points inside a database transaction, by a statement in it: half of their deaths come while its commit is under way. */
const INSIDE: Readonly<Partial<Record<CrashPoint, string>>> = {
  'K-04': 'insert into "intents"',
  'K-09': 'insert into "attempts"',
}

/** The death the cell names, and for every third seed a second one at any point of the flow. */
function deathsOf({ flow, point, seed }: Run, draw: () => number): Death[] {
  const others = CRASH_POINTS.map((one) => one as CrashPoint).filter(
    (one) => one !== 'K-28' && one !== 'K-29' && hitsOf({ flow, point: one }) > 0,
  )
  const at = (one: CrashPoint): Death => {
    const death = { point: one, hit: 1 + Math.floor(draw() * hitsOf({ flow, point: one })) }
    const statement = INSIDE[one]
    if (statement === undefined || draw() < 0.5) return death
    return { point: one, hit: one === 'K-09' ? Math.ceil(death.hit / 2) : death.hit, commit: statement }
  }
  const anywhere = () => at(others[Math.floor(draw() * others.length)]!)
  const first = point === 'K-28' ? { ...anywhere(), drain: Math.floor(draw() * 300) } : at(point)
  return seed % 3 === 0 ? [first, { ...anywhere(), hit: 1 }] : [first]
}

const killed = 'SIGKILL'
const drained = 'it ended with 0'

/**
 * How a daemon ended that is started again when it gives up, as whoever runs it would: it ends itself when it has lost its
 * lease, as it may on a busy machine.
 */
async function supervised(start: () => Victim, url: string, flow: Flow, withinMs: number): Promise<string> {
  const deadline = Date.now() + withinMs
  for (let starts = 1; ; starts++) {
    const victim = start()
    const end = await endOf(victim, url, flow, deadline - Date.now())
    if (!victim.hasEnded() || end === killed || end === drained || starts === mostStarts) return end
  }
}

async function restartSoon(books: Books, ms: number): Promise<void> {
  await sleep(ms)
  await books.restart()
}

/** How a daemon ended, or that there is nothing left to do for it. */
async function endOf(victim: Victim, url: string, flow: Flow, withinMs: number): Promise<string> {
  const deadline = Date.now() + withinMs
  let seen = 'its rows could not be read'
  while (Date.now() < deadline) {
    if (victim.hasEnded()) {
      const { code, signal } = await victim.ended
      return signal ?? `it ended with ${code}`
    }
    const under = await underWay(url).catch(() => undefined)
    if (under) {
      const isBegun = flow === 'plan' ? under.traded > 0 : under.ended > 0
      if (isBegun && under.cycles + under.intents + under.transfers === 0) return 'at rest'
      seen = `${under.cycles} cycles, ${under.intents} intents and ${under.transfers} transfers are under way after ${withinMs / 1000} s`
      if (under.halted.length > 0) return `it waits for a person: ${under.halted.join('; ')}`
    }
    await sleep(pollMs)
  }
  return seen
}

/** What the checker finds, once the daemon has had its time to tidy up. */
async function judged(world: MatrixWorld, url: string, baseline: Baseline): Promise<string[]> {
  const deadline = Date.now() + tidyWithinMs
  for (;;) {
    const { findings, counts, open } = await checkBooks(world.world, url, baseline.account, {
      baseline,
      graceSeconds: 0,
    })
    const found = findings.map(({ kind, chain, detail }) => `${kind} [${chain}] ${detail}`)
    const idle = Object.entries(open).flatMap(([what, count]) => (count > 0 ? [`${count} ${what} are under way`] : []))
    const empty = counts['transactions'] === 0 ? ['nothing was sent at all'] : []
    const { halted } = await underWay(url)
    const failures = [...found, ...idle, ...halted.map((scope) => `halted ${scope}`)]
    if (failures.length === 0 && empty.length === 0) return []
    if (Date.now() > deadline) return [...failures, ...empty]
    await sleep(pollMs)
  }
}

async function changeWorld({ world, books }: Stage, environment: Environment, draw: () => number): Promise<void> {
  switch (environment) {
    case 'quiet':
      return
    case 'reorg':
      await sleep(draw() * 700)
      return world.reorganise()
    case 'base-fee':
      return world.setBaseFees(6n)
    case 'endpoint':
      return world.setEndpoint(0, false)
    case 'postgres':
      return books.restart()
  }
}

/**
 * What happens around the daemons, whichever of them is alive. In a stalled flow blocks come one by one until there is a
 * trade; as soon as that is signed, its fee becomes too low. An operator pauses where the flow or the point wants it.
 */
async function drive(
  world: MatrixWorld,
  url: string,
  { flow, point, seed }: Run,
  current: () => Victim | undefined,
  signal: AbortSignal,
): Promise<void> {
  const until = async (holds: () => Promise<boolean>) => {
    while (!signal.aborted && !(await holds().catch(() => false))) await sleep(pollMs / 2)
    return !signal.aborted
  }
  const isSigned = async () => (await underWay(url)).attempts > 0
  if (isStalled(flow)) {
    const isTradeSigned = async () => {
      const { pendingTrades, signedTrades } = await underWay(url)
      if (pendingTrades === 0) await world.mine()
      return signedTrades > 0
    }
    if (!(await until(isTradeSigned))) return
    await world.setBaseFees(3n)
    await world.setBlocks(true)
  }
  const level = flow === 'cancel' ? 'hard' : point === 'K-29' ? 'new' : undefined
  if (level === undefined) return
  if (flow !== 'cancel' && seed % 2 === 0 && !(await until(isSigned))) return
  await until(async () => (await current()?.pause(level)) ?? false)
}
