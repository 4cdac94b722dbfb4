import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import request from 'supertest'
import { aCycle, NOW } from '../../../test/support/builders.js'
import { aProposal } from '../../../test/support/admin-contract.js'
import { FakeWorld } from '../../../test/support/fake-world.js'
import { type GateApp, operatorToken, startGateApp } from '../../../test/support/gate-app.js'
import { ACCESS_SCOPES } from '../../domain/access/scopes.js'
import { COOL_DOWN_MS } from '../../domain/policy/resume.js'
import { Identities } from '../../ports/identities.js'
import { Proposals } from '../../ports/proposals.js'

/** Everybody is who their token says. */
class Everybody extends Identities {
  override identify(token: string) {
    const expiresAt = NOW + 900_000
    return Promise.resolve(/^[a-z]+$/.test(token) ? { subject: token, scopes: ACCESS_SCOPES, expiresAt } : undefined)
  }
}

let gate: GateApp
let calls = 0
const world = () => FakeWorld.drifted()
const start = async (resumeTakes: 1 | 2 = 2) => {
  gate = await startGateApp({ identities: new Everybody(), resumeTakes, runCycle: world().start().runCycle })
}
beforeEach(() => start())
afterEach(() => gate.close())

const post = (path: string, who: string, body: object) => {
  calls += 1
  return request(gate.url)
    .post(`/v1/${path}`)
    .set('authorization', `Bearer ${who}`)
    .set('idempotency-key', `call-${calls}`)
    .send(body)
}
const get = (path: string, who = 'ada') => request(gate.url).get(`/v1/${path}`).set('authorization', `Bearer ${who}`)

describe('a resume that takes two people', () => {
  const wanted = { reason: 'Looked at it.' }

  test('is refused to one, proposed by one and done by another (A-07)', async () => {
    await post('pause', 'eve', { reason: 'Odd quotes.' })
    gate.clock.pass(1_000)
    const alone = await post('resume', 'ada', wanted)
    expect(alone.status).toBe(403)
    expect(alone.body).toMatchObject({
      code: 'forbidden',
      detail: expect.stringContaining('POST /v1/proposals/resume'),
    })
    const proposed = await post('proposals/resume', 'ada', wanted)
    expect(proposed.status).toBe(201)
    const { id, digest } = proposed.body as { id: string; digest: string }
    expect(await get(`proposals/${id}`)).toMatchObject({ status: 200, body: { proposedBy: 'ada', state: 'open' } })
    expect((await post(`proposals/resume/${id}/approve`, 'ada', { digest })).status).toBe(403)
    expect((await post(`proposals/resume/${id}/approve`, 'bob', { digest: '0'.repeat(64) })).status).toBe(412)
    expect((await get('state')).body).toMatchObject({ state: 'paused_new' })
    const done = await post(`proposals/resume/${id}/approve`, 'bob', { digest })
    expect(done.body).toMatchObject({ proposal: { state: 'used', approvedBy: ['bob'] }, resumed: { state: 'running' } })
    expect((await get('state')).body).toMatchObject({ state: 'running' })
    expect((await post(`proposals/resume/${id}/approve`, 'eve', { digest })).status).toBe(409)
  })

  test('is turned down by whoever may pause, and is void after a later pause (A-11)', async () => {
    await post('pause', 'eve', { reason: 'Odd quotes.' })
    const { body } = await post('proposals/resume', 'ada', wanted)
    const first = body as { id: string; digest: string }
    const rejected = await post(`proposals/resume/${first.id}/reject`, 'eve', {
      digest: first.digest,
      reason: 'Not yet.',
    })
    expect(rejected.body).toMatchObject({ state: 'rejected', reason: 'eve: Not yet.' })
  })

  test('is void as soon as its scope is paused anew, more mildly too, and names that scope in the audit log', async () => {
    const scope = 'portfolio:core'
    await post('pause', 'eve', { scope, level: 'hard', reason: 'Odd quotes.' })
    const { body } = await post('proposals/resume', 'ada', { ...wanted, scope })
    const { id, digest } = body as { id: string; digest: string }
    gate.clock.pass(1_000)
    await post('pause', 'eve', { scope, reason: 'Wait for me.' })
    const { body: state } = await get('state')
    expect(state).toMatchObject({ scopes: [{ scope, state: 'paused_hard', by: 'eve', byKind: 'person' }] })
    expect((await get(`proposals/${id}`)).body).toMatchObject({
      state: 'void',
      reason: expect.stringContaining('held anew'),
    })
    expect((await post(`proposals/resume/${id}/approve`, 'bob', { digest })).status).toBe(409)
    expect((await get('audit?action=resume.propose')).body).toMatchObject({
      records: [{ resource: scope, subject: 'ada', result: 'done' }, { resource: scope }],
    })
  })

  test('what is not there, and words that say nothing', async () => {
    expect((await get('proposals/nothing')).status).toBe(404)
    expect((await get('proposals/%00')).status).toBe(404)
    expect((await post('proposals/plan/nothing/approve', 'ada', { digest: '0'.repeat(64) })).status).toBe(404)
    expect((await post('proposals/plan/nothing/approve', 'ada', { digest: 'yes' })).status).toBe(400)
    expect((await post('proposals/plan/nothing/reject', 'ada', { digest: '0'.repeat(64) })).status).toBe(400)
  })
})

