import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the process that makes the load is told. */
export interface Order {
  readonly url: string
  readonly token: string
  readonly perSecond: number
  readonly seconds: number
  /** Asked in turn, one of the first after one of the second. */
  readonly shared: readonly string[]
  /** `{n}` stands for a number from 1 to `most` that goes up with every round, `{at}` for a moment that nobody had before. */
  readonly own: readonly { readonly path: string; readonly most: number }[]
  /** Nobody can have shared the answer to what was not asked for within so many milliseconds. */
  readonly sharedMs: number
}

/** One answer: when it was to be asked for, how long it took since then, in milliseconds, and how it ended. */
export interface Answer {
  readonly ms: number
  readonly isComputed: boolean
  readonly status: number
}

/**
 * Reads as many people make them who know nothing of each other: the time between two is random with the mean that the
 * rate asks for, and nobody waits for the answer of somebody else. Times count from the moment at which a read was due, so
 * that a daemon or a load that falls behind shows. It is a process of its own: nothing else slows it down.
 */
async function load(order: Order): Promise<Answer[]> {
  const { url, token, perSecond, seconds, sharedMs } = order
  const agent = new Agent({ keepAlive: true })
  const headers = { authorization: `Bearer ${token}` }
  const last = new Map<string, number>()
  const answers: Promise<Answer>[] = []
  const begun = performance.now()
  for (let due = begun; due < begun + 1_000 * seconds; due += (-Math.log(1 - Math.random()) * 1_000) / perSecond) {
    const early = due - performance.now()
    if (early >= 1) await sleep(early)
    const path = pathOf(order, answers.length)
    const isComputed = (last.get(path) ?? -Infinity) < due - sharedMs
    last.set(path, due)
    const done = read(`${url}${path}`, agent, headers)
    answers.push(done.then((status) => ({ ms: performance.now() - due, isComputed, status })))
  }
  const all = await Promise.all(answers)
  agent.destroy()
  return all
}

function pathOf({ shared, own }: Order, count: number): string {
  const turn = Math.floor(count / 2)
  if (count % 2 === 0) return shared[turn % shared.length]!
  const { path, most } = own[turn % own.length]!
  const round = Math.floor(turn / own.length)
  const at = new Date(Date.now() - 86_400_000 - round).toISOString()
  return path.replace('{n}', String(1 + (round % most))).replace('{at}', at)
}

/** The status of the answer once all of it came, 0 without one. */
function read(url: string, agent: Agent, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent, headers, timeout: 10_000 }, (response) => {
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', () => resolve(0))
      response.resume()
    })
    request.on('timeout', () => request.destroy()).on('error', () => resolve(0))
  })
}

process.once('message', (order: Order) => {
  void load(order).then((answers) => process.send!(answers, () => process.disconnect()))
})
