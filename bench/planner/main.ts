import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { HighsSolver } from '../../src/adapters/optimiser/highs-solver.js'
import { makePlan } from '../../src/domain/planning/planner.js'
import { generateInstance, type Size } from './generate.js'
import { type Instance, InstanceError, navOf, readInstance, weightsOf } from './instance.js'
import { measure, replan, type Tools } from './measure.js'
import { planFileOf, reasonsOf } from './plan-file.js'
import { chartOf, type Series } from './plot.js'
import { detailOf, type Run, tableOf } from './report.js'
import { scaledDrift } from './vary.js'

const USAGE = `Usage: npm run bench:planner -- [--sizes 8x5x3,15x8x4,30x10x4] [--seeds N] [--json FILE]
       npm run bench:planner -- --instance FILE --out FILE
       npm run bench:planner -- --sizes 8x5x3 --seed N --write FILE    (writes that instance)
       npm run bench:planner -- --plot FILE.svg [--sizes 15x8x4] [--seed N] [--instance FILE]`

class UsageError extends Error {}

/** How long one search of the lower bound may take. What it proves by then is a bound all the same. */
const BOUND_SECONDS = 20
/** Shares of the largest drift at which the chart is drawn. */
const PLOT_SCALES = [0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 0.75, 1]

const say = (line: string) => void process.stdout.write(`${line}\n`)
const progress = (line: string) => void process.stderr.write(`${line}\n`)

