import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Controller, Get, Post } from '@nestjs/common'
import request from 'supertest'
import { z } from 'zod'
import { type GateApp, operatorToken, startGateApp } from '../../../../test/support/gate-app.js'
import type { AuditRecord } from '../../../domain/access/audit-entry.js'
import { Identities } from '../../../ports/identities.js'
import { type RateBucket, RateLimits } from '../../../ports/rate-limits.js'
import { API_CONTROLLERS } from '../api-controllers.js'
import { Problem } from '../problem.js'
import { OperationsController } from '../operations.controller.js'
import { actionsOf, registeredRoutes } from './registered-routes.js'
import { Route } from './route.js'

/** A deed to watch, and a handler that declares nothing. */
@Controller('v1/trials')
class TrialsController {
  static readonly deed: { done: number; run: () => Promise<void> } = { done: 0, run: () => Promise.resolve() }

  @Get('undeclared')
  undeclared() {
    return {}
  }

  @Post('deed')
  @Route({
    scope: 'plan:propose',
    bucket: 'mutate',
    action: 'trial',
    summary: 'A deed',
    body: z.strictObject({ much: z.number().optional() }),
    answer: z.strictObject({ done: z.number() }),
  })
  async deed() {
    await TrialsController.deed.run()
    return { done: (TrialsController.deed.done += 1) }
  }

  /** The compiler refuses answers that the schema does not know. */
  @Post('wrong')
  // @ts-expect-error
  @Route({
    scope: 'plan:propose',
    bucket: 'mutate',
    action: 'wrong',
    summary: 'Never answered',
    answer: z.strictObject({ done: z.string() }),
  })
  wrong() {
    return { done: 1 }
  }
}

/** A provider of people that does not answer. */
class DeadIdentities extends Identities {
  override identify(): Promise<never> {
    return Promise.reject(new Error('no answer'))
  }
}

/** Counters that hang for pauses and are broken for everything else. */
class DeadLimits extends RateLimits {
  override take = (bucket: RateBucket) =>
    bucket === 'pause' ? setTimeout(60_000, undefined as never, { ref: false }) : Promise.reject(new Error('no answer'))
  override waiting = () => Promise.resolve(undefined)
}

const controllers = [OperationsController, TrialsController]
const CORE = { reason: 'a rumour', scope: 'portfolio:core' }

let gate: GateApp
const bearer = (token: string) => `Bearer ${token}`
const get = (path: string, token = operatorToken) => request(gate.url).get(path).set('authorization', bearer(token))
const post = (path: string, token = operatorToken) => request(gate.url).post(path).set('authorization', bearer(token))
const deed = (key: string, body: object = {}) => post('/v1/trials/deed').set('idempotency-key', key).send(body)
const isProblem = (status: number, code: string) =>
  expect.objectContaining({
    status,
    type: 'application/problem+json',
    body: expect.objectContaining({ status, code, instance: expect.any(String) }),
  })
const told = ({ action, result, subject }: AuditRecord) => `${action} ${result} ${subject}`

const start = async (changes: Parameters<typeof startGateApp>[0] = {}) => {
  await gate?.close()
  gate = await startGateApp({ controllers, ...changes })
}

beforeEach(async () => {
  TrialsController.deed.done = 0
  TrialsController.deed.run = () => Promise.resolve()
  await start()
})
afterEach(() => gate.close())

