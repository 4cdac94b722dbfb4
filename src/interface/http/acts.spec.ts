import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import request from 'supertest'
import { z } from 'zod'
import { aCycle, aRun, aTransfer, newIntent, NOW, OWNER, sendingRun } from '../../../test/support/builders.js'
import { ALPHA, FakeWorld } from '../../../test/support/fake-world.js'
import { type GateApp, startGateApp } from '../../../test/support/gate-app.js'
import { previewIn } from '../../../test/support/previews.js'
import type { PreviewPlan } from '../../application/preview-plan.js'
import { ACCESS_SCOPES } from '../../domain/access/scopes.js'
import { reservedIntent } from '../../domain/execution/intent.js'
import { entry } from '../../domain/execution/ledger.js'
import { LONGEST_TIMED_PAUSE_MS } from '../../domain/policy/timed-pauses.js'
import { Identities } from '../../ports/identities.js'
import { Lease } from '../../ports/lease.js'
import { RateLimits } from '../../ports/rate-limits.js'
import { registeredRoutes } from './access/registered-routes.js'
import { Portfolios } from './portfolios.controller.js'
import { previewAnswer } from './preview-schema.js'
import { PreviewsController } from './previews.controller.js'

// The solver's thread takes a while to start on a busy machine.
jest.setTimeout(60_000)

/** Nobody is ever held up. */
class NoLimits extends RateLimits {
  override take = () => Promise.resolve({ retryAfterMs: undefined })
  override waiting = () => Promise.resolve(undefined)
}

/** Everybody is who their token says. */
class Everybody extends Identities {
  override identify(token: string) {
    const expiresAt = NOW + 900_000
    return Promise.resolve(/^[a-z]+$/.test(token) ? { subject: token, scopes: ACCESS_SCOPES, expiresAt } : undefined)
  }
}

const run = sendingRun(aRun())
const intent = reservedIntent(newIntent(aCycle(), run), 7)
const transfer = aTransfer(aCycle(), run)
const previewed: { answer: Awaited<ReturnType<PreviewPlan['run']>> } = { answer: { status: 'busy' } }
let calls = 0
let gate: GateApp
let strict: GateApp

beforeAll(async () => {
  const previewPlan = { run: () => Promise.resolve(previewed.answer) } as unknown as PreviewPlan
  gate = await startGateApp({ identities: new Everybody(), limits: new NoLimits(), previewPlan })
  strict = await startGateApp({ identities: new Everybody(), limits: new NoLimits(), previewPlan, resumeTakes: 2 })
  for (const { store } of [gate, strict])
    store.rows.cycles.set('cycle-1', aCycle({ legs: [run], intents: [intent], transfers: [transfer] }))
})
afterAll(() => Promise.all([gate.close(), strict.close()]))

const post = (
  path: string,
  body: object,
  { who = 'ada', on = gate, match }: { who?: string; on?: GateApp; match?: string } = {},
) => {
  calls += 1
  const call = request(on.url)
    .post(`/v1/${path}`)
    .set('authorization', `Bearer ${who}`)
    .set('idempotency-key', `c-${calls}`)
  return (match === undefined ? call : call.set('if-match', match)).send(body)
}
const get = (path: string, on = gate) => request(on.url).get(`/v1/${path}`).set('authorization', 'Bearer ada')
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()

