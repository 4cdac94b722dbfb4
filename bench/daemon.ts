import { rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { CpuShares } from './cpu-profile.js'
import { sizeOfPlan, timePureParts } from './in-process.js'
import { median } from './median.js'
import { IDLE_SECONDS, type MeasuredCycle, profileCycle, type Rehearsal, rehearse } from './rehearsal.js'

const usage = 'Usage: npm run bench -- [--runs N] [--dir DIR]'

interface Bound {
  readonly what: string
  readonly unit: 's' | 'MB'
  readonly limit: number
  readonly values: readonly number[]
}

function readArguments(): { runs: number; dir: string } {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '3' }, dir: { type: 'string', default: '.evenkeel/bench' } },
  })
  if (!/^[1-9]\d?$/.test(values.runs)) throw new Error(`Expected 1 to 99 after --runs, came "${values.runs}". ${usage}`)
  return { runs: Number(values.runs), dir: resolve(values.dir) }
}

const say = (line = '') => void process.stdout.write(`${line}\n`)
const megabytes = (bytes: number) => bytes / 1e6

async function main(): Promise<number> {
  const { runs, dir } = readArguments()
  if (process.platform !== 'linux') throw new Error(`Expected Linux, whose /proc is read; this is ${process.platform}.`)
  const processor = cpus()[0]?.model.trim() ?? 'unknown'
  const load = loadavg()[0]!.toFixed(1)
  say(`${availableParallelism()} cores (${processor}), load ${load} before the start, Node ${process.version}`)
  say(`One run of about 70 s with a profile, then ${runs} of about 90 s without.`)
  await rm(dir, { recursive: true, force: true })
  const startedAt = performance.now()
  const progressOf = (name: string) => (line: string) =>
    say(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${name}: ${line}`)

  const shares = await profileCycle({ seed: 1, dir: join(dir, 'profiled'), onProgress: progressOf('profiled run') })
  const rehearsals: Rehearsal[] = []
  for (let run = 1; run <= runs; run++)
    rehearsals.push(
      await rehearse({ seed: run, dir: join(dir, String(run)), onProgress: progressOf(`run ${run} of ${runs}`) }),
    )
  const isGood = reportBounds(rehearsals, shares)
  const cycles = rehearsals.map(({ cycle }) => cycle)
  reportCycles(cycles, shares)
  await reportPureParts(cycles[0]!)
  return isGood ? 0 : 1
}

/** Whether every median keeps its bound. */
function reportBounds(rehearsals: readonly Rehearsal[], shares: CpuShares): boolean {
  const bounds: Bound[] = [
    {
      what: 'ready after start, database up',
      unit: 's',
      limit: 3,
      values: rehearsals.flatMap(({ readyMs }) => readyMs.map((ms) => ms / 1000)),
    },
    {
      what: `resident after ${IDLE_SECONDS} s idle`,
      unit: 'MB',
      limit: 250,
      values: rehearsals.map(({ idleResidentBytes }) => megabytes(idleResidentBytes)),
    },
    {
      what: 'CPU of planning and bookkeeping, one cycle',
      unit: 's',
      limit: 1,
      values: rehearsals.map(({ cycle }) => ((shares.planning + shares.bookkeeping) * cycle.cpuMs) / 1000),
    },
  ]
  say()
  say(row('', 'median', 'lowest', 'highest', 'bound'))
  for (const { what, unit, limit, values } of bounds) {
    const figures = [median(values), Math.min(...values), Math.max(...values)]
    const cells = figures.map((value) => `${value.toFixed(unit === 's' ? 2 : 0)} ${unit}`)
    const verdict = median(values) <= limit ? 'holds' : 'MISSED'
    say(`${row(what, ...cells, `${limit} ${unit}`)}   ${verdict}, ${values.length} values`)
  }
  return bounds.every(({ limit, values }) => median(values) <= limit)
}

function reportCycles(cycles: readonly MeasuredCycle[], shares: CpuShares): void {
  say()
  for (const { cycle, seconds, cpuMs, peakResidentBytes } of cycles) {
    const size = `${cycle.legs.length} legs, ${cycle.intents.length} transactions, ${cycle.transfers.length} transfers`
    const peak = megabytes(peakResidentBytes).toFixed(0)
    say(`${size} in ${seconds.toFixed(1)} s: ${(cpuMs / 1000).toFixed(2)} s of CPU, at most ${peak} MB resident`)
  }
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  say(
    `Of that CPU, by the profiled run: planning ${percent(shares.planning)}, bookkeeping ${percent(shares.bookkeeping)},`,
  )
  say(`talking to nodes and venues ${percent(shares.talking)}, logs, metrics and API ${percent(shares.telling)}.`)
}

async function reportPureParts({ portfolio, cycle }: MeasuredCycle): Promise<void> {
  const timings = await timePureParts(portfolio, cycle)
  const { rounds, quotes, solves, legs } = await sizeOfPlan(portfolio, cycle)
  const size = `${rounds} rounds, ${quotes} quotes, ${solves} models and has ${legs} legs`
  say()
  say(`Pure parts, warm, on the first cycle; the plan takes ${size}:`)
  for (const { what, ms } of timings)
    say(row(what, `${ms.toFixed(3)} ms`, `${(ms / timings[0]!.ms).toFixed(1)} × JSON`))
}

function row(what: string, ...cells: readonly string[]): string {
  return `${what.padEnd(42)}${cells.map((cell) => cell.padStart(12)).join('')}`
}

try {
  process.exit(await main())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