describe('who may pass', () => {
  test('A-01: nobody, where a handler declares no rules', async () => {
    expect(await get('/v1/trials/undeclared')).toEqual(isProblem(403, 'forbidden'))
    expect(gate.audit.chain.map(told)).toEqual(['read denied operator'])
  })

  test.each([
    ['no token', () => request(gate.url).get('/v1/state')],
    ['another token', () => get('/v1/state', 'something-else')],
    ['a key that does not exist', () => get('/v1/state', `ek_aaaaaaaaaaaa_${'A'.repeat(43)}`)],
    ['the token in the query', () => request(gate.url).get(`/v1/state?access_token=${operatorToken}`)],
    ['another scheme', () => request(gate.url).get('/v1/state').set('authorization', `Basic ${operatorToken}`)],
    ['no token, to change something', () => request(gate.url).post('/v1/resume').send(CORE)],
    ['no token, to pause', () => request(gate.url).post('/v1/pause').send(CORE)],
  ])('F-73: not with %s', async (_, send) => {
    const answer = await send()
    expect(answer).toEqual(isProblem(401, 'unauthorised'))
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(gate.audit.chain.map(told)).toEqual(['authenticate denied anonymous'])
    expect(await gate.store.operatingStates()).toEqual([])
  })

  test.each([
    ['no JSON', 'application/json', '{'],
    ['too much', 'application/json', JSON.stringify({ reason: 'x'.repeat(40_000) })],
    ['17 levels', 'application/json', `${'{"scope":'.repeat(17)}1${'}'.repeat(17)}`],
    ['a form', 'application/x-www-form-urlencoded', 'scope=all'],
    ['a form of 200 KB', 'application/x-www-form-urlencoded', `scope=${'x'.repeat(200_000)}`],
    ['another charset', 'application/json; charset=latin1', '{}'],
  ])('F-73: not with a body that is %s, of which nobody without a token is told more', async (_, type, body) => {
    const send = () => request(gate.url).post('/v1/pause').set('content-type', type).send(body)
    for (let time = 0; time < 5; time += 1) expect(await send()).toEqual(isProblem(401, 'unauthorised'))
    const denied = { action: 'authenticate', subject: 'anonymous', resource: 'all', detail: { status: 401 } }
    expect(gate.audit.chain).toMatchObject([denied, denied, denied, denied, denied])
    expect(await send()).toEqual(isProblem(429, 'rate-limited'))
  })

  test('F-73: not without the scope, which none of another implies', async () => {
    const token = await gate.keyWith(['ledger:read', 'pause'])
    expect(await get('/v1/state', token)).toEqual(isProblem(403, 'forbidden'))
    expect(await post('/v1/resume', token).set('idempotency-key', 'k').send(CORE)).toEqual(isProblem(403, 'forbidden'))
    expect(await post('/v1/pause', token).send(CORE)).toMatchObject({ status: 200 })
    expect(gate.audit.chain.map(told)).toEqual([
      'read denied key-1',
      'resume denied key-1',
      'pause allowed key-1',
      'pause done key-1',
    ])
  })

  test('nobody, where credentials cannot be checked', async () => {
    await start({ identities: new DeadIdentities() })
    const answer = await get('/v1/state', 'a.person.token')
    expect(answer).toEqual(isProblem(503, 'unavailable'))
    expect(answer.headers['retry-after']).toBe('5')
  })
})

describe('how often', () => {
  test('what is left is in the headers, and when to come again', async () => {
    const answers = []
    for (let index = 0; index < 11; index += 1) answers.push(await deed(`key-${index}`))
    expect(answers[0]?.headers).toMatchObject({ 'ratelimit-policy': '"mutate";q=10;w=60' })
    expect(answers[0]?.headers['ratelimit']).toMatch(/^"mutate";r=9;t=\d+$/)
    expect(answers.at(-2)).toMatchObject({ status: 200 })
    expect(answers.at(-1)).toEqual(isProblem(429, 'rate-limited'))
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(0)
    expect(answers.at(-1)?.body).toMatchObject({ retryAfter: Number(answers.at(-1)?.headers['retry-after']) })
    expect(TrialsController.deed.done).toBe(10)
    expect(await get('/v1/state')).toMatchObject({ status: 200, body: { state: 'running', leader: null } })
  })

  test('F-77: failed logins from wherever shut nobody out from a pause, and reach neither keys nor the log', async () => {
    await start({ trustedProxies: 1 })
    const token = await gate.keyWith(['pause', 'status:read'])
    const headers = { 'x-forwarded-for': '192.0.2.1', authorization: 'Bearer wrong' }
    const statuses = new Set<number>()
    for (let index = 0; index < 200; index += 1) {
      const path = index % 3 === 0 ? 'pause' : 'resume'
      const answer = await fetch(`${gate.url}/v1/${path}`, { method: 'POST', headers })
      await answer.arrayBuffer()
      statuses.add(answer.status)
    }
    expect([...statuses]).toEqual([401, 429])
    expect(gate.audit.chain).toHaveLength(5)
    const from = (address: string) => post('/v1/pause', token).set('x-forwarded-for', address).send(CORE)
    expect(await from('192.0.2.2')).toMatchObject({ status: 200, body: { state: 'paused_new' } })
    expect(await from('192.0.2.1')).toMatchObject({ status: 200 })
    expect(await get('/v1/state', token).set('x-forwarded-for', '192.0.2.1')).toEqual(isProblem(429, 'rate-limited'))
    expect(await get('/v1/state', token).set('x-forwarded-for', '192.0.2.2')).toMatchObject({ status: 200 })
  })

  test('F-77: without counters a pause goes through, and nothing else does', async () => {
    await start({ limits: new DeadLimits() })
    const begun = performance.now()
    expect(await post('/v1/pause').send(CORE)).toMatchObject({ status: 200 })
    expect(performance.now() - begun).toBeLessThan(1_000)
    expect(gate.observer.of('failed')).toMatchObject([{ what: 'counting a pause; it goes through' }])
    expect(await get('/v1/state')).toEqual(isProblem(503, 'unavailable'))
  })
})

