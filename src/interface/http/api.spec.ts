import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { OpenAPIObject } from '@nestjs/swagger'
import fc from 'fast-check'
import request from 'supertest'
import type { z } from 'zod'
import { aProposal } from '../../../test/support/admin-contract.js'
import { type ApiRequest, apiRequests, pairsOf } from '../../../test/support/api-requests.js'
import {
  aCycle,
  anAttempt,
  anInclusion,
  aRun,
  aTransfer,
  newIntent,
  NOW,
  OWNER,
  sendingRun,
} from '../../../test/support/builders.js'
import { ALPHA } from '../../../test/support/fake-world.js'
import { type GateApp, operatorToken, startGateApp } from '../../../test/support/gate-app.js'
import { until } from '../../../test/support/until.js'
import { entry } from '../../domain/execution/ledger.js'
import { Proposals } from '../../ports/proposals.js'
import { RateLimits } from '../../ports/rate-limits.js'
import { registeredRoutes } from './access/registered-routes.js'
import { describeApi, serveApiDocs } from './openapi.js'
import { problemSchema } from './problem.js'

/** More in a long run (`npm run test:api`), which says what came of them. */
const REQUESTS = Number(process.env['EVENKEEL_API_REQUESTS'] ?? 250)
const IS_LONG = REQUESTS > 250

/** Nobody is ever held up. */
class NoLimits extends RateLimits {
  override take = () => Promise.resolve({ retryAfterMs: undefined })
  override waiting = () => Promise.resolve(undefined)
}

const run = sendingRun(aRun())
const intent = {
  ...newIntent(aCycle(), run),
  nonce: 7,
  version: 4,
  state: 'final_ok' as const,
  attempts: [anAttempt(1)] as const,
  inclusion: anInclusion(1),
}
const cycle = aCycle({
  legs: [{ ...run, state: 'done', sold: run.leg.sell, received: run.leg.expectedOut }],
  intents: [intent],
  transfers: [aTransfer(aCycle(), run)],
})

let gate: GateApp
let document: OpenAPIObject
let answers: ReadonlyMap<string, z.ZodType>

beforeAll(async () => {
  gate = await startGateApp({ limits: new NoLimits() })
  document = describeApi(gate.app, '0.1.0')
  answers = new Map(registeredRoutes(gate.app).flatMap(({ name, rules }) => (rules ? [[name, rules.answer]] : [])))
  const { rows } = gate.store
  rows.cycles.set(cycle.id, cycle)
  rows.events.push({ intentId: intent.id, at: NOW, state: 'signed', epoch: 1, evidence: 'bytes' })
  rows.broadcasts.push({ intentId: intent.id, at: NOW, hash: '0xab', endpoint: 'one', answer: 'taken' })
  const on = { cause: 'found.alpha.9', owner: OWNER, chain: 'alpha', token: ALPHA.usdc.address, book: 'final' } as const
  await gate.store.post(entry(on, 'unattributed', 'wallet', 1_500_000n))
  await gate.store.tripBreaker({ code: 'B-01', scope: 'chain:alpha', level: 'paused_new', reason: 'a fall' }, NOW)
  const set = { portfolio: 'core', setAt: NOW, setter: 'fixed', setting: '{}', inputs: '{}', reasons: ['It is so.'] }
  await gate.history.saveTargets({
    ...set,
    status: 'set',
    weights: { ETH: 10n ** 18n },
    exposure: undefined,
    document: undefined,
  })
  await gate.history.saveTargets({ ...set, status: 'refused', code: 'nav-unknown' })
})
afterAll(() => gate.close())

const authorization = `Bearer ${operatorToken}`
const get = (path: string) => request(gate.url).get(path).set({ authorization })
const pause = (body: string | object, headers: Record<string, string> = {}) =>
  request(gate.url)
    .post('/v1/pause')
    .set({ authorization, 'content-type': 'application/json', ...headers })
    .send(body)
const connectTo = ({ url }: GateApp) => connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
const isProblem = (status: number, code: string) =>
  expect.objectContaining({ status, body: expect.objectContaining({ status, code }) })

