import { once } from 'node:events'
import { get as open, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { EventSource } from 'eventsource'
import fc from 'fast-check'
import request from 'supertest'
import { NOW } from '../../../test/support/builders.js'
import { type GateApp, operatorToken, startGateApp } from '../../../test/support/gate-app.js'
import { until } from '../../../test/support/until.js'
import { Clock } from '../../ports/clock.js'
import { Identities } from '../../ports/identities.js'
import { RateLimits } from '../../ports/rate-limits.js'
import { eventSchema } from './events-schema.js'

/** Real time, and as much of it at once as a test says. */
class LiveClock extends Clock {
  private passed = NOW - Date.now()
  override now = () => Date.now() + this.passed
  override sleep = (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined)
  pass = (ms: number) => void (this.passed += ms)
}

class NoLimits extends RateLimits {
  override take = () => Promise.resolve({ retryAfterMs: undefined })
  override waiting = () => Promise.resolve(undefined)
}

class People extends Identities {
  constructor(private readonly expiresAt: number) {
    super()
  }
  override identify = (token: string) =>
    Promise.resolve(
      token === 'ada' ? { subject: 'ada', scopes: ['status:read' as const], expiresAt: this.expiresAt } : undefined,
    )
}

interface Frame {
  readonly type: string
  readonly id: string
  readonly data: Record<string, unknown>
}

/** A stream as the bytes of it come. */
class Stream {
  text = ''
  isEnded = false

  constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => (this.text += chunk))
    response.on('close', () => (this.isEnded = true))
  }

  get frames(): Frame[] {
    return [...this.text.matchAll(/event: (.+)\nid: (.+)\ndata: (.+)\n\n/g)].map(([, type, id, data]) => ({
      type: type!,
      id: id!,
      data: JSON.parse(data!) as Record<string, unknown>,
    }))
  }

  get ids(): string[] {
    return this.frames.slice(1).map(({ id }) => id)
  }

  has(count: number): Promise<true> {
    return until(
      `${count} events`,
      5_000,
      () => this.frames.length >= count || undefined,
      () => this.text,
    )
  }

  ended(): Promise<true> {
    return until('the end of the stream', 5_000, () => this.isEnded || undefined)
  }
}

let clock: LiveClock
let gate: GateApp
let isClosed: boolean
let streams: Stream[]

async function start(changes: Parameters<typeof startGateApp>[0] = {}): Promise<void> {
  clock = new LiveClock()
  const following = { clock, readEveryMs: 10, ...changes.following }
  gate = await startGateApp({ limits: new NoLimits(), ...changes, following })
  isClosed = false
}

beforeEach(async () => {
  streams = []
  await start()
})
afterEach(async () => {
  if (!isClosed) await gate.close()
})

const listen = async (query = '', headers: Record<string, string> = {}, token = operatorToken): Promise<Stream> => {
  const asked = open(`${gate.url}/v1/events${query}`, { headers: { authorization: `Bearer ${token}`, ...headers } })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const stream = new Stream(response)
  streams.push(stream)
  return stream
}
const after = (id: string) => ({ 'last-event-id': id })
const tell = (count: number, change: object = {}) =>
  gate.feed.append(
    Array.from({ length: count }, () => ({
      at: NOW,
      type: 'chain-known',
      portfolio: 'core',
      data: { chain: 'alpha' },
      messages: [],
      ...change,
    })),
  )