describe('a resume over breakers (F-79)', () => {
  const trip = (code: 'B-03' | 'B-12') =>
    gate.store.tripBreaker({ code, scope: 'all', level: 'halted', reason: 'Found.' }, gate.clock.now())
  const answers = async (body: object) => {
    await gate.close()
    await start(1)
    await trip('B-03')
    gate.clock.pass(COOL_DOWN_MS)
    const wanted = { reason: 'Looked at it.', clear: ['B-03'], ...body }
    return [await post('resume', 'ada', wanted), await post('proposals/resume', 'ada', wanted)] as const
  }

  test('says what to name, what is short, and how to give it up', async () => {
    for (const { status, body } of await answers({ clear: [] }))
      expect([status, body]).toMatchObject([409, { detail: expect.stringContaining('"clear": ["B-03"]') }])
    for (const { status, body } of await answers({}))
      expect([status, body]).toMatchObject([409, { detail: expect.stringContaining('"acceptLoss": true') }])
    const [resumed] = await answers({ acceptLoss: true })
    expect(resumed).toMatchObject({
      status: 200,
      body: { state: 'running', cleared: [{ clearedBy: 'operator: accepts the loss: Looked at it.' }] },
    })
  })

  test('that gives up a loss has that in what the other person approves', async () => {
    await trip('B-03')
    gate.clock.pass(COOL_DOWN_MS)
    const wanted = { reason: 'Looked at it.', clear: ['B-03'], acceptLoss: true }
    const { body } = await post('proposals/resume', 'ada', wanted)
    const { id, digest, content } = body as { id: string; digest: string; content: object }
    expect(content).toMatchObject({ clear: ['B-03'], acceptLoss: true })
    expect((await post(`proposals/resume/${id}/approve`, 'bob', { digest })).body).toMatchObject({
      resumed: { state: 'running' },
    })
    expect(await gate.store.breakers({ isOpen: false, limit: 9 })).toMatchObject([
      { clearedBy: 'operator: accepts the loss: Looked at it. (ada, bob)' },
    ])
  })

  test('says from when on, before they have cooled down', async () => {
    await gate.close()
    await start(1)
    await trip('B-12')
    gate.clock.pass(60_000)
    const early = await post('resume', 'ada', { reason: 'Looked at it.' })
    expect(early).toMatchObject({
      status: 409,
      body: { code: 'conflict', retryAfter: 540, detail: expect.stringContaining('B-12 tripped a moment ago') },
    })
    expect(early.headers['retry-after']).toBe('540')
    expect((await get('state')).body).toMatchObject({ state: 'halted' })
    gate.clock.pass(540_000)
    expect((await post('resume', 'ada', { reason: 'Looked at it.' })).status).toBe(200)
  })
})

describe('a plan that waits', () => {
  test('F-75, F-76: is approved by its digest, by another person than the one who asked for it, once', async () => {
    const proposals = gate.app.get(Proposals)
    const plan = aProposal({
      id: 'cycle-1',
      kind: 'plan',
      content: {},
      proposedBy: 'ada',
      digest: 'ab'.repeat(32),
      state: 'open',
    })
    await proposals.open({ ...plan, approvedBy: [], needs: 2, proposedAt: NOW, expiresAt: NOW + 900_000 })
    gate.store.rows.cycles.set('cycle-1', aCycle({ id: 'cycle-1' }))
    const say = (who: string, digest = plan.digest) => post('proposals/plan/cycle-1/approve', who, { digest })
    expect((await say('ada')).status).toBe(403)
    expect((await say('bob', 'cd'.repeat(32))).status).toBe(412)
    expect((await say('bob')).body).toMatchObject({ proposal: { state: 'open', approvedBy: ['bob'] }, resumed: null })
    expect((await say('bob')).status).toBe(403)
    expect((await say('eve')).body).toMatchObject({ proposal: { state: 'approved', approvedBy: ['bob', 'eve'] } })
    gate.clock.pass(900_000)
    expect((await say('kim')).body).toMatchObject({ status: 409, detail: expect.stringContaining('Propose it anew') })
    expect((await get('proposals')).body).toMatchObject({ proposals: [{ id: 'cycle-1', state: 'expired' }] })
    expect((await get('proposals?limit=1')).body).toMatchObject({ proposals: [{}], next: 'cycle-1' })
    await proposals.open({ ...plan, id: 'cycle-2', state: 'expired' })
    expect((await get('proposals?state=expired')).body).toMatchObject({
      proposals: [{ id: 'cycle-2', state: 'expired' }],
    })
    expect((await post('proposals/plan/cycle-2/approve', 'bob', { digest: plan.digest })).status).toBe(409)
    expect((await get('proposals?limit=1&before=cycle-1')).body).toEqual({ proposals: [] })
  })
})