test('A-06, F-77: a person who is shut out is told and written down as a wrong token is; others pause whatever cannot be read', async () => {
  const own = await startGateApp({ identities: new Everybody(), limits: new NoLimits() })
  const pause = (who: string) => post('pause', { scope: 'chain:beta', reason: 'A rumour.' }, { who, on: own })
  expect(await pause('eve')).toMatchObject({ status: 200 })
  const wrong = await pause('Eve?')
  await own.denials.deny({ subject: 'eve', reason: 'Leaves.', since: NOW })
  own.clock.pass(30_000)
  const shutOut = await pause('eve')
  const { instance: _mine, ...said } = shutOut.body as object & { instance: string }
  expect([shutOut.status, said]).toEqual([401, expect.objectContaining({ code: 'unauthorised' })])
  expect(wrong.body).toMatchObject(said)
  expect(own.audit.chain.at(-1)).toMatchObject({ action: 'authenticate', result: 'denied', subject: 'anonymous' })
  own.denials.isDown = true
  own.clock.pass(3_600_000)
  expect(await pause('eve')).toMatchObject({ status: 401 })
  expect(await pause('bea')).toMatchObject({ status: 200 })
  await own.close()
})

test('5.2: a pause that could not be written down is answered so, and holds here all the same', async () => {
  const own = await startGateApp({ identities: new Everybody(), limits: new NoLimits() })
  try {
    own.store.setOperatingState = () => Promise.reject(new Error('secret of the database'))
    for (const [path, level, whose] of [
      ['pause', 'paused_new', 'This replica does not lead'],
      ['halt', 'halted', 'This replica leads'],
    ]) {
      own.app.get(Lease).isHeld = () => path === 'halt'
      const { status, headers, body } = await post(path!, { scope: 'chain:alpha', reason: 'Odd.' }, { on: own })
      expect([status, headers['retry-after'], body.code]).toEqual([503, '2', 'unavailable'])
      expect(body.detail).toContain(`chain:alpha is ${level} in this process only; the record could not be written`)
      expect(body.detail).toContain(whose)
      expect(body.detail).not.toContain('secret')
      expect((await get('state', own)).body).toMatchObject({
        scopes: [{ scope: 'chain:alpha', state: level, by: 'ada' }],
      })
    }
  } finally {
    await own.close()
  }
})

describe('a pause with an end', () => {
  test('is shown with it in the state and with the portfolio, and is no reason to resume by two', async () => {
    const expiresAt = inSeconds(60)
    const paused = await post('pause', { scope: 'portfolio:core', reason: 'Upgrade.', expiresAt }, { on: strict })
    expect(paused).toMatchObject({ status: 200, body: { state: 'paused_new', expiresAt } })
    expect((await get('state', strict)).body).toMatchObject({ expiresAt: null, scopes: [{ expiresAt }] })
    expect((await get('portfolios/core', strict)).body).toMatchObject({ operatingState: { expiresAt } })
    expect(strict.audit.chain).toContainEqual(
      expect.objectContaining({ action: 'pause', subject: 'ada', result: 'done' }),
    )
  })

  test('gives none to what holds for good, and a halt takes one, too', async () => {
    const scope = 'chain:alpha'
    await post('pause', { scope, level: 'hard', reason: 'Until I say so.' })
    const later = await post('pause', { scope, level: 'hard', reason: 'A minute.', expiresAt: inSeconds(60) })
    expect(later.body).toMatchObject({ state: 'paused_hard', reason: 'Until I say so.', expiresAt: null })
    const halted = await post('halt', { scope, reason: 'A second.', expiresAt: inSeconds(1) })
    expect(halted.body).toMatchObject({ state: 'halted', expiresAt: inSeconds(1) })
  })

  test.each([
    inSeconds(0),
    inSeconds(-1),
    new Date(NOW + LONGEST_TIMED_PAUSE_MS + 1).toISOString(),
    'tomorrow',
    '2026-11-20',
    '2026-13-01T00:00:00Z',
    1_763_640_000,
  ])('ends ahead of now and in 30 days at the latest: %s is refused', async (expiresAt) => {
    const answer = await post('pause', { scope: 'chain:beta', reason: 'Lunch.', expiresAt })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/expiresAt' }] } })
    expect((await get('state')).body.scopes.map(({ scope }: { scope: string }) => scope)).not.toContain('chain:beta')
  })
})