describe('what is written of it', () => {
  test('5.4: what changes something, before and after it, with who asked for what', async () => {
    await deed('key-1', { much: 3 })
    expect(gate.audit.chain).toMatchObject([
      {
        actor: 'operator',
        subject: 'operator',
        source: '127.0.0.1',
        requestId: expect.any(String),
        action: 'trial',
        resource: '/v1/trials/deed',
        result: 'allowed',
        detail: { path: '/v1/trials/deed', body: '{"much":3}' },
        build: 'test',
      },
      { action: 'trial', result: 'done', detail: {} },
    ])
    expect(await get('/v1/state')).toMatchObject({ status: 200 })
    expect(gate.audit.chain).toHaveLength(2)
  })

  test('5.4: what failed, and why', async () => {
    TrialsController.deed.run = () => Promise.reject(new Problem(409, 'conflict', 'Not now.'))
    await deed('key-1')
    await post('/v1/pause').send({ reason: '', scope: 'chain:alpha' })
    expect(gate.audit.chain.slice(1)).toMatchObject([
      { result: 'failed', detail: { status: 409, code: 'conflict', detail: 'Not now.' } },
      { action: 'pause', resource: 'chain:alpha', result: 'allowed' },
      { action: 'pause', resource: 'chain:alpha', result: 'failed', detail: { status: 400 } },
    ])
  })

  test('5.2: where it cannot be written nothing is done, but a pause and a halt', async () => {
    gate.audit.isReadOnly = true
    expect(await deed('key-1')).toEqual(isProblem(503, 'unavailable'))
    expect(TrialsController.deed.done).toBe(0)
    expect(await post('/v1/pause').send(CORE)).toMatchObject({ status: 200 })
    expect(await post('/v1/halt').send({ reason: 'a leak' })).toMatchObject({ status: 200, body: { state: 'halted' } })
    const what = gate.observer.of('failed').map((one) => one.what)
    expect(what).toContain('writing "pause" on portfolio:core by operator into the audit log')
    expect(what).toContain('writing "halt" on all by operator into the audit log')
    gate.audit.isReadOnly = false
    expect(await deed('key-1')).toMatchObject({ status: 200 })
  })

  test('5.2: a log that hangs holds no pause up', async () => {
    gate.audit.append = () => setTimeout(60_000, undefined as never, { ref: false })
    const begun = performance.now()
    expect(await post('/v1/pause').send(CORE)).toMatchObject({ status: 200 })
    expect(performance.now() - begun).toBeLessThan(1_000)
  })
})

describe('what is turned away as often as one likes', () => {
  const denied = () =>
    gate.audit.chain
      .filter(({ result }) => result === 'denied')
      .map(({ action, subject, resource, detail }) => [action, subject, resource, detail['status']])

  test('by the rate limit: the first one of each caller and action in a minute is written', async () => {
    const token = await gate.keyWith(['plan:propose', 'status:read'])
    const use = async (who: string, times: number) => {
      for (let index = 0; index < times; index += 1)
        await post('/v1/trials/deed', who).set('idempotency-key', `k${index}`).send({})
    }
    await use(operatorToken, 14)
    await use(token, 12)
    await post('/v1/resume').set('idempotency-key', 'r').send(CORE)
    const deeds = (subject: string) => ['trial', subject, '/v1/trials/deed', 429]
    const first = [deeds('operator'), deeds('key-1'), ['resume', 'operator', 'portfolio:core', 429]]
    expect(denied()).toEqual(first)
    gate.clock.pass(60_000)
    await use(operatorToken, 2)
    expect(denied()).toEqual([...first, deeds('operator')])
  })

  test('by counters that do not answer: the same, and of reads nothing', async () => {
    await start({ limits: new DeadLimits() })
    for (const key of ['a', 'b']) expect(await deed(key)).toEqual(isProblem(503, 'unavailable'))
    expect(await get('/v1/state')).toEqual(isProblem(503, 'unavailable'))
    expect(denied()).toEqual([['trial', 'operator', '/v1/trials/deed', 503]])
  })

  test('by what is wrong with a body: the first one of each caller, action and status in a minute', async () => {
    const resume = () => post('/v1/resume').set('idempotency-key', 'r')
    for (let time = 0; time < 2; time += 1) {
      expect(await resume().send({ reason: 'x'.repeat(40_000) })).toEqual(isProblem(413, 'payload-too-large'))
      expect(await resume().type('form').send('scope=chain:alpha')).toEqual(isProblem(415, 'unsupported-media-type'))
      expect(await resume().type('json').send('{')).toEqual(isProblem(400, 'invalid-request'))
    }
    expect(denied()).toEqual([413, 415, 400].map((status) => ['resume', 'operator', 'all', status]))
    expect(gate.audit.chain).toHaveLength(3)
    const token = await gate.keyWith(['status:read'])
    expect(await post('/v1/pause', token).type('json').send('{')).toEqual(isProblem(403, 'forbidden'))
  })

  test('where no route takes it: by status and address, and no more than 100 a minute', async () => {
    await start({ trustedProxies: 1 })
    const path = '/v1/resumes'
    const from = (address: string) => request(gate.url).post(path).set('x-forwarded-for', address)
    const large = { reason: 'x'.repeat(40_000) }
    for (let time = 0; time < 2; time += 1) {
      expect(await from('192.0.2.1').send(large)).toEqual(isProblem(413, 'payload-too-large'))
      expect((await from('192.0.2.1').type('text').send('x')).status).toBe(415)
      expect((await request(gate.url).delete('/v1/resume').set('x-forwarded-for', '192.0.2.1')).status).toBe(405)
      expect((await request(gate.url).get('/v1/resume').set('x-forwarded-for', '192.0.2.1')).status).toBe(405)
    }
    const refused = (at: string, status: number) => ['request', 'anonymous', at, status]
    expect(denied()).toEqual([refused(path, 413), refused(path, 415), refused('/v1/resume', 405)])
    expect(gate.audit.chain[0]).toMatchObject({ source: '192.0.2.1', detail: { status: 413, method: 'POST' } })
    for (let index = 0; index < 120; index += 1) await from(`198.51.100.${index}`).type('text').send('x')
    expect(denied()).toHaveLength(100)
  })
})