describe('GET /v1/events', () => {
  test('tells what happens from now on, in order, as the document says', async () => {
    await tell(2)
    const stream = await listen()
    await stream.has(1)
    await tell(2)
    await tell(1, {
      type: 'breaker-cleared',
      portfolio: undefined,
      data: { breaker: 'B-09', scope: 'all', by: 'x\n\ny' },
    })
    await stream.has(4)
    expect(stream.response.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8' })
    expect(stream.frames.map(({ type, id }) => `${id} ${type}`)).toEqual([
      '2 opened',
      '3 chain-known',
      '4 chain-known',
      '5 breaker-cleared',
    ])
    for (const { type, data } of stream.frames) expect(eventSchema.parse(data).type).toBe(type)
  })

  test('goes on after the event that the client names, in a header or in the query', async () => {
    await tell(5)
    const [one, other] = [await listen('', after('3')), await listen('?after=4')]
    await tell(1)
    await Promise.all([one.has(4), other.has(3)])
    expect([one.ids, other.ids]).toEqual([
      ['4', '5', '6'],
      ['5', '6'],
    ])
    expect(one.frames[0]).toMatchObject({ type: 'opened', id: '3', data: { isResumed: true } })
  })

  test.each([
    ['that is no longer kept', '3', 'expired'],
    ['that never was', '77', 'unknown'],
    ['of another kind', 'abc', 'unknown'],
  ])('an event %s is a reset, and goes on from now', async (_, id, reason) => {
    await tell(9)
    gate.feed.forget(5)
    const stream = await listen('', after(id))
    await tell(1)
    await stream.has(2)
    expect(stream.frames).toMatchObject([{ type: 'reset', id: '9', data: { reason } }, { id: '10' }])
    expect(() => eventSchema.parse(stream.frames[0]!.data)).not.toThrow()
  })

  test('of one portfolio, with what is of none, and of some types', async () => {
    const [core, breakers] = [await listen('?portfolio=core'), await listen('?types=breaker-tripped,failed')]
    await Promise.all([core.has(1), breakers.has(1)])
    await tell(1)
    await tell(1, { portfolio: 'other' })
    await tell(1, { portfolio: undefined, type: 'failed' })
    await Promise.all([core.has(3), breakers.has(2)])
    expect([core.ids, breakers.ids]).toEqual([['1', '3'], ['3']])
    const { body } = await request(gate.url).get('/v1/events?types=x').set('authorization', `Bearer ${operatorToken}`)
    expect(body).toMatchObject({ status: 400, detail: expect.stringContaining('cycle-ended') })
  })

  test('P: over any disconnects everything comes once and in order', async () => {
    const moves = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant('break' as const)), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(moves, async (all) => {
        const from = Number((await gate.feed.bounds()).latest)
        let stream = await listen()
        await stream.has(1)
        let last = stream.frames[0]!.id
        const heard: string[] = []
        const breakOff = () => {
          stream.response.destroy()
          heard.push(...stream.ids)
          last = heard.at(-1) ?? last
        }
        for (const move of all)
          if (move === 'break') {
            breakOff()
            stream = await listen('', after(last))
          } else await tell(move)
        breakOff()
        stream = await listen('', after(last))
        const { latest } = await gate.feed.bounds()
        await stream.has(1 + Number(latest) - Number(last))
        breakOff()
        expect(heard).toEqual(Array.from({ length: Number(latest) - from }, (_, index) => String(from + 1 + index)))
      }),
      { numRuns: 5 },
    )
  }, 30_000)

  test('a client of the package eventsource is back by itself, without gap', async () => {
    const heard: string[] = []
    const source = new EventSource(`${gate.url}/v1/events`, {
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${operatorToken}` } } as RequestInit),
    })
    source.addEventListener('chain-known', ({ lastEventId }) => void heard.push(lastEventId))
    const isOpen = until('the source to open', 5_000, () => source.readyState === source.OPEN || undefined)
    await isOpen
    await sleep(30)
    gate.app.getHttpServer().closeAllConnections()
    await tell(2)
    await until('both', 5_000, () => heard.length === 2 || undefined)
    source.close()
    expect(heard).toEqual(['1', '2'])
  })

  test('a comment comes every 15 seconds', async () => {
    const stream = await listen()
    await stream.has(1)
    for (const count of [1, 2]) {
      clock.pass(15_000)
      const isThere = () => stream.text.split(': still here\n\n').length > count || undefined
      expect(await until('a comment', 2_000, isThere)).toBe(true)
    }
  })

  test('a failing database is waited for', async () => {
    const stream = await listen()
    await stream.has(1)
    gate.feed.isDown = true
    await tell(1)
    await sleep(50)
    gate.feed.isDown = false
    await stream.has(2)
    expect(gate.observer.of('failed')).toHaveLength(1)
  })
})

describe('a stream ends', () => {
  test('when a key is revoked, within 30 seconds', async () => {
    const key = await gate.keyWith(['status:read'])
    const stream = await listen('', {}, key)
    await stream.has(1)
    clock.pass(25_000)
    await sleep(50)
    expect(stream.isEnded).toBe(false)
    const [made] = await gate.keys.list()
    await gate.keys.revoke(made!.id, NOW)
    clock.pass(25_000)
    await stream.ended()
  })

  test('A-06: when a person is shut out, within 30 seconds', async () => {
    await gate.close()
    await start({ identities: new People(NOW + 3_600_000) })
    const stream = await listen('', {}, 'ada')
    await stream.has(1)
    clock.pass(25_000)
    await sleep(50)
    expect(stream.isEnded).toBe(false)
    await gate.denials.deny({ subject: 'ada', reason: 'Leaves.', since: NOW })
    clock.pass(25_000)
    await stream.ended()
  })

  test('when an access token expires', async () => {
    await gate.close()
    await start({ identities: new People(NOW + 3_600_000) })
    const stream = await listen('', {}, 'ada')
    await stream.has(1)
    clock.pass(3_500_000)
    await sleep(50)
    expect(stream.isEnded).toBe(false)
    clock.pass(100_000)
    await stream.ended()
  })

  test('when the daemon stops, which does not wait for it', async () => {
    const stream = await listen()
    await stream.has(1)
    gate.stopping.begin()
    await stream.ended()
    const answer = await request(gate.url).get('/v1/events').set('authorization', `Bearer ${operatorToken}`)
    expect(answer.status).toBe(503)
  })

  test('when the server closes', async () => {
    const stream = await listen()
    await stream.has(1)
    isClosed = true
    await gate.close()
    expect(await stream.ended()).toBe(true)
  })

  test('when its client takes nothing', async () => {
    const stream = await listen()
    await stream.has(1)
    stream.response.pause()
    const data = { chain: 'x'.repeat(100_000) }
    for (let index = 0; index < 100; index += 1) await tell(1, { data })
    await sleep(50)
    stream.response.resume()
    await stream.ended()
    expect(stream.frames.length).toBeLessThan(100)
  })
})

test('as many streams are served as there are places, for one caller and for all', async () => {
  await gate.close()
  await start({ following: { mostOfOne: 2, most: 3 } })
  const key = await gate.keyWith(['status:read'])
  const mine = [await listen(), await listen()]
  const statusOf = async (token: string) => {
    const { response } = await listen('', {}, token)
    return [response.statusCode, response.headers['retry-after']]
  }
  expect(await statusOf(operatorToken)).toEqual([429, '30'])
  expect((await statusOf(key))[0]).toBe(200)
  expect((await statusOf(key))[0]).toBe(429)
  mine[0]!.response.destroy()
  expect(await until('a place', 2_000, async () => (await statusOf(operatorToken))[0] === 200 || undefined)).toBe(true)
})

test('HEAD tells the headers and holds no place', async () => {
  for (const _ of Array(12)) {
    const answer = await request(gate.url).head('/v1/events').set('authorization', `Bearer ${operatorToken}`)
    expect([answer.status, answer.type]).toEqual([200, 'text/event-stream'])
  }
})