describe('cancelling an intent', () => {
  const path = `intents/${intent.id}`
  const word = { reason: 'Not now.' }
  const etag = async (on = gate) => (await get(path, on)).headers['etag'] as string

  test('needs to have looked at it (A-10)', async () => {
    expect((await post(`${path}/cancel`, word)).status).toBe(400)
    expect((await post(`${path}/cancel`, word, { match: '"other"' })).status).toBe(412)
    expect((await get(path)).body).toMatchObject({ cancelOrder: null })
  })

  test('writes the order, shows it, and takes one for nothing that is over', async () => {
    const match = await etag()
    const cancelOrder = { by: 'ada', reason: 'Not now.', orderedAt: inSeconds(0) }
    const ordered = await post(`${path}/cancel`, word, { match })
    expect(ordered.status).toBe(202)
    expect(ordered.body).toEqual({ intent: intent.id, state: 'reserved', cancelOrder, proposal: null })
    expect((await get(path)).body).toMatchObject({ cancelOrder })
    // What one has looked at has an order now.
    expect((await post(`${path}/cancel`, word, { match })).status).toBe(412)
    const released = { ...intent, version: 2, state: 'released' as const, attempts: [] as const }
    gate.store.rows.cycles.set('cycle-1', aCycle({ legs: [run], intents: [released], transfers: [transfer] }))
    const over = await post(`${path}/cancel`, word, { match: await etag() })
    expect(over).toMatchObject({ status: 409, body: { detail: expect.stringContaining('released') } })
    expect((await post('intents/nothing/cancel', word, { match })).status).toBe(404)
    expect((await post('intents/%00/cancel', word, { match })).status).toBe(404)
  })

  test('takes two people where a resume does: proposed by one, ordered by another (5.2, A-07)', async () => {
    const on = strict
    const proposed = await post(`${path}/cancel`, word, { on, match: await etag(on) })
    expect(proposed).toMatchObject({ status: 202, body: { cancelOrder: null, proposal: 'cancel-x1' } })
    expect((await get(path, on)).body).toMatchObject({ cancelOrder: null })
    const { digest } = (await get('proposals/cancel-x1', on)).body as { digest: string }
    expect((await post('proposals/cancel/cancel-x1/approve', { digest }, { on })).status).toBe(403)
    expect((await post('proposals/resume/cancel-x1/approve', { digest }, { on, who: 'bob' })).status).toBe(404)
    const approved = await post('proposals/cancel/cancel-x1/approve', { digest }, { on, who: 'bob' })
    expect(approved.body).toMatchObject({ proposal: { state: 'used' }, cancelOrder: { by: 'ada, bob' }, resumed: null })
    expect((await get(path, on)).body).toMatchObject({ cancelOrder: { by: 'ada, bob' } })
  })

  test('a key is no person: what it proposes takes two of them (A-07, F-75)', async () => {
    const on = strict
    const key = await on.keyWith(['tx:cancel'])
    const proposed = await post(`${path}/cancel`, word, { on, who: key, match: await etag(on) })
    const { proposal } = proposed.body as { proposal: string }
    const { digest } = (await get(`proposals/${proposal}`, on)).body as { digest: string }
    const approval = (who: string) => post(`proposals/cancel/${proposal}/approve`, { digest }, { on, who })
    expect((await approval('ada')).body).toMatchObject({ proposal: { state: 'open' }, cancelOrder: null })
    expect((await approval('ada')).status).toBe(403)
    expect((await approval('bob')).body).toMatchObject({ proposal: { state: 'used' } })
  })
})

test('a reason that the records could not take is refused, not a failure', async () => {
  const refused = await post('proposals/resume', { scope: 'all', reason: 'Half a pair: \ud83d' }, { on: strict })
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/reason' }] } })
  const note = await post(`transfers/${transfer.id}/investigated`, { reason: 'Looked.', note: 'a\udc00' })
  expect(note).toMatchObject({ status: 400, body: { errors: [{ pointer: '/note' }] } })
})