test('every answer is told of by the pattern of its path, what was turned away and what no route took included', async () => {
  await request(gate.url).get('/v1/state')
  await deed('told-of-1')
  await get('/v1/nowhere?of=interest')
  const answers = gate.observer.of('request-answered').map(({ seconds, ...rest }) => ({ ...rest, took: seconds >= 0 }))
  const type = 'request-answered'
  expect(answers).toEqual([
    { type, method: 'GET', route: '/v1/state', action: 'read', status: 401, took: true },
    { type, method: 'POST', route: '/v1/trials/deed', action: 'trial', status: 200, took: true },
    { type, method: 'GET', route: undefined, action: undefined, status: 404, took: true },
  ])
})

test('a stream that is open is no answer that took long; one that was refused is an answer', async () => {
  @Controller('v1/streams')
  class StreamsController {
    @Get('one')
    @Route({ scope: 'status:read', bucket: 'read', summary: 'A stream', answer: z.unknown(), isStream: true })
    one() {
      return 'data'
    }
  }
  await start({ controllers: [StreamsController] })
  await get('/v1/streams/one')
  await request(gate.url).get('/v1/streams/one')
  expect(gate.observer.of('request-answered')).toMatchObject([{ route: '/v1/streams/one', status: 401 }])
})

describe('once for each key', () => {
  test('F-74: the same request is answered as it was, another one by 422', async () => {
    const first = await deed('key-1', { much: 1 })
    const again = await deed('key-1', { much: 1 })
    expect(again).toMatchObject({ status: 200, body: first.body, headers: { 'idempotent-replayed': 'true' } })
    expect(await deed('key-1', { much: 2 })).toEqual(isProblem(422, 'unprocessable'))
    expect(TrialsController.deed.done).toBe(1)
    expect(gate.audit.chain.at(3)).toMatchObject({ result: 'done', detail: { isReplay: true } })
  })

  test('F-74: the key of one is nothing to another', async () => {
    const token = await gate.keyWith(['plan:propose'])
    await deed('key-1')
    await post('/v1/trials/deed', token).set('idempotency-key', 'key-1').send({})
    expect(TrialsController.deed.done).toBe(2)
  })

  test('F-74: without a key nothing is done', async () => {
    expect(await post('/v1/trials/deed').send({})).toEqual(isProblem(400, 'invalid-request'))
    expect(await deed('k'.repeat(201))).toEqual(isProblem(400, 'invalid-request'))
    expect(TrialsController.deed.done).toBe(0)
  })

  test('F-74: while it runs it is not begun again', async () => {
    let finish = (): void => undefined
    TrialsController.deed.run = () => new Promise<void>((resolve) => (finish = resolve))
    const first = deed('key-1').then((answer) => answer.status)
    await setTimeout(50)
    expect(await deed('key-1')).toEqual(isProblem(409, 'conflict'))
    finish()
    expect(await first).toBe(200)
    expect(TrialsController.deed.done).toBe(1)
  })

  test('what was refused may be tried again; of what failed in the middle nobody knows what it did', async () => {
    TrialsController.deed.run = () => Promise.reject(new Problem(409, 'conflict', 'Not now.'))
    expect(await deed('key-1')).toEqual(isProblem(409, 'conflict'))
    TrialsController.deed.run = () => Promise.reject(new Error('a secret of ours'))
    expect(await deed('key-1')).toEqual(isProblem(500, 'internal'))
    TrialsController.deed.run = () => Promise.resolve()
    const again = await deed('key-1')
    expect(again).toEqual(isProblem(500, 'internal'))
    expect(again.body).toMatchObject({ detail: expect.stringContaining('with a new key') })
    expect(again.text).not.toContain('secret')
    expect(TrialsController.deed.done).toBe(0)
  })

  test('what has no answer after a minute is not done again, whoever still works on it and however that ends', async () => {
    let refuse = (): void => undefined
    TrialsController.deed.run = () =>
      new Promise((_resolve, reject) => (refuse = () => reject(new Problem(409, 'conflict', 'Not now.'))))
    const first = deed('key-1').then((answer) => answer.status)
    await setTimeout(50)
    gate.clock.pass(60_000)
    expect(await deed('key-1')).toEqual(isProblem(500, 'internal'))
    refuse()
    expect(await first).toBe(409)
    TrialsController.deed.run = () => Promise.resolve()
    const third = await deed('key-1')
    expect(third).toEqual(isProblem(500, 'internal'))
    expect(third.body).toMatchObject({ detail: expect.stringContaining('with a new key') })
    expect(TrialsController.deed.done).toBe(0)
    expect(await deed('key-2')).toMatchObject({ status: 200 })
  })

  test('a pause asks for no key: sent again, with whatever it was sent before, it holds again', async () => {
    const state = async () => ((await get('/v1/state')).body as { scopes: { state: string }[] }).scopes[0]?.state
    const send = (body: object) => post('/v1/pause').set('idempotency-key', 'key-1').send(body)
    expect(await send(CORE)).toMatchObject({ status: 200, body: { state: 'paused_new' } })
    await post('/v1/resume').set('idempotency-key', 'key-2').send(CORE)
    expect(await state()).toBeUndefined()
    const again = await send(CORE)
    expect(again).toMatchObject({ status: 200, body: { state: 'paused_new' } })
    expect(again.headers).not.toHaveProperty('idempotent-replayed')
    expect(await state()).toBe('paused_new')
    expect(await send({ ...CORE, level: 'hard' })).toMatchObject({ status: 200, body: { state: 'paused_hard' } })
    expect(await send(CORE).unset('idempotency-key')).toMatchObject({ status: 200 })
  })
})

