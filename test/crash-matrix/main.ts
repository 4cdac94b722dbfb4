import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleDaemon } from './bundle.js'
import { CELLS, chooseRuns, commandOf, FLOWS, hitsOf, nameOf, pointsElsewhere, type Run, runNamed } from './cells.js'
import { onLanes } from './lane.js'
import type { Result } from './play.js'
import { aligned, reportOf, tableOf, writeSection } from './report.js'

const usage =
  'npm run test:crash-matrix -- [--runs N] [--seed S] [--parallel P] [--only flow/point/environment/seed]… [--count] [--report FILE.json] [--write]'

const say = (text: string) => void process.stdout.write(`${text}\n`)
const document = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url))

/** Something about the command line that a person has to put right. */
class MatrixError extends Error {}

function readArguments() {
  const options = {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '4' },
    only: { type: 'string', multiple: true },
    count: { type: 'boolean', default: false },
    report: { type: 'string' },
    write: { type: 'boolean', default: false },
  } as const
  let values
  try {
    ;({ values } = parseArgs({ options, strict: true, allowPositionals: false }))
  } catch (error) {
    throw new MatrixError(`${error instanceof Error ? error.message.split('. ')[0] : String(error)}. Usage: ${usage}`)
  }
  const wholeNumber = (name: 'runs' | 'seed' | 'parallel', most: number) => {
    const text = values[name]
    if (!/^[1-9]\d*$/.test(text) || Number(text) > most)
      throw new MatrixError(`Expected a whole number from 1 to ${most} after --${name}, came "${text}".`)
    return Number(text)
  }
  const seed = wholeNumber('seed', 1_000_000)
  const runs = values.only?.map(runOf) ?? chooseRuns(wholeNumber('runs', 1_000_000), seed)
  const { count, report, write } = values
  return {
    runs,
    seed,
    parallel: Math.min(wholeNumber('parallel', 64), count ? FLOWS.length : runs.length),
    count,
    report,
    write,
  }
}

function runOf(name: string): Run {
  try {
    return runNamed(name)
  } catch (error) {
    throw new MatrixError((error as Error).message)
  }
}

/** Prints what every flow passes without a death beside what the cells expect. Resolves to whether all of it is there. */
async function countPoints(bundle: string, parallel: number): Promise<boolean> {
  let isComplete = true
  await onLanes(bundle, parallel, FLOWS, async (lane, flow) => {
    const counts = new Map<string, number>()
    for (const point of await lane.pointsPassed(flow)) counts.set(point, (counts.get(point) ?? 0) + 1)
    const missing = CELLS.filter((cell) => cell.flow === flow && cell.environment === 'quiet').filter(
      ({ point }) => !['K-28', 'K-29'].includes(point) && (counts.get(point) ?? 0) < hitsOf({ flow, point }),
    )
    if (missing.length > 0) isComplete = false
    const passed = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1))
    say(`${flow}: ${passed.map(([point, count]) => `${point} ${count}`).join(', ')}`)
    for (const { point } of missing)
      say(`  ${point} was passed ${counts.get(point) ?? 0} times, the cells expect ${hitsOf({ flow, point })}`)
  })
  return isComplete
}

/** One line that tells how far it is, rewritten in a terminal and repeated now and then elsewhere. */
function progressOf(total: number): (results: readonly Result[]) => void {
  const begun = Date.now()
  let told = 0
  return (results) => {
    const isLast = results.length === total
    const seconds = (Date.now() - begun) / 1000
    const kills = results.reduce((sum, one) => sum + one.kills, 0)
    const failed = results.filter(({ failures }) => failures.length > 0).length
    const left = results.length === 0 ? 0 : (seconds / results.length) * (total - results.length)
    const line = `${results.length}/${total} runs, ${kills} kills, ${failed} failed, ${minutes(seconds)} gone, ${minutes(left)} to go`
    if (process.stdout.isTTY) process.stdout.write(`\r${line}   ${isLast ? '\n' : ''}`)
    else if (isLast || Date.now() - told > 15_000) {
      told = Date.now()
      say(line)
    }
  }
}

const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

async function main(): Promise<number> {
  const settings = readArguments()
  const bundle = await bundleDaemon()
  try {
    if (settings.count) return (await countPoints(bundle.file, settings.parallel)) ? 0 : 1
    return await playAll(bundle.file, settings)
  } finally {
    await bundle.remove()
  }
}

async function playAll(
  bundle: string,
  { runs, seed, parallel, report: file, write }: ReturnType<typeof readArguments>,
): Promise<number> {
  for (const { point, reason } of pointsElsewhere()) say(`${point} is in no cell: ${reason}.`)
  const begun = performance.now()
  const results: Result[] = []
  const tell = progressOf(runs.length)
  await onLanes(bundle, parallel, runs, async (lane, run) => {
    const result = await lane.play(run)
    results.push(result)
    if (result.failures.length > 0)
      say(`\n${[`FAILED ${nameOf(run)}`, ...result.failures, `Again: ${commandOf(run)}`].join('\n  ')}`)
    tell(results)
  })
  const report = reportOf(results, { seed, parallel, seconds: (performance.now() - begun) / 1000 })
  say(`\n${aligned(tableOf(results))}\n`)
  if (runs.length === 1) for (const { record } of results) if (record !== '') say(record)
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  if (write) await writeSection(document, report, results)
  say(`${report.kills} kills in ${report.runs} runs, ${report.failed} failed, ${minutes(report.seconds)}.`)
  return report.failed === 0 ? 0 : 1
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(
      error instanceof MatrixError ? `${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`,
    )
    process.exit(2)
  },
)