describe('saying that a late transfer was looked into', () => {
  const path = `transfers/${transfer.id}`
  const word = { reason: 'Asked the bridge.', note: 'Ticket 7.' }
  const etag = async (on = gate) => (await get(path, on)).headers['etag'] as string
  const late = (on: GateApp) => on.store.moveTransfer(transfer, { ...transfer, state: 'late' }, [])
  const say = async (on: GateApp, who = 'ada') => post(`${path}/investigated`, word, { on, who, match: await etag(on) })

  test('marks it, once it is late; nothing else changes', async () => {
    expect((await say(gate)).status).toBe(409)
    await late(gate)
    const before = (await get(path)).body as object
    const investigation = { by: 'ada', ...word, at: inSeconds(0) }
    const marked = await say(gate)
    expect(marked.status).toBe(202)
    expect(marked.body).toEqual({ transfer: transfer.id, state: 'late', investigation, proposal: null })
    expect((await get(path)).body).toMatchObject({ ...before, investigation, timeline: expect.anything() })
    expect((await post('transfers/nothing/investigated', word, { match: '"any"' })).status).toBe(404)
    const key = await gate.keyWith(['pause', 'tx:cancel', 'plan:propose', 'status:read'])
    expect((await say(gate, key)).status).toBe(403)
  })

  test('needs to have looked at it (A-10)', async () => {
    expect((await post(`${path}/investigated`, word)).status).toBe(400)
    const match = await etag()
    const one = gate.store.rows.cycles.get('cycle-1')!.transfers[0]!
    await gate.store.moveTransfer(one, { ...one, state: 'lost_suspected' }, [])
    expect((await post(`${path}/investigated`, word, { match })).status).toBe(412)
    expect((await say(gate)).body).toMatchObject({ state: 'lost_suspected' })
  })

  test('takes two people where a resume does: proposed by one, marked by another (A-07)', async () => {
    const on = strict
    expect((await say(on)).status).toBe(409)
    await late(on)
    const proposed = await say(on)
    const { proposal } = proposed.body as { proposal: string }
    expect(proposed.status).toBe(202)
    expect(proposed.body).toEqual({ transfer: transfer.id, state: 'late', investigation: null, proposal })
    expect((await get(path, on)).body).toMatchObject({ investigation: null })
    const { digest, content } = (await get(`proposals/${proposal}`, on)).body as { digest: string; content: object }
    expect(content).toMatchObject({ portfolio: 'core', transfer: transfer.id, state: 'late', ...word })
    const approve = (who: string, kind = 'investigation') =>
      post(`proposals/${kind}/${proposal}/approve`, { digest }, { on, who })
    expect((await approve('ada')).status).toBe(403)
    expect((await approve('bob', 'resume')).status).toBe(404)
    expect((await approve(await on.keyWith(['pause', 'tx:cancel', 'plan:propose']))).status).toBe(403)
    expect((await approve('bob')).body).toMatchObject({ proposal: { state: 'used' }, resumed: null, cancelOrder: null })
    expect((await get(path, on)).body).toMatchObject({ investigation: { by: 'ada, bob', ...word } })
    expect((await approve('eve')).status).toBe(409)
  })

  test('is void once the transfer is not what was looked at, and can be turned down', async () => {
    const on = strict
    const open = async () => {
      const { proposal } = (await say(on)).body as { proposal: string }
      const { digest } = (await get(`proposals/${proposal}`, on)).body as { digest: string }
      return { path: `proposals/investigation/${proposal}`, proposal, digest }
    }
    const down = await open()
    const rejected = await post(`${down.path}/reject`, { digest: down.digest, reason: 'Not yet.' }, { on, who: 'eve' })
    expect(rejected.body).toMatchObject({ state: 'rejected', reason: 'eve: Not yet.' })
    for (const [state, why] of [
      ['lost_suspected', 'is lost_suspected since, not late'],
      ['in_flight', 'is not late'],
    ] as const) {
      const { path: waiting, proposal, digest } = await open()
      const one = on.store.rows.cycles.get('cycle-1')!.transfers[0]!
      await on.store.moveTransfer(one, { ...one, state }, [])
      expect((await post(`${waiting}/approve`, { digest }, { on, who: 'bob' })).status).toBe(409)
      const reason = expect.stringContaining(why)
      expect((await get(`proposals/${proposal}`, on)).body).toMatchObject({ state: 'void', reason })
    }
  })
})

