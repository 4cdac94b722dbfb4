import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aProposal } from '../../test/support/admin-contract.js'
import { NOW, OWNER } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryAuditLog } from '../../test/support/memory-access.js'
import { MemoryProposals } from '../../test/support/memory-admin.js'
import { MemoryRows, MemoryStore } from '../../test/support/memory-store.js'
import { sha256 } from '../adapters/access/secrets.js'
import { APPROVAL_MS } from '../domain/access/proposal.js'
import type { Transfer } from '../domain/execution/transfer.js'
import { isStricter, type OperatingLevel, stricter } from '../domain/policy/operating.js'
import { Failpoints } from '../ports/failpoints.js'
import { AnswerProposal } from './answer-proposal.js'
import { AuditEvents } from './audit-events.js'
import { CancelIntent } from './cancel-intent.js'
import { ClassifyInflow } from './classify-inflow.js'
import { EndPauses } from './end-pauses.js'
import { InvestigateTransfer } from './investigate-transfer.js'
import { Operations } from './operations.js'
import { TripBreaker } from './trip-breaker.js'
import { EndProposals } from './end-proposals.js'

const scope = 'chain:alpha'

/** A process with its records, and somebody who proposes that the scope goes on. */
class Office {
  readonly clock = new FakeClock(NOW)
  readonly store = new MemoryStore(new MemoryRows(), undefined, () => this.clock.now())
  readonly proposals = new MemoryProposals()
  readonly observer = new RecordingObserver()
  readonly audit = new MemoryAuditLog()
  private readonly deps = { store: this.store, proposals: this.proposals, clock: this.clock, observer: this.observer }
  readonly endProposals = new EndProposals(this.deps)
  readonly operations = new Operations({
    ...this.deps,
    failpoints: new Failpoints(),
    endProposals: this.endProposals,
    coolDownMs: 0,
  })
  readonly tripBreaker = new TripBreaker(this.deps)
  private readonly answers = new AnswerProposal({
    ...this.deps,
    operations: this.operations,
    endProposals: this.endProposals,
    cancelIntent: new CancelIntent(this.deps),
    investigateTransfer: new InvestigateTransfer(this.deps),
    classifyInflow: new ClassifyInflow(this.deps),
    hash: sha256,
    newId: () => `x${(this.proposed += 1)}`,
  })
  readonly endPauses = new EndPauses({
    ...this.deps,
    audit: this.audit,
    lease: new FakeLease(),
    endProposals: this.endProposals,
    build: 'test',
    pollMs: 1,
  })
  private proposed = 0

  async propose() {
    const order = { scope, reason: 'Looked at it.', clear: [] } as const
    const answer = await this.answers.proposeResume(order, { by: 'ada', needs: 1 })
    if (answer.status !== 'proposed') throw new Error('The proposal was refused.')
    return answer.proposal
  }

  approve(id: string, digest: string) {
    return this.answers.approve({ kind: 'resume', id, digest, subject: 'bob' })
  }

  async level(): Promise<OperatingLevel> {
    return (await this.store.operatingStates()).find((one) => one.scope === scope)?.level ?? 'running'
  }
}

let office: Office
beforeEach(async () => {
  office = new Office()
  await office.operations.pause(scope, 'paused_hard', 'Odd quotes.')
  office.clock.pass(1_000)
})

