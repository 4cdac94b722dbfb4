import { setTimeout as sleep } from 'node:timers/promises'
import { checkBooks } from '../checker/check-books.js'
import { type Baseline, takeBaseline } from '../checker/chain-record.js'
import { type Books, dump, openCycle, watchBooks } from './books.js'
import type { Flow, Run } from './cells.js'
import { cycleOf, isStalled, OUTCOMES, planningConfig } from './flows.js'
import { type Death, startVictim, type Victim } from './victim.js'
import type { MatrixWorld } from './world.js'

/** Where runs are played, one after the other. */
export interface Stage {
  readonly world: MatrixWorld
  readonly books: Books
  readonly bundle: string
}

/** How a daemon ended, or that nothing is left to do for it. Anything else says what it still had to do. */
export const atRest = 'at rest'
export const killed = 'SIGKILL'
export const drained = 'it ended with 0'

/** One run's part of the stage: a database, the account as it was before, and the daemons that came and went. */
export interface Scene {
  /**
   * Starts a daemon and waits until it is dead or has nothing left to do. One that gives up is started again, as whoever
   * runs it would: it ends itself when it has lost its lease, as it may on a busy machine.
   */
  readonly live: (death: Death | undefined, withinMs: number) => Promise<string>
  /** Ends the daemon that is alive. */
  readonly kill: () => Promise<void>
  /** What the checker finds, once the daemon has had its time to tidy up. */
  readonly judge: () => Promise<string[]>
  /** For a person: what the daemons said last, and what is written down. */
  readonly record: () => Promise<string>
  readonly close: () => Promise<void>
}

/** So often a daemon may be started for one purpose. */
const mostStarts = 5
/** How long after the last cycle the daemon may still be tidying up. */
const tidyWithinMs = 10_000
const pollMs = 100

/** Puts world and database in order for a run. `record` gets a line for every point that a daemon passes. */
export async function openScene({ world, books, bundle }: Stage, run: Run, record?: string): Promise<Scene> {
  const { flow } = run
  await reset(world, flow)
  const url = await books.fresh()
  const baseline = await takeBaseline(world.world, world.chains[0].addressOf('treasury'))
  const config = await prepare(world, url, run, baseline)
  const watch = watchBooks(url)
  const victims: Victim[] = []
  const over = new AbortController()

  /** How the daemon ended, or what it has to do after so long. */
  const endOf = async (victim: Victim, withinMs: number): Promise<string> => {
    const deadline = Date.now() + withinMs
    let seen = 'its rows could not be read'
    while (Date.now() < deadline) {
      if (victim.hasEnded()) {
        const { code, signal } = await victim.ended
        return signal ?? `it ended with ${code}`
      }
      const under = await watch.underWay().catch(() => undefined)
      if (under) {
        const isBegun = flow === 'plan' ? under.traded > 0 : under.ended > 0
        if (isBegun && under.cycles + under.intents + under.transfers === 0) return atRest
        seen = `${under.cycles} cycles, ${under.intents} intents and ${under.transfers} transfers are under way after ${withinMs / 1000} s`
        if (under.halted.length > 0) return `it waits for a person: ${under.halted.join('; ')}`
      }
      await sleep(pollMs)
    }
    return seen
  }

  /** What happens around the daemons, whichever of them is alive. */
  const drive = async (): Promise<void> => {
    const until = async (holds: () => Promise<boolean>) => {
      while (!over.signal.aborted && !(await holds().catch(() => false))) await sleep(pollMs)
      return !over.signal.aborted
    }
    if (isStalled(flow)) {
      // Blocks come one by one until there is a trade; as soon as that is signed, its fee becomes too low.
      const isTradeSigned = async () => {
        const { pendingTrades, signedTrades } = await watch.underWay()
        if (pendingTrades === 0) await world.mine()
        return signedTrades > 0
      }
      if (!(await until(isTradeSigned))) return
      await world.setBaseFees(3n)
      await world.setBlocks(true)
    }
    const level = flow === 'cancel' ? 'hard' : run.point === 'K-29' ? 'new' : undefined
    if (level === undefined) return
    const isSigned = async () => (await watch.underWay()).attempts > 0
    if (flow !== 'cancel' && run.seed % 2 === 0 && !(await until(isSigned))) return
    await until(async () => (await victims.at(-1)?.pause(level)) ?? false)
  }
  const driven = drive()

  return {
    async live(death, withinMs) {
      const deadline = Date.now() + withinMs
      for (let starts = 1; ; starts++) {
        const victim = startVictim({ bundle, config, databaseUrl: url, death, record })
        victims.push(victim)
        const end = await endOf(victim, deadline - Date.now())
        if (!victim.hasEnded() || end === killed || end === drained || starts === mostStarts) return end
      }
    },
    async kill() {
      await victims.at(-1)?.kill()
    },
    async judge() {
      const deadline = Date.now() + tidyWithinMs
      for (;;) {
        const verdict = await checkBooks(world.world, url, baseline.account, { baseline, graceSeconds: 0 })
        const { halted } = await watch.underWay().catch(() => watch.underWay())
        const failures = [
          ...verdict.findings.map(({ kind, chain, detail }) => `${kind} [${chain}] ${detail}`),
          ...Object.entries(verdict.open).flatMap(([what, count]) =>
            count > 0 ? [`${count} ${what} are under way`] : [],
          ),
          ...halted.map((scope) => `halted ${scope}`),
          ...(verdict.counts['transactions'] === 0 && run.point !== 'K-29' ? ['nothing was sent at all'] : []),
        ]
        if (failures.length === 0 || Date.now() > deadline) return failures
        await sleep(5 * pollMs)
      }
    },
    async record() {
      return [...victims.map((victim) => victim.lastWords()), await dump(url).catch(String)].join('\n--\n')
    },
    async close() {
      over.abort()
      await driven
      for (const victim of victims) await victim.kill()
      await watch.stop()
    },
  }
}

async function reset(world: MatrixWorld, flow: Flow): Promise<void> {
  world.setEndpoint(0, true)
  await world.setBlocks(true)
  await world.setBaseFees(1n)
  await world.refillCoin()
  await world.refreshFeeds()
  const { control } = world.relayer
  for (const bridge of control.keys()) control.set(bridge, { outcome: OUTCOMES[flow] ?? 'deliver', delaySeconds: 0 })
  if (isStalled(flow)) await world.setBlocks(false)
}

/** What the daemon finds: a cycle to carry out, or targets to plan for. Resolves to its configuration. */
async function prepare(world: MatrixWorld, url: string, { flow, seed }: Run, baseline: Baseline): Promise<string> {
  if (flow === 'plan') return planningConfig(world, baseline)
  await openCycle(url, cycleOf(world, flow, seed, Date.now()), baseline)
  return world.config
}