describe('5.3: what comes in', () => {
  const body = { reason: 'a rumour' }

  test.each([
    ['an unknown member', () => pause({ ...body, until: 'noon' }), 400, 'invalid-request'],
    ['an unknown query parameter', () => get('/v1/cycles?colour=red'), 400, 'invalid-request'],
    ['a query parameter where there are none', () => get('/v1/state?colour=red'), 400, 'invalid-request'],
    ['a body where there is none', () => get('/v1/state').send(body), 400, 'invalid-request'],
    ['no JSON', () => pause('{"reason":'), 400, 'invalid-request'],
    ['a bare value', () => pause('"reason"'), 400, 'invalid-request'],
    ['17 levels', () => pause(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`), 400, 'invalid-request'],
    ['33 KiB', () => pause({ reason: 'x'.repeat(33 * 1024) }), 413, 'payload-too-large'],
    [
      'a form',
      () => pause('reason=x', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'unsupported-media-type',
    ],
    [
      'another charset',
      () => pause(body, { 'content-type': 'application/json; charset=latin1' }),
      415,
      'unsupported-media-type',
    ],
    ['what is compressed', () => pause(body, { 'content-encoding': 'gzip' }), 415, 'unsupported-media-type'],
    ['half an escape in the path', () => get('/v1/cycles/%zz'), 400, 'invalid-request'],
    ['a path that is not there', () => get('/v1/nothing'), 404, 'not-found'],
  ] as const)('%s is refused', async (_, send, status, code) => {
    const answer = await send()
    expect(answer).toEqual(isProblem(status, code))
    expect(answer.type).toBe('application/problem+json')
    expect(() => problemSchema.parse(answer.body)).not.toThrow()
    expect(await gate.store.operatingStates()).toMatchObject([{ scope: 'chain:alpha' }])
  })

  test.each([
    ['delete', '/v1/pause', 'POST'],
    ['options', '/v1/pause', 'POST'],
    ['put', `/v1/cycles/${cycle.id}`, 'GET, HEAD'],
  ] as const)('%s on %s is told what is there', async (method, path, allow) => {
    const answer = await request(gate.url)[method](path).set({ authorization })
    expect(answer).toEqual(isProblem(405, 'method-not-allowed'))
    expect(answer.headers['allow']).toBe(allow)
  })

  test('a request has the name its caller gave it, or a new one', async () => {
    const named = await get('/v1/nothing').set('x-request-id', 'of-the-caller.1')
    expect(named.headers['x-request-id']).toBe('of-the-caller.1')
    expect(named.body).toMatchObject({ instance: 'of-the-caller.1' })
    const other = await get('/v1/nothing').set('x-request-id', 'two words')
    expect(other.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(other.body).toMatchObject({ instance: other.headers['x-request-id'] })
  })

  test('nobody keeps more than a hundred connections: the oldest ones make room, and their places come back', async () => {
    const sockets: Socket[] = []
    for (let index = 0; index < 120; index += 1) {
      const socket = connectTo(gate)
      await once(socket, 'connect')
      sockets.push(socket)
    }
    const areClosed = () => sockets.slice(0, 20).every(({ closed }) => closed) || undefined
    await until('the first twenty to be closed', 2_000, areClosed)
    expect(sockets.slice(20).filter(({ closed }) => closed)).toEqual([])
    for (const socket of sockets) socket.destroy()
    const isServed = () =>
      get('/v1/state').then(
        ({ status }) => status === 200 || undefined,
        () => undefined,
      )
    expect(await until('their places to be free', 2_000, isServed)).toBe(true)
  })
})

test('F-77: connections of the same address, opened again whenever they are closed, shut out no pause', async () => {
  const flooded = await startGateApp({ limits: new NoLimits() })
  const sockets = new Set<Socket>()
  let [isOver, opened] = [false, 0]
  const hold = () => {
    opened += 1
    const socket = connectTo(flooded).once('close', () => sockets.delete(socket) && !isOver && hold())
    sockets.add(socket)
  }
  for (let index = 0; index < 300; index += 1) hold()
  try {
    await until('the flood', 5_000, () => opened > 1_000 || undefined)
    for (let index = 0; index < 20; index += 1) {
      const answer = await request(flooded.url).post('/v1/pause').set({ authorization }).send({ reason: 'a rumour' })
      expect(answer.status).toBe(200)
    }
  } finally {
    isOver = true
    for (const socket of sockets) socket.destroy()
    await flooded.close()
  }
})

describe('what is no request of HTTP, or asks too much of it, is answered by a problem, too', () => {
  const said = (asked: string) => {
    const socket = connectTo(gate)
    socket.write(asked)
    return text(socket)
  }
  const lines = (...headers: string[]) => ['GET /v1/state HTTP/1.1', ...headers, '', ''].join('\r\n')
  const ours = `authorization: ${authorization}`

  test.each([
    ['headers of 20 KB', lines('host: x', `x: ${'y'.repeat(20_000)}`), 431, 'payload-too-large'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 400, 'invalid-request'],
    ['two lengths', lines('host: x', 'content-length: 1', 'content-length: 2'), 400, 'invalid-request'],
    ['no host', lines(ours, 'connection: close'), 400, 'invalid-request'],
    ['an expectation', lines('host: x', ours, 'connection: close', 'expect: foo'), 417, 'expectation-failed'],
  ])('%s', async (_, asked, status, code) => {
    const [head, body] = (await said(asked)).split('\r\n\r\n') as [string, string]
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).toMatch(/^content-type: application\/problem\+json/im)
    expect(head).toMatch(/^cache-control: no-store$/im)
    expect(head).toMatch(/^x-content-type-options: nosniff$/im)
    expect(head).toMatch(/^connection: close$/im)
    const problem = problemSchema.parse(JSON.parse(body))
    expect(problem).toMatchObject({ status, code })
    expect(head.toLowerCase()).toContain(`x-request-id: ${problem.instance}`)
  })

  test('but who they are is asked first', async () => {
    expect(await said(lines('host: x', 'connection: close', 'expect: foo'))).toMatch(/^HTTP\/1.1 401 /)
    expect(await said(lines('connection: close'))).toMatch(/^HTTP\/1.1 401 /)
  })

  test('nothing, to whoever is gone', async () => {
    const socket = connectTo(gate)
    socket.write('no request')
    socket.resetAndDestroy()
    expect((await get('/v1/state')).status).toBe(200)
    expect(gate.observer.of('failed')).toEqual([])
  })
})

test('5.3: whoever is slow with a request is cut off, and that is looked after every second', async () => {
  const slow = await startGateApp({ prepare: (app) => (app.getHttpServer().headersTimeout = 200) })
  try {
    const begun = performance.now()
    const socket = connectTo(slow)
    socket.write('GET /v1/state HTTP/1.1\r\nhost')
    const [head, body] = (await text(socket)).split('\r\n\r\n') as [string, string]
    expect(head).toMatch(/^HTTP\/1\.1 408 /)
    expect(problemSchema.parse(JSON.parse(body))).toMatchObject({ status: 408, code: 'request-timeout' })
    expect(performance.now() - begun).toBeLessThan(3_000)
    const { requestTimeout, keepAliveTimeout } = slow.app.getHttpServer() as Server
    expect([requestTimeout, keepAliveTimeout]).toEqual([10_000, 5_000])
  } finally {
    await slow.close()
  }
})

describe('5.3: what goes out', () => {
  test('says nothing of what we are made of, and may neither be framed, stored nor read by others', async () => {
    const { headers } = await get('/v1/state').set('origin', 'https://elsewhere.example')
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    const names = Object.keys(headers)
    expect(names.filter((name) => name.startsWith('access-control-') || name === 'x-powered-by')).toEqual([])
  })

  test('what was read has a strong ETag, by which it need not be sent again', async () => {
    const { headers, body } = await get('/v1/limits')
    const tag = headers['etag'] as string
    expect(tag).toMatch(/^"[\w-]{43}"$/)
    expect(body).toMatchObject({ portfolios: [{ portfolio: 'core' }] })
    const same = await get('/v1/limits').set('if-none-match', tag)
    expect([same.status, same.text]).toEqual([304, ''])
    expect(await get('/v1/limits').set('if-none-match', '"another"')).toMatchObject({
      status: 200,
      headers: { etag: tag },
    })
  })

  test.each([
    '/v1/portfolios',
    '/v1/portfolios/core',
    '/v1/portfolios/core/decisions?limit=1',
    '/v1/portfolios/core/greeks',
    '/v1/portfolios/core/ledger?limit=1',
    '/v1/portfolios/core/targets',
    '/v1/cycles?limit=1',
    `/v1/cycles/${cycle.id}`,
    `/v1/intents/${intent.id}`,
    '/v1/intents?limit=1',
    '/v1/transfers?limit=1',
    `/v1/transfers/${cycle.transfers[0]!.id}`,
    '/v1/portfolios/core/positions',
    '/v1/portfolios/core/drift?limit=1',
    '/v1/portfolios/core/costs?by=venue',
    '/v1/me',
    '/v1/version',
    '/v1/config',
    '/v1/prices',
    '/v1/chains',
    '/v1/breakers',
    '/v1/limits',
    '/v1/state',
  ])('%s answers as the document says', async (path) => {
    const { status, body } = await get(path)
    expect([status, body]).toEqual([200, expect.any(Object)])
    const [pattern] = Object.keys(document.paths)
      .filter((one) => new RegExp(`^${one.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0]!))
      .toSorted((a, b) => a.split('{').length - b.split('{').length)
    expect(() => answers.get(document.paths[pattern!]!.get!.operationId!)!.parse(body)).not.toThrow()
  })
})

