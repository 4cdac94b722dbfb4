import { parseArgs } from 'node:util'

// How long a backtest takes as it is shipped: one run of each policy over eight years of six assets, and a sweep of each
// policy's dial over eight years of three. Prices are a random walk, the same every time; one core, and what is promised is
// for a machine with nothing else to do. `npm run bench:backtest [-- --points N]`, in plain JavaScript because what turns
// TypeScript into it on the way slows small functions down.

const dist = new URL('../dist/', import.meta.url)
const load = (path) => import(new URL(path, dist).href)
const { loadQuadraticSolver } = await load('adapters/optimiser/highs-quadratic.js')
const { layOutHistory } = await load('application/lay-out-history.js')
const { RunBacktest } = await load('application/run-backtest.js')
const { policyRequests } = await load('domain/backtest/policy-request.js')
const { DEFAULT_POLICY, POLICIES } = await load('domain/rebalancing/registry.js')
const { seededRandom } = await load('domain/statistics/seeded-random.js')
const { NO_LIMITS } = await load('domain/targets/weight-limits.js')
const { ratioOfBasisPoints } = await load('domain/units/ratio.js')

const DAYS = 2_922
const ROUNDS = 9
/** What is promised: milliseconds of one run, seconds of the sweep, MB of memory. */
const PROMISED = { run: 150, sweep: 30, memory: 300 }
const names = Object.keys(POLICIES)
const say = (line) => void process.stdout.write(`${line}\n`)

/** Prices that move by about four percent a day, half of it together. */
function randomWalk(assets) {
  const draw = seededRandom(7)
  const step = () => (draw() + draw() + draw() - 1.5) * 0.056
  const latest = assets.map(() => 100)
  const prices = Array.from({ length: DAYS }, () => {
    const row = [...latest]
    const common = step()
    for (const place of latest.keys()) latest[place] *= Math.exp(common + step())
    return row
  })
  return { assets, days: prices.map((_, day) => 17_000 + day), prices }
}

/** Risky assets in equal parts and a stable one, which has no column and is a dollar throughout. */
function requestOf(count) {
  const risky = Array.from({ length: count - 1 }, (_, place) => `A${place}`)
  const weight = Math.floor(8_000 / risky.length)
  const weights = [...risky.map((asset) => [asset, weight]), ['USD', 10_000 - weight * risky.length]]
  const targets = weights.map(([asset, points]) => ({
    asset,
    weight: ratioOfBasisPoints(points),
    absoluteBand: ratioOfBasisPoints(300),
  }))
  return {
    table: randomWalk(risky),
    portfolio: {
      assets: weights.map(([key]) => ({ key, class: key === 'USD' ? 'stable' : 'major', tokens: [] })),
      policy: { targets, hubs: {} },
      rebalancing: { choice: { name: DEFAULT_POLICY, parameters: {} }, calendar: undefined },
      shadow: undefined,
      targetSetting: { setter: 'fixed', parameters: {}, limits: NO_LIMITS, issuers: {} },
      assumedCost: ratioOfBasisPoints(30),
    },
    costs: { kind: 'flat', rate: 0.003, fixedShare: 0.00002, fixedUsd: 0 },
  }
}

/** In words; a promise that is missed ends the process with 1. */
function verdict(value, promised, unit) {
  if (!(value <= promised)) process.exitCode = 1
  return `${value.toFixed(value < 100 ? 1 : 0)} ${unit} (promised ${promised}) ${value <= promised ? 'ok' : 'TOO MUCH'}`
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

const { points: text } = parseArgs({ options: { points: { type: 'string', default: '200' } } }).values
const points = Number(text)
if (!Number.isInteger(points) || points < 2) throw new Error(`Expected a whole number after --points, came ${text}.`)
const needs = { solve: await loadQuadraticSolver() }

const six = requestOf(6)
const start = performance.now()
const { runs } = layOutHistory(six, needs)
say(`One run over ${DAYS} days of 6 assets, median of ${ROUNDS}:`)
say(`  what is worked out once    ${(performance.now() - start).toFixed(1)} ms`)
for (const request of policyRequests(six.portfolio, names)) {
  const times = Array.from({ length: ROUNDS }, () => {
    const begin = performance.now()
    runs.course(request)
    return performance.now() - begin
  })
  say(`  ${request.label.padEnd(26)} ${verdict(median(times), PROMISED.run, 'ms')}`)
}

say(`A sweep of ${points} points over each policy, ${DAYS} days of 3 assets:`)
const clock = new Map()
const begin = performance.now()
let [last, peak] = [begin, 0]
await new RunBacktest(needs).run({ ...requestOf(3), policies: names, points }, ({ label }) => {
  const now = performance.now()
  const { ms, count } = clock.get(label) ?? { ms: 0, count: 0 }
  clock.set(label, { ms: ms + now - last, count: count + 1 })
  last = now
  peak = Math.max(peak, process.memoryUsage.rss())
})
const seconds = (performance.now() - begin) / 1000
const perPoint = [...clock].map(([label, { ms, count }]) => ({ label, ms: ms / count, count }))
const least = Math.min(...perPoint.map(({ ms }) => ms))
for (const { label, ms, count } of perPoint)
  say(
    `  ${label.padEnd(26)} ${ms.toFixed(1).padStart(6)} ms a point, ${(ms / least).toFixed(1)} times the quickest, ${count} runs`,
  )
say(`  together ${verdict(seconds, PROMISED.sweep, 's')}, memory ${verdict(peak / 1e6, PROMISED.memory, 'MB')}`)