test('requests are counted by the names that the audit log has for them', () => {
  expect(actionsOf([TrialsController])).toEqual(['trial', 'wrong'])
  expect(actionsOf(API_CONTROLLERS)).toEqual(expect.arrayContaining(['pause', 'read', 'resume']))
})

test('previews are counted in a bucket of their own, so that looking uses up no change', async () => {
  await start({ controllers: API_CONTROLLERS })
  const counted = registeredRoutes(gate.app).filter(({ rules }) => rules?.bucket === 'preview')
  expect(counted.map(({ rules }) => rules?.action)).toEqual(['plan.preview'])
  const ask = () => post('/v1/portfolios/none/preview').set('idempotency-key', 'look').send({})
  for (let index = 0; index < 20; index += 1) expect((await ask()).status).toBe(404)
  expect((await ask()).status).toBe(429)
  expect((await post('/v1/resume').set('idempotency-key', 'go').send({ reason: 'Looked at it.' })).status).toBe(200)
})

test('A-02: every route of the API has a scope, a bucket, a name in the audit log and strict schemas', async () => {
  await start({ controllers: API_CONTROLLERS })
  const routes = registeredRoutes(gate.app)
  expect(routes.length).toBeGreaterThan(10)
  const lacking = routes.filter(({ isRead, rules }) => {
    if (!rules) return true
    const inputs = [rules.query, rules.body].filter((one) => one !== undefined)
    const isStrict = inputs.every((one) => z.toJSONSchema(one, { io: 'input' }).additionalProperties === false)
    const isNamed = isRead ? rules.bucket === 'read' : (rules.action ?? '') !== '' && rules.bucket !== 'read'
    return !isNamed || !isStrict || rules.summary === ''
  })
  expect(lacking.map(({ name }) => name)).toEqual([])
})