describe('the document', () => {
  test('is OpenAPI 3.1, with every route', () => {
    expect(document.openapi).toBe('3.1.0')
    const operations = Object.values(document.paths).flatMap(
      (path) => Object.values(path as object) as { operationId: string }[],
    )
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual([...answers.keys()].toSorted())
  })

  test('A-02: has a schema for every part of a path', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const { parameters = [] } of Object.values(item as Record<string, { parameters?: object[] }>))
        expect([path, parameters]).toEqual([
          path,
          expect.arrayContaining(parts.map((name) => expect.objectContaining({ name, in: 'path', required: true }))),
        ])
    }
  })

  test('is served to everybody, with a page that loads nothing from elsewhere', async () => {
    const served = await startGateApp({ prepare: (app) => serveApiDocs(app, document) })
    try {
      expect((await request(served.url).get('/openapi.json')).body).toEqual(document)
      const page = await request(served.url).get('/docs')
      expect([page.status, page.type]).toEqual([200, 'text/html'])
      expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'.*script-src 'self';/)
      expect(page.text).not.toMatch(/(src|href)="https?:/)
      const scripts = [...page.text.matchAll(/<script src="([^"]+)"/g)].map(
        ([, path]) => new URL(path!, `${served.url}/docs`),
      )
      expect(scripts).toHaveLength(3)
      for (const { pathname } of scripts) expect((await request(served.url).get(pathname)).status).toBe(200)
    } finally {
      await served.close()
    }
  })
})