function readArguments() {
  const options = {
    sizes: { type: 'string' },
    seeds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    instance: { type: 'string' },
    out: { type: 'string' },
    write: { type: 'string' },
    plot: { type: 'string' },
  } as const
  try {
    return parseArgs({ options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function sizesOf(text: string): Size[] {
  return text.split(',').map((one) => {
    const [, assets, chains, venues] = /^([1-9]\d{0,2})x([1-9]\d?)x([1-9]\d?)$/.exec(one.trim()) ?? []
    if (!assets || Number(assets) < 2)
      throw new UsageError(`Expected sizes as 8x5x3 with two assets or more, came "${one}".`)
    return { assets: Number(assets), chains: Number(chains), venues: Number(venues) }
  })
}

function countOf(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`Expected a whole number after --${name}, came "${text}".`)
  return Number(text)
}

async function main(): Promise<number> {
  const { sizes, seeds, seed, json, instance, out, write, plot } = readArguments()
  const first = sizesOf(sizes ?? '15x8x4')[0]!
  const instanceOf = () =>
    instance === undefined ? Promise.resolve(generateInstance(first, countOf('seed', seed))) : readInstance(instance)
  if (write !== undefined) {
    await save(write, JSON.stringify(await instanceOf(), null, 2))
    return 0
  }
  const solver = new HighsSolver()
  const tools: Tools = { planner: makePlan, solver }
  try {
    if (plot !== undefined) return await drawPlot(tools, await instanceOf(), plot)
    if (instance !== undefined) {
      if (out === undefined) throw new UsageError('Expected --out FILE beside --instance.')
      return await planInstance(tools, await instanceOf(), out)
    }
    return await compare(tools, sizesOf(sizes ?? '8x5x3,15x8x4,30x10x4'), countOf('seeds', seeds), json)
  } finally {
    await solver.close()
  }
}

async function compare(tools: Tools, sizes: readonly Size[], seeds: number, json: string | undefined): Promise<number> {
  const details: unknown[] = []
  // The first plan of a process pays for starting the solver and for compiling; it is not measured.
  await measure(tools, generateInstance({ assets: 8, chains: 4, venues: 2 }, 1), 1)
  let isComplete = true
  for (const size of sizes) {
    const runs: Run[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const measured = await measure(tools, generateInstance(size, seed), BOUND_SECONDS)
      const run = { seed, first: measured, second: await replan(tools, measured, seed) }
      runs.push(run)
      details.push(detailOf(run))
      isComplete &&= measured.planned !== undefined && run.second.outcome !== undefined
      progress(lineOf(run))
    }
    say(`${tableOf(size, runs)}\n`)
  }
  if (json !== undefined) await save(json, JSON.stringify(details, null, 2))
  return isComplete ? 0 : 1
}

function lineOf({ first, second }: Run): string {
  const { instance, navUsd, driven, planned } = first
  const name = `${instance.name}, NAV ${(navUsd / 1e6).toFixed(1)} M:`
  if (!planned) return `${name} no plan (${reasonsOf(driven).join(' ')})`
  const { plan, played, bound, costUsd, greedy, naive } = planned
  const points = (usd: number) => ((usd / navUsd) * 1e4).toFixed(3)
  return [
    `${name} planned ${points(costUsd)}, delivered ${points(played.costUsd)}, bound ${points(bound.usd)} (${bound.method},`,
    `${(bound.ms / 1000).toFixed(1)} s), greedy ${points(greedy.costUsd)}, naive ${points(naive.costUsd)} bp;`,
    `${plan.method}, ${plan.legs.length} legs, ${driven.quotes.asked}/${second.quotes.asked} quotes,`,
    `${driven.computeMs.toFixed(0)} ms${second.fault === undefined ? '' : `; second plan: ${second.fault}`}`,
  ].join(' ')
}

async function planInstance(tools: Tools, instance: Instance, out: string): Promise<number> {
  const measured = await measure(tools, instance, BOUND_SECONDS)
  await save(out, JSON.stringify(planFileOf(measured), null, 2))
  return measured.planned ? 0 : 1
}

/** Cost against order size: the same instance with its drift from a fiftieth up to the largest that leaves no target negative. */
async function drawPlot(tools: Tools, instance: Instance, file: string): Promise<number> {
  const weights = weightsOf(instance)
  const largest = Math.min(
    8,
    ...instance.targets.map(({ asset, lower }) => {
      const held = weights.get(asset)!
      return held > lower ? (0.98 * held) / (held - lower) : Infinity
    }),
  )
  const points: {
    readonly x: number
    readonly naive: number
    readonly greedy: number
    readonly ours: number
    readonly bound: number
  }[] = []
  for (const share of PLOT_SCALES) {
    const { planned } = await measure(tools, scaledDrift(instance, share * largest), BOUND_SECONDS)
    if (!planned) continue
    const { turnoverUsd: x, played, greedy, naive, bound, unmetUsd } = planned
    const pointsOf = (usd: number) => (usd / x) * 1e4
    points.push({
      x,
      naive: pointsOf(naive.costUsd),
      greedy: pointsOf(greedy.costUsd),
      ours: pointsOf(played.costUsd),
      bound: pointsOf(bound.usd),
    })
    progress(`${Math.round(x)} USD traded, ${Math.round(unmetUsd)} USD left: ${JSON.stringify(points.at(-1))}`)
  }
  if (points.length < 2) return 1
  const line = (name: string, colour: string, y: 'naive' | 'greedy' | 'ours' | 'bound', isDashed = false): Series => ({
    name,
    colour,
    isDashed,
    points: points.map((point) => ({ x: point.x, y: point[y] })),
  })
  const title = `Cost of a rebalance by size (${instance.name ?? 'instance'}, NAV ${(navOf(instance) / 1e6).toFixed(1)} M USD)`
  const axes = { x: 'traded one way, USD', y: 'cost, basis points of what is traded' }
  await save(
    file,
    chartOf(title, axes, [
      line('naive', '#d1495b', 'naive'),
      line('best per leg', '#d98e04', 'greedy'),
      line('this planner', '#2f81f7', 'ours'),
      line('lower bound', '#2da44e', 'bound', true),
    ]),
  )
  return 0
}

async function save(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text.endsWith('\n') ? text : `${text}\n`)
  progress(`wrote ${file}`)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof InstanceError || error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n${error instanceof UsageError ? `${USAGE}\n` : ''}`)
  process.exitCode = 2
}