describe("taking money for the fund's own", () => {
  const token = ALPHA.usdc.address.toLowerCase()
  const path = 'portfolios/core/inflows'
  const word = { chain: 'alpha', token, units: '1500000', reason: 'Capital call.' }
  const find = (units: bigint, cause: string) => {
    const account = { cause, owner: OWNER, chain: 'alpha', token: ALPHA.usdc.address, book: 'final' } as const
    return strict.store.post(entry(account, 'unattributed', 'wallet', units))
  }
  const propose = async (units = word.units) => {
    const answer = await post(path, { ...word, units }, { on: strict })
    const { proposal } = answer.body as { proposal: string }
    const { digest, content } = (await get(`proposals/${proposal}`, strict)).body as { digest: string; content: object }
    const approve = (who: string) => post(`proposals/inflow/${proposal}/approve`, { digest }, { on: strict, who })
    return { answer, proposal, digest, content, approve }
  }
  const unattributed = async () => (await get('portfolios/core', strict)).body.unattributed as { units: string }[]

  test('takes two people where a resume does: proposed by one, booked by another (A-07)', async () => {
    expect((await post(path, word, { on: strict })).status).toBe(404)
    await find(1_500_000n, 'found.alpha.9')
    expect((await post(path, { ...word, units: '1' }, { on: strict })).status).toBe(412)
    const { answer, proposal, content, approve } = await propose()
    expect(answer.status).toBe(202)
    expect(answer.body).toEqual({ portfolio: 'core', deposit: null, proposal })
    expect(content).toMatchObject({ portfolio: 'core', account: OWNER, ...word })
    expect(await unattributed()).toMatchObject([{ units: '1500000' }])
    expect((await approve('ada')).status).toBe(403)
    expect((await approve('bob')).body).toMatchObject({ proposal: { state: 'used' }, resumed: null, cancelOrder: null })
    expect(await unattributed()).toEqual([])
    const booked = { portfolio: 'core', units: 1_500_000n, reason: 'Capital call. (ada, bob)' }
    expect(strict.observer.of('inflow-classified')).toMatchObject([booked])
    expect((await approve('eve')).status).toBe(409)
  })

  test('is void once more has come in, also in the moment of the approval, and can be turned down', async () => {
    await find(7n, 'found.alpha.10')
    const down = await propose('7')
    const no = { digest: down.digest, reason: 'Whose is it?' }
    expect((await post(`proposals/inflow/${down.proposal}/reject`, no, { on: strict, who: 'eve' })).status).toBe(200)
    const { proposal, approve } = await propose('7')
    const wanted = strict.observer.of('approval-wanted').at(-1)
    expect(wanted).toMatchObject({ portfolio: 'core', proposal: { kind: 'inflow' } })
    await find(1n, 'found.alpha.11')
    expect((await approve('bob')).status).toBe(409)
    const reason = expect.stringContaining('8 base units')
    expect((await get(`proposals/${proposal}`, strict)).body).toMatchObject({ state: 'void', reason })
    const late = await propose('8')
    const classifyInflow = strict.store.classifyInflow.bind(strict.store)
    strict.store.classifyInflow = async (inflow) => {
      strict.store.classifyInflow = classifyInflow
      await find(1n, 'found.alpha.12')
      return classifyInflow(inflow)
    }
    expect((await late.approve('bob')).status).toBe(412)
    expect(await unattributed()).toMatchObject([{ units: '9' }])
    expect((await late.approve('bob')).status).toBe(409)
  })
})

