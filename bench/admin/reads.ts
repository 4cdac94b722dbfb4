import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Stage } from '../in-world.js'
import { adminToken } from '../measured-daemon.js'
import type { Answer, Order } from './load.js'

const READS_PER_SECOND = 200
const MOST_P99_MS = 50
/** No answer is older: whoever asks what nobody asked for within this time has it computed. */
const OLDEST_ANSWER_MS = 1_000
const LEAST_COMPUTED = 1 / 3

/** Reads as a console and its dashboards make them: mostly lists, some of them large. Who asks the same shares the answer. */
const shared = [
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

/** Reads with pages and filters of one's own, which nobody else asks for at that moment. */
const own = [
  { path: '/v1/cycles?limit={n}', most: 200 },
  { path: '/v1/portfolios/treasury/drift?limit={n}', most: 500 },
  { path: '/v1/portfolios/treasury/decisions?limit={n}', most: 200 },
  { path: '/v1/intents?portfolio=treasury&limit={n}', most: 500 },
  { path: '/v1/portfolios/treasury/costs?by=venue&from={at}', most: 1 },
  { path: '/v1/audit?limit={n}', most: 200 },
]

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
  const answers = await askFor({
    url: `http://127.0.0.1:${place.adminPort}`,
    token: adminToken,
    perSecond: READS_PER_SECOND,
    seconds,
    shared,
    own,
    sharedMs: OLDEST_ANSWER_MS,
  })
  const lagMs = 1_000 * (await metric(place.metricsPort, 'nodejs_eventloop_lag_p99_seconds'))
  const refused = answers.filter(({ status }) => status !== 200).length
  const computed = answers.filter(({ isComputed }) => isComputed)
  const all = timesOf(answers)
  say(
    `${answers.length} reads in ${seconds} s, ${READS_PER_SECOND} a second at random moments, ${refused} of them failed`,
  )
  say(`  latency in ms: ${told(all)}, p99 at most ${MOST_P99_MS}`)
  say(
    `  ${((100 * computed.length) / answers.length).toFixed(0)} % at least were computed, as nobody had asked for the same within a second: ${told(timesOf(computed))}`,
  )
  say(
    `  delay of the event loop, p99: ${lagMs.toFixed(1)} ms (at most ${MOST_P99_MS}), while ${(await trades()).count} legs were planned`,
  )
  const isEnough = computed.length >= LEAST_COMPUTED * answers.length
  return refused === 0 && isEnough && quantile(all, 0.99) <= MOST_P99_MS && lagMs <= MOST_P99_MS
}

async function askFor(order: Order): Promise<readonly Answer[]> {
  const process = fork(new URL('./load.ts', import.meta.url))
  process.send(order)
  const [answers] = (await Promise.race([
    once(process, 'message'),
    once(process, 'exit').then(([code]) => {
      throw new Error(`The process that makes the load ended with ${String(code)}.`)
    }),
  ])) as [readonly Answer[]]
  return answers
}

const timesOf = (answers: readonly Answer[]) => answers.map(({ ms }) => ms).toSorted((one, other) => one - other)

/** Of sorted values, of which there is one at least: the smallest that so many of them do not exceed. */
const quantile = (sorted: readonly number[], share: number) => sorted[Math.ceil(share * sorted.length) - 1]!

const told = (sorted: readonly number[]) =>
  `median ${quantile(sorted, 0.5).toFixed(1)}, p99 ${quantile(sorted, 0.99).toFixed(1)}, longest ${sorted.at(-1)!.toFixed(0)}`

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}