describe('a proposal to resume', () => {
  const trip = (level: 'paused_new' | 'halted') =>
    office.tripBreaker.run({ code: 'B-01', scope, level, reason: 'Lost too much.' })
  const cases: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ['a milder pause', () => office.operations.pause(scope, 'paused_new', 'Wait.'), 'held anew'],
    ['a pause of the same level', () => office.operations.pause(scope, 'paused_hard', 'Wait.'), 'held anew'],
    ['a harder pause', () => office.operations.halt(scope, 'Fire.'), 'held harder'],
    ['a pause with an end', () => office.operations.pause(scope, 'paused_new', 'Wait.', NOW + 60_000), 'held anew'],
    ['a resume of somebody else', () => office.operations.resume({ scope, reason: 'Go.', clear: [] }), 'runs again'],
    ['a breaker that trips harder', () => trip('halted'), 'held harder'],
    ['a breaker that trips beside it', () => trip('paused_new'), 'B-01 has tripped'],
  ]
  test.each(cases)('is void after %s, and is approved no more', async (_what, act, reason) => {
    const { id, digest } = await office.propose()
    office.clock.pass(1_000)
    await act()
    await office.endPauses.look()
    const ended = await office.proposals.byId(id)
    expect(ended).toMatchObject({ state: 'void', reason: expect.stringContaining(reason) })
    expect(office.observer.of('approval-answered').map(({ proposal }) => proposal)).toEqual([ended])
    const before = await office.level()
    expect(await office.approve(id, digest)).toMatchObject({ status: 'refused', code: 'ended' })
    expect(await office.level()).toBe(before)
  })

  test('is void once the pause it is about is over by itself, and as soon as something milder holds', async () => {
    await office.operations.resume({ scope, reason: 'Go.', clear: [] })
    await office.operations.pause(scope, 'paused_new', 'For good.')
    await office.operations.halt(scope, 'A moment.', office.clock.now() + 5_000)
    const { id } = await office.propose()
    office.clock.pass(4_999)
    await office.endPauses.look()
    expect((await office.proposals.byId(id))?.state).toBe('open')
    office.clock.pass(1)
    await office.endPauses.look()
    expect(await office.proposals.byId(id)).toMatchObject({
      state: 'void',
      reason: 'chain:alpha is held milder than when this was proposed, paused_new: For good.',
    })
  })

  test('stays open while another scope changes and while nothing does, and says what it would let go of', async () => {
    const { id, content } = await office.propose()
    expect(content['held']).toEqual({ level: 'paused_hard', reason: 'Odd quotes.', since: NOW, breakers: {} })
    await office.operations.halt('chain:beta', 'Fire.')
    await office.operations.halt('all', 'Fire.')
    await office.endPauses.look()
    expect((await office.proposals.byId(id))?.state).toBe('open')
  })

  test('whose time is over is written down as expired and told once, whatever its scope does meanwhile', async () => {
    const { id, digest } = await office.propose()
    office.clock.pass(APPROVAL_MS - 1)
    await office.endPauses.look()
    expect((await office.proposals.byId(id))?.state).toBe('open')
    office.clock.pass(1)
    await office.operations.halt(scope, 'Fire.')
    await office.endPauses.look()
    const after = await office.proposals.byId(id)
    expect(after).toMatchObject({ state: 'expired', reason: expect.stringContaining('came in time') })
    expect(await office.proposals.list({ state: 'open', limit: 9 })).toEqual([])
    expect(office.observer.of('approval-answered')).toMatchObject([{ portfolio: undefined, proposal: after }])
    expect(await office.approve(id, digest)).toMatchObject({ status: 'refused', code: 'expired' })
  })

  test.each([
    ['cancel', { intent: 'gone', reason: 'No.' }, 'There is no such intent.'],
    ['investigation', { transfer: 'p.1', state: 'late', reason: 'Seen.' }, 'Transfer p.1 is not late'],
    [
      'inflow',
      { portfolio: 'core', account: OWNER, chain: 'alpha', token: OWNER, units: '7', reason: 'Ours.' },
      'is unattributed; there is nothing.',
    ],
  ] as const)('of another kind is void, too, once its matter has gone: %s', async (kind, content, reason) => {
    await office.proposals.open(aProposal({ id: kind, kind, content }))
    await office.endPauses.look()
    const ended = await office.proposals.byId(kind)
    expect(ended).toMatchObject({ state: 'void', reason: expect.stringContaining(reason) })
    expect(office.observer.of('approval-answered').map(({ proposal }) => proposal)).toEqual([ended])
  })

  test('to mark a transfer is void once somebody else has marked it since', async () => {
    const mark = { transferId: 'p.1', by: 'eve', reason: 'Seen.', note: undefined }
    const content = { transfer: 'p.1', state: 'late', reason: 'Seen.' }
    office.store.openTransfers = () => Promise.resolve([{ id: 'p.1', state: 'late' } as Transfer])
    await office.proposals.open(aProposal({ id: 'one', kind: 'investigation', content, proposedAt: NOW }))
    office.store.investigations = () => Promise.resolve([{ ...mark, at: NOW - 1 }])
    await office.endPauses.look()
    expect((await office.proposals.byId('one'))?.state).toBe('open')
    office.store.investigations = () => Promise.resolve([{ ...mark, at: NOW + 1 }])
    await office.endPauses.look()
    expect(await office.proposals.byId('one')).toMatchObject({
      state: 'void',
      reason: 'eve has looked into transfer p.1 since.',
    })
  })

  test('that was over long before anybody looked is written down and told to nobody, of whatever kind', async () => {
    const at = NOW - 3 * APPROVAL_MS
    const old = aProposal({ proposedAt: at, expiresAt: at + APPROVAL_MS })
    await office.proposals.open(old)
    await office.endPauses.look()
    expect(await office.proposals.list({ limit: 9 })).toMatchObject([{ id: old.id, state: 'expired' }])
    expect(office.observer.of('approval-answered')).toEqual([])
  })

  test('that cannot be ended keeps no pause from being made, and is told', async () => {
    await office.propose()
    office.clock.pass(1)
    office.proposals.list = () => Promise.reject(new Error('no answer'))
    expect(await office.operations.halt(scope, 'Fire.')).toMatchObject({ level: 'halted' })
    expect(office.observer.of('failed')).toMatchObject([{ what: 'ending proposals', isRetried: true }])
  })

  test('that is void is in the audit log with its scope', async () => {
    const { id } = await office.propose()
    office.clock.pass(1)
    await office.operations.halt(scope, 'Fire.')
    const { audit, clock, observer } = office
    const events = new AuditEvents({ audit, clock, build: 'test', observer })
    for (const event of observer.of('approval-answered')) events.notify(event)
    await events.settled(new AbortController().signal)
    expect(audit.chain).toMatchObject([
      { actor: 'daemon', action: 'resume.void', resource: scope, detail: { proposal: id } },
    ])
  })
})

