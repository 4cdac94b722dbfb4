import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the daemon used the processor for. The shares add up to one. */
export interface CpuShares {
  /** Valuing, deciding, planning. */
  readonly planning: number
  /** The cycle's steps and everything that reads and writes the database. */
  readonly bookkeeping: number
  /** Asking nodes, price sources and venues, reading their answers, signing and sending. */
  readonly talking: number
  /** Logs, metrics and the daemon's own HTTP. */
  readonly telling: number
}
type Share = keyof CpuShares

/**
 * Whose work a function is, by the file it is in; the first rule that fits decides. Code that belongs to nobody, such
 * as the streams of Node, works for the function that called it.
 */
const owners: readonly (readonly [Share, RegExp])[] = [
  ['planning', /\/dist\/domain\/(?!execution\/|events)|\/dist\/application\/(propose-plan|take-snapshot|read-prices)/],
  ['talking', /\/dist\/adapters\/(chains|aggregators|oracles|signers)\/|\/application\/collect-quotes/],
  ['talking', /\/node_modules\/(viem|ox|abitype|@wagmi|@noble|@scure|@lifi|@0x|@trpc)\/|undici|webstreams/],
  ['telling', /\/dist\/(adapters\/observability|interface)\//],
  ['telling', /\/node_modules\/(pino|sonic-boom|prom-client|express|@nestjs|@bokuweb)\/|node:_http/],
  ['bookkeeping', /\/dist\/(application|adapters\/store|domain)\/|\/node_modules\/(kysely|pg|pg-[a-z-]+)\//],
]

/** What `node --cpu-prof` writes. Times are in microseconds of the machine's monotonic clock. */
interface Profile {
  readonly startTime: number
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** The only profile in a folder. */
export async function readProfile(dir: string): Promise<Profile> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.cpuprofile'))
  if (files.length !== 1) throw new Error(`Expected one processor profile in ${dir}, found ${files.length}.`)
  return JSON.parse(await readFile(join(dir, files[0]!), 'utf8')) as Profile
}

/** A moment as profiles of other processes on this machine count it. */
export function profileClock(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/**
 * Splits the main thread's busy time between two moments. The collector, the event loop and whatever else has no owner
 * belongs to the owners in proportion. Shares rather than times: a profile counts the time that other processes had the
 * processor as well.
 */
export function sharesOf(profile: Profile, from: number, to: number): CpuShares {
  const ownerOf = ownersOf(profile)
  const busy = { planning: 0, bookkeeping: 0, talking: 0, telling: 0 }
  let at = profile.startTime
  for (const [index, id] of profile.samples.entries()) {
    at += profile.timeDeltas[index]!
    const owner = ownerOf.get(id)
    if (at >= from && at <= to && owner !== undefined && owner !== 'idle')
      busy[owner] += profile.timeDeltas[index + 1] ?? 0
  }
  const all = Object.values(busy).reduce((sum, time) => sum + time, 0)
  if (all === 0) throw new Error('The processor profile holds no work of the daemon between the two moments.')
  return {
    planning: busy.planning / all,
    bookkeeping: busy.bookkeeping / all,
    talking: busy.talking / all,
    telling: busy.telling / all,
  }
}

/** Parents stand before their children in a profile. */
function ownersOf({ nodes }: Profile): ReadonlyMap<number, Share | 'idle' | undefined> {
  const found = new Map<number, Share | 'idle' | undefined>()
  const parents = new Map(nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id] as const)))
  for (const { id, callFrame } of nodes) {
    const own = owners.find(([, files]) => files.test(callFrame.url))?.[0]
    const isIdle = callFrame.functionName === '(idle)'
    found.set(id, isIdle ? 'idle' : (own ?? found.get(parents.get(id) ?? 0)))
  }
  return found
}
