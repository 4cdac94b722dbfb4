import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryAuditLog } from '../../test/support/memory-access.js'
import { MemoryProposals } from '../../test/support/memory-admin.js'
import { MemoryRows, MemoryStore } from '../../test/support/memory-store.js'
import { isStricter, type OperatingLevel, stricter } from '../domain/policy/operating.js'
import { Failpoints } from '../ports/failpoints.js'
import { EndPauses } from './end-pauses.js'
import { Operations } from './operations.js'
import { EndProposals } from './end-proposals.js'

const scope = 'chain:alpha'
let clock: FakeClock
let store: MemoryStore
let audit: MemoryAuditLog
let observer: RecordingObserver
let lease: FakeLease
let operations: Operations
let endPauses: EndPauses
let endProposals: EndProposals

beforeEach(() => {
  clock = new FakeClock(NOW)
  store = new MemoryStore(new MemoryRows(), undefined, () => clock.now())
  audit = new MemoryAuditLog()
  observer = new RecordingObserver()
  lease = new FakeLease()
  lease.isOurs = true
  endProposals = new EndProposals({ store, proposals: new MemoryProposals(), clock, observer })
  operations = new Operations({ store, clock, observer, failpoints: new Failpoints(), endProposals })
  endPauses = new EndPauses({ store, audit, lease, clock, observer, endProposals, build: 'test', pollMs: 1_000 })
})

const stateNow = async () => (await store.operatingStates()).find((one) => one.scope === scope)
const entries = () =>
  audit.chain.map(({ action, resource, result, detail }) => [action, resource, result, detail['state']])

