import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import request from 'supertest'
import { aCycle, NOW } from '../../../test/support/builders.js'
import { aProposal } from '../../../test/support/admin-contract.js'
import { FakeWorld } from '../../../test/support/fake-world.js'
import { type GateApp, operatorToken, startGateApp } from '../../../test/support/gate-app.js'
import { ACCESS_SCOPES } from '../../domain/access/scopes.js'
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

  test('what is not there, and words that say nothing', async () => {
    expect((await get('proposals/nothing')).status).toBe(404)
    expect((await get('proposals/%00')).status).toBe(404)
    expect((await post('proposals/plan/nothing/approve', 'ada', { digest: '0'.repeat(64) })).status).toBe(404)
    expect((await post('proposals/plan/nothing/approve', 'ada', { digest: 'yes' })).status).toBe(400)
    expect((await post('proposals/plan/nothing/reject', 'ada', { digest: '0'.repeat(64) })).status).toBe(400)
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