test('is open exactly as long as nobody has held the scope anew, it is held as hard, and no breaker holds it harder', async () => {
  const level = fc.constantFrom<Exclude<OperatingLevel, 'running'>>('paused_new', 'paused_hard', 'halted')
  const code = fc.constantFrom('B-01' as const, 'B-12' as const)
  const act = fc.oneof(
    fc.record({
      do: fc.constant('pause' as const),
      level,
      ends: fc.option(fc.integer({ min: 2, max: 20 }), { freq: 1 }),
    }),
    fc.record({ do: fc.constant('trip' as const), level, code }),
    fc.record({ do: fc.constant('clear' as const), code }),
    fc.record({ do: fc.constant('resume' as const) }),
    fc.record({ do: fc.constant('propose' as const) }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 10 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
      const here = new Office()
      const { clock, operations, tripBreaker, endPauses, proposals } = here
      let words = 0
      const open = new Map<string, OperatingLevel>()
      const waiting = new Map<string, { words: number; level: OperatingLevel; open: Map<string, OperatingLevel> }>()
      for (const one of acts) {
        clock.pass(1)
        if (one.do === 'pause') {
          const until = one.ends === null ? undefined : clock.now() + one.ends
          words += 1
          if (one.level === 'halted') await operations.halt(scope, `Word ${words}.`, until)
          else await operations.pause(scope, one.level, `Word ${words}.`, until)
        } else if (one.do === 'trip') {
          await tripBreaker.run({ code: one.code, scope, level: one.level, reason: 'Found.' })
          open.set(one.code, stricter(one.level, open.get(one.code) ?? 'running'))
        } else if (one.do === 'clear') {
          await tripBreaker.clear(scope, one.code)
          open.delete(one.code)
        } else if (one.do === 'resume') {
          await operations.resume({ scope, reason: 'Go.', clear: [] })
          open.clear()
        } else if (one.do === 'propose') {
          if ((await here.level()) === 'running') continue
          const { id } = await here.propose()
          waiting.set(id, { words, level: await here.level(), open: new Map(open) })
        } else clock.pass(one.ms)
        await endPauses.look()
        const now = await here.level()
        for (const [id, before] of waiting) {
          const isHarder = [...open].some(([name, held]) => isStricter(held, before.open.get(name) ?? 'running'))
          const isSame = words === before.words && now === before.level && !isHarder
          expect((await proposals.byId(id))?.state).toBe(isSame ? 'open' : 'void')
          if (!isSame) waiting.delete(id)
        }
      }
    }),
    { numRuns: 500 },
  )
})