describe('EndPauses', () => {
  test('a pause that is over is in the audit log once, and its end is told', async () => {
    await operations.pause(scope, 'paused_hard', 'Upgrade.', NOW + 5_000)
    clock.pass(4_999)
    await endPauses.look()
    expect([entries(), (await stateNow())?.level]).toEqual([[], 'paused_hard'])
    clock.pass(1)
    expect(await stateNow()).toBeUndefined()
    await endPauses.look()
    await endPauses.look()
    expect(entries()).toEqual([['pause.expired', scope, 'done', 'running']])
    expect(audit.chain[0]).toMatchObject({ actor: 'daemon', detail: { level: 'paused_hard', reason: 'Upgrade.' } })
    expect(observer.of('scope-changed').at(-1)).toMatchObject({
      state: { scope, level: 'running', since: NOW + 5_000, reason: expect.stringContaining('Upgrade.') },
    })
  })

  test('what else holds the scope is told as its state', async () => {
    await operations.pause(scope, 'paused_new', 'For good.')
    await operations.halt(scope, 'A moment.', NOW + 1)
    expect((await stateNow())?.level).toBe('halted')
    clock.pass(1)
    await endPauses.look()
    expect(entries()).toEqual([['pause.expired', scope, 'done', 'paused_new']])
    expect(observer.of('scope-changed').at(-1)).toMatchObject({ state: { level: 'paused_new', reason: 'For good.' } })
  })

  test('is told by the process with the lease alone, and again where the log could not be written', async () => {
    await operations.pause(scope, 'paused_new', 'Lunch.', NOW + 1)
    const end = new AbortController()
    let looks = 0
    clock.onPass(() => {
      looks += 1
      if (looks === 2) lease.isOurs = true
      audit.isReadOnly = looks < 3
      if (looks === 5) end.abort()
    })
    lease.isOurs = false
    await endPauses.run(end.signal)
    expect(entries()).toEqual([['pause.expired', scope, 'done', 'running']])
    expect(observer.of('failed')).toHaveLength(1)
  })

  test('of all words on a scope the strictest that still holds counts, and an end lets go of nothing but itself', async () => {
    const level = fc.constantFrom<Exclude<OperatingLevel, 'running'>>('paused_new', 'paused_hard', 'halted')
    const code = fc.constantFrom('B-01', 'B-06')
    const act = fc.oneof(
      fc.record({ do: fc.constant('pause'), level, ends: fc.option(fc.integer({ min: 1, max: 20 })) }),
      fc.record({ do: fc.constant('trip'), level, code }),
      fc.record({ do: fc.constant('clear'), code }),
      fc.record({ do: fc.constant('resume') }),
      fc.record({ do: fc.constant('pass'), ms: fc.integer({ min: 0, max: 10 }) }),
      fc.record({ do: fc.constant('tell') }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const time = new FakeClock(NOW)
        const records = new MemoryStore(new MemoryRows(), undefined, () => time.now())
        const log = new MemoryAuditLog()
        const ending = new EndPauses({
          store: records,
          audit: log,
          lease,
          clock: time,
          observer,
          endProposals,
          build: '',
          pollMs: 1,
        })
        const model = new Model()
        let over = 0
        for (const one of acts) {
          const now = time.now()
          const since = now
          const word = { scope, reason: 'So.', since, by: 'operator' } as const
          if ('ends' in one) {
            const until = one.ends === null ? {} : { expiresAt: now + one.ends }
            await records.setOperatingState({ ...word, level: one.level, ...until })
            model.pause(one.level, one.ends === null ? undefined : now + one.ends)
          } else if ('level' in one) {
            await records.tripBreaker({ code: one.code as 'B-01', scope, level: one.level, reason: 'So.' }, now)
            model.trip(one.code, one.level)
          } else if ('code' in one) {
            await records.clearBreakers(scope, one.code as 'B-01', 'somebody', now)
            model.clear(one.code)
          } else if (one.do === 'resume') {
            await records.setOperatingState({ ...word, level: 'running' })
            model.resume()
          } else if ('ms' in one) time.pass(one.ms)
          else {
            await ending.look()
            expect(log.chain.length).toBeGreaterThanOrEqual(over)
            over = log.chain.length
          }
          const [state] = await records.operatingStates()
          const { level: expected, expiresAt } = model.at(time.now())
          expect([state?.level ?? 'running', state?.expiresAt]).toEqual([expected, expiresAt])
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** Everything that was ever said about a scope, as the rules say it: nothing is merged, nothing forgotten. */
class Model {
  private lasting: { level: OperatingLevel; isPersons: boolean } | undefined
  private timed: { level: OperatingLevel; expiresAt: number }[] = []
  private readonly open = new Map<string, OperatingLevel>()

  pause(level: OperatingLevel, expiresAt: number | undefined): void {
    if (expiresAt !== undefined) this.timed.push({ level, expiresAt })
    else if (!this.lasting?.isPersons || !isStricter(this.lasting.level, level))
      this.lasting = { level: stricter(level, this.lasting?.level ?? 'running'), isPersons: true }
  }

  trip(code: string, level: OperatingLevel): void {
    this.open.set(code, stricter(level, this.open.get(code) ?? 'running'))
    if (isStricter(level, this.lasting?.level ?? 'running'))
      this.lasting = { level, isPersons: this.lasting?.isPersons ?? false }
  }

  clear(code: string): void {
    if (this.open.delete(code) && this.lasting && !this.lasting.isPersons) this.lower()
  }

  resume(): void {
    this.timed = []
    this.lower()
  }

  at(now: number): { level: OperatingLevel; expiresAt: number | undefined } {
    const holding = this.timed.filter(({ expiresAt }) => expiresAt > now)
    const lasting = this.lasting?.level ?? 'running'
    const level = holding.reduce((most, one) => stricter(most, one.level), lasting)
    if (level === lasting) return { level, expiresAt: undefined }
    return { level, expiresAt: Math.max(...holding.filter((one) => one.level === level).map((one) => one.expiresAt)) }
  }

  private lower(): void {
    const level = [...this.open.values()].reduce(stricter, 'running')
    this.lasting = level === 'running' || !this.lasting ? undefined : { level, isPersons: false }
  }
}
