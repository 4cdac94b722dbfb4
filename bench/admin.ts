import { randomInt } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { inWorld, type Stage } from './in-world.js'
import { adminToken, MeasuredDaemon } from './measured-daemon.js'
import { until } from './until.js'

/**
 * The admin API under load, on a daemon that trades meanwhile: steady reads, then failed logins from addresses that are
 * each new, among which an operator pauses: npm run bench:admin.
 */
const READS_PER_SECOND = 200
const MOST_P99_MS = 50
const MOST_PAUSE_MS = 1_000
const LOGINS_AT_ONCE = 50

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    logins: { type: 'string', default: '10000' },
    dir: { type: 'string', default: '.evenkeel/bench-admin' },
  },
})
const [seconds, logins, dir] = [Number(values.seconds), Number(values.logins), resolve(values.dir)]
const authorization = `Bearer ${adminToken}`
const say = (line: string) => void process.stdout.write(`${line}\n`)

/** Reads as a console and its dashboards make them: mostly lists, some of them large. */
const PATHS = [
  '/v1/state',
  '/v1/portfolios',
  '/v1/portfolios/treasury/decisions?limit=20',
  '/v1/portfolios/treasury/positions',
  '/v1/portfolios/treasury/drift?limit=100',
  '/v1/cycles?limit=50',
  '/v1/limits',
  '/v1/breakers',
  '/v1/prices',
  '/v1/chains',
  '/v1/audit?limit=50',
]

/** A proxy names the caller, and one caller may read as often as it takes. */
async function widen({ place }: Stage): Promise<void> {
  const config = z.looseObject({ server: z.looseObject({}) }).parse(parse(await readFile(place.configFile, 'utf8')))
  Object.assign(config.server, { trustedProxies: 1, readsPerMinute: 1_000_000 })
  await writeFile(place.configFile, stringify(config))
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

/** Whether reads keep their bounds. */
async function measureReads({ place, world, database }: Stage): Promise<boolean> {
  const url = `http://127.0.0.1:${place.adminPort}`
  const trades = () =>
    database
      .selectFrom('legs')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
  await metric(place.metricsPort, 'nodejs_eventloop_lag_p99_seconds')
  world.control.startScenario()
  const result = await autocannon({
    url,
    connections: 20,
    overallRate: READS_PER_SECOND,
    duration: seconds,
    requests: PATHS.map((path) => ({ method: 'GET' as const, path, headers: { authorization } })),
  })
  const lagMs = 1_000 * (await metric(place.metricsPort, 'nodejs_eventloop_lag_p99_seconds'))
  const { p50, p99, max } = result.latency
  const refused = result.non2xx + result.errors + result.timeouts
  say(`${result.requests.total} reads in ${seconds} s at ${READS_PER_SECOND} a second, ${refused} of them failed`)
  say(`  latency in ms: median ${p50}, p99 ${p99} (at most ${MOST_P99_MS}), longest ${max}`)
  say(
    `  delay of the event loop, p99: ${lagMs.toFixed(1)} ms (at most ${MOST_P99_MS}), while ${(await trades()).count} legs were planned`,
  )
  return refused === 0 && p99 <= MOST_P99_MS && lagMs <= MOST_P99_MS
}

const someAddress = () => `198.${18 + randomInt(2)}.${randomInt(256)}.${randomInt(256)}`

/** Whether every pause is accepted in time, and no read or login is let in, while logins fail. */
async function measurePauses({ place }: Stage): Promise<boolean> {
  const url = `http://127.0.0.1:${place.adminPort}`
  const statuses = new Map<number, number>()
  let left = logins
  const knock = async () => {
    while (left-- > 0) {
      const headers = {
        authorization: `Bearer ek_${'a'.repeat(12)}_${'b'.repeat(43)}`,
        'x-forwarded-for': someAddress(),
      }
      const { status } = await fetch(`${url}/v1/state`, { headers })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const startedAt = performance.now()
  const flood = Promise.all(Array.from({ length: LOGINS_AT_ONCE }, knock))
  const pauses: number[] = []
  const body = JSON.stringify({ scope: 'all', reason: 'A measurement.' })
  const headers = { authorization, 'content-type': 'application/json', 'x-forwarded-for': someAddress() }
  while (left > 0 && pauses.length < 30) {
    const askedAt = performance.now()
    const { status } = await fetch(`${url}/v1/pause`, { method: 'POST', headers, body })
    pauses.push(status === 200 ? performance.now() - askedAt : Infinity)
    await sleep(500)
  }
  await flood
  const tookSeconds = (performance.now() - startedAt) / 1000
  const sorted = pauses.toSorted((a, b) => a - b)
  const [middle, longest] = [sorted[Math.floor(sorted.length / 2)] ?? Infinity, sorted.at(-1) ?? Infinity]
  say(
    `${logins} failed logins from fresh addresses in ${tookSeconds.toFixed(0)} s, answered ${[...statuses].map(([status, count]) => `${status} (${count})`).join(', ')}`,
  )
  say(
    `  ${pauses.length} pauses meanwhile, in ms: median ${middle.toFixed(0)}, longest ${longest.toFixed(0)} (at most ${MOST_PAUSE_MS})`,
  )
  return longest <= MOST_PAUSE_MS && [...statuses.keys()].every((status) => status === 401 || status === 429)
}

say(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before the start, Node ${process.version}`)
await rm(dir, { recursive: true, force: true })
const areHeld = await inWorld({ seed: 1, dir: join(dir, 'world'), onProgress: say }, async (stage) => {
  await widen(stage)
  const daemon = await MeasuredDaemon.start(stage.place)
  try {
    await until('a first cycle', async () => {
      const [first] = await stage.database.selectFrom('cycles').select('id').limit(1).execute()
      return first
    })
    return [await measureReads(stage), await measurePauses(stage)]
  } finally {
    await daemon.stop()
  }
})
process.exit(areHeld.every(Boolean) ? 0 : 1)