describe('a preview', () => {
  test('is answered as a cycle is, with what was tried against the configuration', async () => {
    const targets = { ETH: '0.1', USD: '0.1', BTC: '0.8' }
    const { signal } = new AbortController()
    previewed.answer = await previewIn(FakeWorld.drifted()).run('core', { targets }, signal)
    const { status, body } = await post('portfolios/core/preview', { targets })
    expect(status).toBe(200)
    const answer = previewAnswer.parse(body)
    expect(answer.decision).toMatchObject({ act: true, code: 'band-breached' })
    expect(answer.plan?.legs[0]?.alternatives.length).toBeGreaterThan(0)
    expect(answer.assets.map(({ asset, target }) => [asset, target])).toContainEqual(['ETH', '0.1'])
    expect(answer.changes).toContainEqual(expect.objectContaining({ path: 'targets.ETH.weight', tried: '0.1' }))
  })

  test('that takes too long is given up, and told to ask nothing more', async () => {
    jest.useFakeTimers()
    try {
      const signals: AbortSignal[] = []
      const run = (_id: string, _trial: object, signal: AbortSignal) => {
        signals.push(signal)
        return new Promise<never>(() => undefined)
      }
      const portfolios = gate.app.get(Portfolios)
      const controller = new PreviewsController(portfolios, { run } as unknown as PreviewPlan)
      const answer = controller.preview('core', {}).catch((error: unknown) => error)
      await jest.advanceTimersByTimeAsync(7_999)
      expect(signals.map(({ aborted }) => aborted)).toEqual([false])
      await jest.advanceTimersByTimeAsync(1)
      expect(await answer).toMatchObject({
        status: 503,
        detail: expect.stringContaining('8 s'),
        extras: { retryAfter: 5 },
      })
      expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    } finally {
      jest.useRealTimers()
    }
  })

  test('of which another one is being made is asked for later', async () => {
    previewed.answer = { status: 'busy' }
    const busy = await post('portfolios/core/preview', {})
    expect(busy).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, body: { retryAfter: 5 } })
  })

  test('F-80: limits above the ceilings are refused, and no route changes a limit', async () => {
    const detail = 'expected at most 100000, the ceiling of this build outside the sandbox, got 200000'
    previewed.answer = { status: 'invalid', findings: [{ pointer: '/limits/maxLegUsd', detail }] }
    const refused = await post('portfolios/core/preview', { limits: { maxLegUsd: '200000' } })
    expect(refused.status).toBe(400)
    expect(refused.body).toMatchObject({ errors: [{ pointer: '/limits/maxLegUsd', detail }] })
    const changing = registeredRoutes(gate.app).filter(({ isRead }) => !isRead)
    expect(changing.length).toBeGreaterThan(10)
    const takesLimits = changing.filter(({ rules }) => {
      const taken = rules?.body ? JSON.stringify(z.toJSONSchema(rules.body, { io: 'input' })) : ''
      return /limit|maxLeg|ceiling|perDay|turnover/i.test(`${rules?.action} ${taken}`)
    })
    expect(takesLimits.map(({ name }) => name)).toEqual(['Previews.preview'])
  })

  test.each([
    [{ targets: { ETH: 0.5 } }, '/targets/ETH'],
    [{ targets: { ETH: '-1' } }, '/targets/ETH'],
    [{ limits: { lossPerDay: '0.5' } }, '/limits/lossPerDay'],
    [{ policy: 'yolo' }, '/policy'],
    [{ bands: { ETH: { absolut: '0.1' } } }, '/bands/ETH/absolut'],
  ])('%j is refused before anything is asked', async (body, pointer) => {
    const answer = await post('portfolios/core/preview', body)
    expect(answer).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ pointer })] } })
    expect((await post('portfolios/nothing/preview', {})).status).toBe(404)
  })
})
