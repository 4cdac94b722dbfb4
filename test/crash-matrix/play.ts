import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../sandbox/randomness.js'
import { CRASH_POINTS, type CrashPoint } from '../../src/ports/failpoints.js'
import { type Environment, type Flow, hitsOf, type Run } from './cells.js'
import { atRest, drained, killed, openScene, type Stage } from './scene.js'
import type { Death } from './victim.js'

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
/** Longest time for which nobody is there. */
const mostDeadMs = 400

/**
 * One run: a cycle is written down, a daemon takes it up and is killed where the run says, the world goes on and changes,
 * and a new daemon has to bring everything to its end without a person. Then the checker judges.
 */
export async function playRun(stage: Stage, run: Run): Promise<Result> {
  const begun = performance.now()
  const draw = seededRandom(run.seed)
  const failures: string[] = []
  let kills = 0
  let record = ''
  const scene = await openScene(stage, run)
  try {
    for (const [index, death] of deathsOf(run, draw).entries()) {
      const end = await scene.live(death, deathWithinMs)
      // One that was asked to end may be done before it is killed.
      const isDead = end === killed || (death.drain !== undefined && end === drained)
      if (!isDead) {
        if (index === 0) failures.push(`The daemon did not reach ${death.point} ${death.hit} times; ${end}.`)
        await scene.kill()
        break
      }
      if (end === killed) kills++
      await sleep(draw() * mostDeadMs)
      if (index === 0) await changeWorld(stage, run.environment, draw)
    }
    const isRestarted = run.environment === 'postgres' && draw() < 0.5
    const restart = isRestarted ? sleep(draw() * 1_500).then(() => stage.books.restart()) : undefined
    const end = await scene.live(undefined, restWithinMs)
    await restart
    if (end !== atRest) failures.push(`The last daemon did not bring everything to its end; ${end}.`)
    failures.push(...(await scene.judge()))
  } catch (error) {
    failures.push(`The run broke off: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    if (failures.length > 0) record = await scene.record()
    await scene.close()
  }
  return { run, kills, seconds: (performance.now() - begun) / 1000, failures, record }
}

/** Which points one uncrashed run of a flow passes, in order. */
export async function pointsPassed(stage: Stage, flow: Flow, seed: number): Promise<string[]> {
  const file = join(stage.world.dir, 'passed')
  await rm(file, { force: true })
  const scene = await openScene(stage, { flow, point: 'K-01', environment: 'quiet', seed }, file)
  try {
    const end = await scene.live(undefined, restWithinMs)
    const failures = await scene.judge()
    if (end !== atRest || failures.length > 0) throw new Error([end, ...failures, await scene.record()].join('\n'))
    return (await readFile(file, 'utf8')).trim().split('\n')
  } finally {
    await scene.close()
  }
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
