import autocannon from 'autocannon'
import type { Stage } from '../in-world.js'
import { adminToken } from '../measured-daemon.js'

const READS_PER_SECOND = 200
const MOST_P99_MS = 50
/** No answer is older: whoever asks what nobody asked for within this time has it computed. */
const OLDEST_ANSWER_MS = 1_000
const LEAST_COMPUTED = 1 / 3

/** Reads as a console and its dashboards make them: mostly lists, some of them large. Who asks the same shares the answer. */
const COMMON = [
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

/** Reads with pages and filters of one's own, which nobody else asks for at that moment: the `count`th of each. */
const OWN: readonly ((count: number) => string)[] = [
  (count) => `/v1/cycles?limit=${1 + (count % 200)}`,
  (count) => `/v1/portfolios/treasury/drift?limit=${1 + (count % 500)}`,
  (count) => `/v1/portfolios/treasury/decisions?limit=${1 + (count % 200)}`,
  (count) => `/v1/intents?portfolio=treasury&limit=${1 + (count % 500)}`,
  (count) => `/v1/portfolios/treasury/costs?by=venue&from=${new Date(Date.now() - 86_400_000 - count).toISOString()}`,
  (count) => `/v1/audit?limit=${1 + (count % 200)}`,
]

/** What is asked, in turn: one of everybody's, one of one's own; and how many of them nobody can have shared. */
class Asked {
  readonly counts = { all: 0, computed: 0 }
  private readonly last = new Map<string, number>()

  next(): string {
    const count = this.counts.all
    const turn = Math.floor(count / 2)
    const path =
      count % 2 === 0 ? COMMON[turn % COMMON.length]! : OWN[turn % OWN.length]!(Math.floor(turn / OWN.length))
    const now = performance.now()
    if ((this.last.get(path) ?? -Infinity) < now - OLDEST_ANSWER_MS) this.counts.computed += 1
    this.last.set(path, now)
    this.counts.all += 1
    return path
  }
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

/** Whether reads keep their bounds, so many seconds long, on a daemon that trades meanwhile. */
export async function measureReads(
  { place, world, database }: Stage,
  { seconds, say }: { readonly seconds: number; readonly say: (line: string) => void },
): Promise<boolean> {
  const trades = () =>
    database
      .selectFrom('legs')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
  await metric(place.metricsPort, 'nodejs_eventloop_lag_p99_seconds')
  world.control.startScenario()
  const asked = new Asked()
  const headers = { authorization: `Bearer ${adminToken}` }
  const result = await autocannon({
    url: `http://127.0.0.1:${place.adminPort}`,
    connections: 20,
    overallRate: READS_PER_SECOND,
    duration: seconds,
    requests: [{ method: 'GET', headers, setupRequest: (request) => ({ ...request, path: asked.next() }) }],
  })
  const lagMs = 1_000 * (await metric(place.metricsPort, 'nodejs_eventloop_lag_p99_seconds'))
  const { p50, p99, max } = result.latency
  const refused = result.non2xx + result.errors + result.timeouts
  const computed = asked.counts.computed / asked.counts.all
  say(`${result.requests.total} reads in ${seconds} s at ${READS_PER_SECOND} a second, ${refused} of them failed`)
  say(`  ${(100 * computed).toFixed(0)} % at least were computed: nobody had asked for the same within a second`)
  say(`  latency in ms: median ${p50}, p99 ${p99} (at most ${MOST_P99_MS}), longest ${max}`)
  say(
    `  delay of the event loop, p99: ${lagMs.toFixed(1)} ms (at most ${MOST_P99_MS}), while ${(await trades()).count} legs were planned`,
  )
  return refused === 0 && computed >= LEAST_COMPUTED && p99 <= MOST_P99_MS && lagMs <= MOST_P99_MS
}