test(
  '5.3: whatever is asked, at the same moment too, the answer is one that the document knows, and never a failure of ours',
  async () => {
    const waiting = (['plan', 'resume'] as const).map((kind) =>
      aProposal({
        id: kind === 'plan' ? cycle.id : 'resume-x',
        kind,
        content: { scope: 'all', clear: [], reason: '' },
      }),
    )
    const proposals = gate.app.get(Proposals)
    for (const one of waiting) await proposals.open(one)
    /** So that there is something to say a word on, each time. */
    const reopen = async () => {
      for (const one of waiting) await proposals.save((await proposals.byId(one.id))!, one)
    }
    const ids = waiting.flatMap(({ id, digest }) => [id, digest])
    const samples = ['core', cycle.id, intent.id, 'all', 'chain:alpha', 'alpha', ALPHA.usdc.address, ...ids]
    const statuses = new Map<number, number>()
    let [asked, atOnce] = [0, 0]
    const ask = async ({ operation, method, path, headers, body, documented }: ApiRequest) => {
      const answer = await fetch(`${gate.url}${path}`, { method, headers, ...(body !== undefined && { body }) })
      const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream')
      if (isStream) await answer.body!.cancel()
      const text = isStream ? '' : await answer.text()
      asked += 1
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      // One preview is made at a time.
      if (answer.status >= 500) expect([answer.status, operation]).toEqual([503, 'Previews.preview'])
      expect(documented).toContain(answer.status)
      expect(text).not.toMatch(/\n\s+at |node_modules|\.ts:\d/)
      if (answer.status >= 400) {
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
        problemSchema.parse(JSON.parse(text))
      } else if (answer.status !== 304 && !isStream) answers.get(operation)!.parse(JSON.parse(text))
    }
    await fc.assert(
      fc.asyncProperty(pairsOf(apiRequests(document, samples)), async (requests) => {
        await reopen()
        if (requests.length > 1) atOnce += 1
        await Promise.all(requests.map(ask))
        expect(Object.keys(Object.prototype)).toEqual([])
        expect(({} as { polluted?: true }).polluted).toBeUndefined()
      }),
      { numRuns: REQUESTS, ...(!IS_LONG && { seed: 6 }) },
    )
    if (IS_LONG) {
      const counts = [...statuses]
        .toSorted(([one], [other]) => one - other)
        .map(([status, count]) => `${status}: ${count}`)
      process.stdout.write(`${asked} requests, of which ${atOnce} pairs at the same moment\n${counts.join(', ')}\n`)
    }
    expect(gate.observer.of('failed')).toEqual([])
  },
  5_000 + REQUESTS * 40,
)