describe('words that come at the same moment', () => {
  /** Has something done between the look of the next word at the proposal and that word, so many times. */
  const between = (done: () => Promise<unknown>, times = 1) => {
    const proposals = gate.app.get(Proposals)
    const save = proposals.save.bind(proposals)
    let left = times
    const mine: Proposals['save'] = async (before, after) => {
      left -= 1
      proposals.save = save
      await done()
      if (left > 0) proposals.save = mine
      return save(before, after)
    }
    proposals.save = mine
  }
  const digest = 'ab'.repeat(32)
  const path = 'proposals/plan/cycle-1'
  const reject = (who: string) => post(`${path}/reject`, who, { digest, reason: 'Too much.' })
  const approve = (who: string, key: string) =>
    request(gate.url)
      .post(`/v1/${path}/approve`)
      .set('authorization', `Bearer ${who}`)
      .set('idempotency-key', key)
      .send({ digest })
  beforeEach(async () => {
    await gate.app.get(Proposals).open(aProposal({ digest, content: { portfolio: 'core' } }))
    gate.store.rows.cycles.set('cycle-1', aCycle({ id: 'cycle-1' }))
  })
  const nothingFailed = () => expect(gate.observer.of('failed')).toEqual([])

  test('two approvals both count', async () => {
    between(async () => expect((await approve('bob', 'b')).status).toBe(200))
    expect((await approve('ada', 'a')).body).toMatchObject({
      proposal: { state: 'approved', approvedBy: ['bob', 'ada'] },
    })
    nothingFailed()
  })

  test('of an approval and a rejection the first one counts, and the other one is told', async () => {
    between(async () => expect((await reject('bob')).status).toBe(200))
    const late = await approve('ada', 'a')
    expect(late).toMatchObject({
      status: 409,
      body: { code: 'conflict', detail: expect.stringContaining('bob: Too much.') },
    })
    expect((await get('proposals/cycle-1')).body).toMatchObject({ state: 'rejected', approvedBy: [] })
    nothingFailed()
  })

  test('of an approved resume and a pause that makes it void the pause wins, and nothing is let go', async () => {
    await post('pause', 'eve', { reason: 'Odd quotes.' })
    const { body } = await post('proposals/resume', 'ada', { reason: 'Looked at it.' })
    const { id, digest: shown } = body as { id: string; digest: string }
    gate.clock.pass(1_000)
    between(() => post('pause', 'eve', { level: 'hard', reason: 'Odder ones.' }))
    expect((await post(`proposals/resume/${id}/approve`, 'bob', { digest: shown })).status).toBe(409)
    expect((await get(`proposals/${id}`)).body).toMatchObject({ state: 'void', approvedBy: [] })
    expect((await get('state')).body).toMatchObject({ state: 'paused_hard' })
    nothingFailed()
  })

  test('a word that others beat twice changes nothing and leaves its key free', async () => {
    const proposals = gate.app.get(Proposals)
    const others = async () => {
      const before = (await proposals.byId('cycle-1'))!
      await proposals.save(before, { ...before, approvedBy: [...before.approvedBy, 'somebody'] })
    }
    between(others, 2)
    const beaten = await approve('ada', 'a')
    expect(beaten).toMatchObject({ status: 409, body: { code: 'conflict', detail: expect.stringContaining('again') } })
    const again = await approve('ada', 'a')
    expect(again).toMatchObject({ status: 200, body: { proposal: { approvedBy: ['somebody', 'somebody', 'ada'] } } })
    expect(again.headers['idempotent-replayed']).toBeUndefined()
    nothingFailed()
  })
})

describe('a cycle that is asked for', () => {
  test('is begun, told by its id, and named in the audit log', async () => {
    const begun = await post('portfolios/core/cycles', 'ada', { mode: 'dry-run' })
    expect(begun.status).toBe(202)
    expect(begun.body).toEqual({ cycle: expect.stringMatching(/^core-\d{8}T\d{6}Z$/) })
    const { body } = await get('audit?action=cycle.run')
    expect(body).toMatchObject({
      records: [
        { action: 'cycle.run', resource: 'portfolio:core', subject: 'ada', result: 'done' },
        { action: 'cycle.run', result: 'allowed' },
      ],
    })
    expect((await post('portfolios/none/cycles', 'ada', { mode: 'live' })).status).toBe(404)
    expect((await post('portfolios/core/cycles', 'ada', { mode: 'now' })).status).toBe(400)
  })
})

test('with one person a resume is done at once, and the audit log is for those who may read it', async () => {
  await gate.close()
  await start(1)
  await post('pause', 'eve', { reason: 'Odd quotes.' })
  expect((await post('resume', 'eve', { reason: 'Looked at it.' })).body).toMatchObject({ state: 'running' })
  expect((await get('audit', await gate.keyWith(['status:read']))).status).toBe(403)
  expect((await get('audit?limit=1&action=resume', operatorToken)).body).toMatchObject({
    records: [{ action: 'resume' }],
    next: expect.any(Number),
  })
})
