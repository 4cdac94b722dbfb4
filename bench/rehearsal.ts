import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { poolGap } from '../sandbox/arbitrage.js'
import { startPrices } from '../sandbox/prices.js'
import type { RunningWorld } from '../sandbox/start-world.js'
import { listCycles, loadCycles } from '../src/adapters/store/cycle-rows.js'
import type { Database } from '../src/adapters/store/database.js'
import { loadConfig } from '../src/config/load.js'
import { portfoliosOf } from '../src/config/portfolios.js'
import type { Cycle } from '../src/domain/execution/cycle.js'
import type { Portfolio } from '../src/domain/policy/portfolio.js'
import { type CpuShares, profileClock, readProfile, sharesOf } from './cpu-profile.js'
import { inWorld, type Stage, type StageOptions } from './in-world.js'
import { type DaemonPlace, MeasuredDaemon } from './measured-daemon.js'
import { until } from './until.js'

export interface Rehearsal {
  readonly readyMs: readonly number[]
  /** After `IDLE_SECONDS` of looking every three seconds and finding nothing to do. */
  readonly idleResidentBytes: number
  readonly cycle: MeasuredCycle
}

export interface MeasuredCycle {
  /** As it was written down at its end. */
  readonly cycle: Cycle
  readonly portfolio: Portfolio
  readonly seconds: number
  /** Of all threads of the daemon, whatever for. */
  readonly cpuMs: number
  readonly peakResidentBytes: number
  /** The moments between which it ran, as a processor profile counts them. */
  readonly from: number
  readonly to: number
}

export const IDLE_SECONDS = 20

/** What the daemon takes of the machine: started, idle, and through a cycle after the demo's market move. */
export function rehearse(options: StageOptions): Promise<Rehearsal> {
  return inWorld(options, async (stage) => {
    options.onProgress(`the daemon starts, idles for ${IDLE_SECONDS} s and starts again`)
    const idle = await measureIdle(stage.place)
    const daemon = await MeasuredDaemon.start(stage.place)
    const cycle = await measureCycle(stage, daemon, options.onProgress)
    return { readyMs: [idle.readyMs, daemon.readyMs], idleResidentBytes: idle.residentBytes, cycle }
  })
}

/** What the daemon uses the processor for in such a cycle. The profile stays in `dir`. */
export function profileCycle(options: StageOptions): Promise<CpuShares> {
  return inWorld(options, async (stage) => {
    const profileDir = join(options.dir, 'profile')
    const daemon = await MeasuredDaemon.start(stage.place, profileDir)
    const { from, to } = await measureCycle(stage, daemon, options.onProgress)
    return sharesOf(await readProfile(profileDir), from, to)
  })
}

async function measureIdle(place: DaemonPlace): Promise<{ readyMs: number; residentBytes: number }> {
  const daemon = await MeasuredDaemon.start(place)
  try {
    await sleep(IDLE_SECONDS * 1000)
    const { residentBytes } = await daemon.usage()
    return { readyMs: daemon.readyMs, residentBytes }
  } finally {
    await daemon.stop()
  }
}

/** The daemon pauses while the market moves, as in the demo, then runs one cycle that trades and is ended. */
async function measureCycle(
  { place, world, database }: Stage,
  daemon: MeasuredDaemon,
  onProgress: (line: string) => void,
): Promise<MeasuredCycle> {
  try {
    onProgress('the market moves')
    await until('a look at the resting portfolio', async () => (await listCycles(database, { limit: 1 }))[0])
    await daemon.tell('pause')
    world.control.startScenario()
    await until('the pools to follow the market', () => hasMoved(world))
    if (await endedTrade(database)) throw new Error('The daemon traded before the market had moved.')

    onProgress('the daemon trades')
    const from = profileClock()
    const before = await daemon.usage()
    await daemon.tell('resume')
    const id = await until('a cycle that trades to end', () => endedTrade(database), { limitMs: 120_000 })
    const after = await daemon.usage()
    const to = profileClock()
    const [cycle] = await loadCycles(database, { id })
    const [portfolio] = portfoliosOf(loadConfig(place.configFile, {}).file)
    return {
      cycle: cycle!,
      portfolio: portfolio!,
      seconds: (to - from) / 1e6,
      cpuMs: after.cpuMs - before.cpuMs,
      peakResidentBytes: after.peakResidentBytes,
      from,
      to,
    }
  } finally {
    await daemon.stop()
  }
}

/** The prices have made their moves and no pool is far from them. */
async function hasMoved({ prices, chains, pools }: RunningWorld): Promise<true | undefined> {
  if (prices.usd('ETH') < startPrices.ETH * 1.15 || prices.usd('LINK') > startPrices.LINK * 0.8) return undefined
  const gaps = await Promise.all(
    pools.map((pool) =>
      poolGap(
        chains.find(({ key }) => key === pool.chain)!,
        pool,
        prices,
      ),
    ),
  )
  return Math.max(...gaps.map(Math.abs)) < 0.006 ? true : undefined
}

/** The latest cycle with legs that has ended. */
async function endedTrade(database: Database): Promise<string | undefined> {
  const cycles = await listCycles(database, { limit: 20 })
  return cycles.find(({ legs, outcome }) => legs > 0 && outcome !== undefined)?.id
}
