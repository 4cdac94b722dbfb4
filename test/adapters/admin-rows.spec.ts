import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sql } from 'kysely'
import { PostgresRateLimits } from '../../src/adapters/limits/postgres-rate-limits.js'
import { PostgresApiKeys } from '../../src/adapters/store/postgres-api-keys.js'
import { PostgresAuditLog } from '../../src/adapters/store/postgres-audit-log.js'
import { PostgresDenials } from '../../src/adapters/store/postgres-denials.js'
import { PostgresEventFeed } from '../../src/adapters/store/postgres-event-feed.js'
import { MOST_ANSWER_BYTES, PostgresIdempotency } from '../../src/adapters/store/postgres-idempotency.js'
import { PostgresOutbox } from '../../src/adapters/store/postgres-outbox.js'
import { PostgresProposals } from '../../src/adapters/store/postgres-proposals.js'
import { Operations } from '../../src/application/operations.js'
import { TripBreaker } from '../../src/application/trip-breaker.js'
import { VerifyAudit } from '../../src/application/verify-audit.js'
import { EndProposals } from '../../src/application/end-proposals.js'
import type { KeyScope } from '../../src/domain/access/scopes.js'
import { anEntry, describeAdminRows } from '../support/admin-contract.js'
import { auditEdits, type AuditRow, firstChange, rewritten } from '../support/audit-edits.js'
import { NOW } from '../support/builders.js'
import { Failpoints } from '../../src/ports/failpoints.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { FakeClock } from '../support/fake-clock.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { MemoryApiKeys, MemoryAuditLog, MemoryDenials } from '../support/memory-access.js'
import { MemoryStore } from '../support/memory-store.js'
import { MemoryEventFeed, MemoryIdempotency, MemoryOutbox, MemoryProposals } from '../support/memory-admin.js'

describeAdminRows('in memory', () => {
  const outbox = new MemoryOutbox()
  return Promise.resolve({
    audit: new MemoryAuditLog(),
    keys: new MemoryApiKeys(),
    denials: new MemoryDenials(),
    idempotency: new MemoryIdempotency(),
    feed: new MemoryEventFeed(outbox),
    outbox,
    proposals: new MemoryProposals(),
    close: () => Promise.resolve(),
  })
})

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
}, 60_000)
afterAll(() => db.drop())

describeAdminRows('on Postgres', () => {
  const { database } = db
  return Promise.resolve({
    audit: new PostgresAuditLog(database),
    keys: new PostgresApiKeys(database),
    denials: new PostgresDenials(database),
    idempotency: new PostgresIdempotency(database),
    feed: new PostgresEventFeed(database),
    outbox: new PostgresOutbox(database),
    proposals: new PostgresProposals(database),
    close: () => Promise.resolve(),
  })
})

describe('PostgresAuditLog', () => {
  test('records of several writers come one after another, by the clock of the database', async () => {
    const logs = [new PostgresAuditLog(db.database), new PostgresAuditLog(db.database)]
    const before = (await logs[0]!.records({ limit: 1 }))[0]!.sequence
    const written = await Promise.all([...Array(20).keys()].map((index) => logs[index % 2]!.append(anEntry())))
    const records = (await logs[0]!.records({ limit: 20 })).toReversed()
    expect(records.map(({ sequence }) => sequence)).toEqual([...Array(20).keys()].map((index) => before + 1 + index))
    expect(records).toEqual(written.toSorted((a, b) => a.sequence - b.sequence))
    expect(records.map(({ at }) => at)).toEqual(records.map(({ at }) => at).toSorted((a, b) => a - b))
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db.database)
    expect(Math.abs(rows[0]!.now.getTime() - records.at(-1)!.at)).toBeLessThan(5_000)
    expect(await logs[0]!.verify()).toMatchObject({ status: 'intact', count: before + 20 })
  })

  test('whatever a caller sent is written, and found again', async () => {
    const audit = new PostgresAuditLog(db.database)
    const subject = `nul \0, half \ud800, line\n ${'x'.repeat(5_000)}`
    const detail = { 'a\0': [1n, -0, 1e-7, 1e300, null, undefined, true, '"\\', { '~map': 'ü\u{1f4a5}' }], nested: {} }
    const record = await audit.append(anEntry({ subject, detail }))
    expect(record.subject).toBe(subject.replace('\0', '�').replace('\ud800', '�'))
    expect(record.detail).toEqual({
      'a�': ['1', 0, 1e-7, 1e300, null, null, true, '"\\', detail['a\0'][8]],
      nested: {},
    })
    expect(await audit.records({ subject, limit: 5 })).toEqual([record])
    expect((await audit.verify()).status).toBe('intact')
  })

  test.each([
    'update audit_log set hash = hash',
    'delete from audit_log',
    'delete from audit_log where false',
    'truncate audit_log',
  ])('F-81: %s is refused', async (statement) => {
    await expect(sql.raw(statement).execute(db.database)).rejects.toThrow('Rows of audit_log are only added')
  })

  test('an entry that cannot be written is in nobody’s way', async () => {
    const audit = new PostgresAuditLog(db.database)
    const before = await audit.verify()
    const detail = { deed: () => undefined }
    await expect(audit.append(anEntry({ detail }))).rejects.toThrow('Only plain values')
    expect(await audit.verify()).toEqual(before)
    await audit.append(anEntry())
    expect((await audit.verify()).status).toBe('intact')
  })
})

describe('G-15, P-24, F-81: an edit of the audit log behind its back', () => {
  const COUNT = 8
  let own: TestDatabase
  let written: AuditRow[]
  let audit: PostgresAuditLog

  beforeAll(async () => {
    own = await createTestDatabase()
    // Several batches, the last of them full.
    audit = new PostgresAuditLog(own.database, COUNT / 2)
    for (const index of Array(COUNT).keys()) await audit.append(anEntry({ detail: { index } }))
    const { rows } = await sql<AuditRow>`
      select sequence::integer, record::text as text, hash from audit_log order by sequence`.execute(own.database)
    written = rows
    await sql`alter table audit_log disable trigger user`.execute(own.database)
  }, 60_000)
  afterAll(() => own.drop())

  const put = async (rows: readonly AuditRow[]) => {
    await sql`delete from audit_log`.execute(own.database)
    await sql`
      insert into audit_log (sequence, record, hash)
      select (one ->> 'sequence')::bigint, (one ->> 'text')::json, one ->> 'hash'
      from json_array_elements(${JSON.stringify(rows)}::json) as one`.execute(own.database)
  }
  const faultOf = async (rows: readonly AuditRow[]) => {
    await put(rows)
    const verdict = await audit.verify()
    return verdict.status === 'broken' ? verdict.fault.sequence : undefined
  }

  test('is found at the first record that is another one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(auditEdits(written), { minLength: 1, maxLength: 3 }), async (several) => {
        const rows = several.reduce<readonly AuditRow[]>((sofar, edit) => edit(sofar), written)
        fc.pre(new Set(rows.map(({ sequence }) => sequence)).size === rows.length)
        expect(await faultOf(rows)).toBe(firstChange(written, rows))
      }),
      { numRuns: 120 },
    )
    expect(await faultOf(written)).toBeUndefined()
  })

  test('with hashes made anew is found there or, where the record fits in itself, at the one after it or the head', async () => {
    const changed = (at: number, change: object) =>
      written.map((row, index) => (index === at ? rewritten(row, change) : row))
    for (const at of Array(COUNT).keys()) {
      const sequence = at + 1
      expect(await faultOf(changed(at, { subject: 'eve' }))).toBe(Math.min(sequence + 1, COUNT))
      expect(await faultOf(changed(at, { sequence: 99 }))).toBe(sequence)
      expect(await faultOf(changed(at, { previousHash: 'f'.repeat(64) }))).toBe(sequence)
    }
    const chained = written.slice(0, 2)
    for (const row of written.slice(2))
      chained.push(rewritten(row, { previousHash: chained.at(-1)!.hash, build: 'forged' }))
    expect(await faultOf(chained)).toBe(COUNT)
  })

  test('F-81: is named by B-16, which halts everything, once for what a person has looked at', async () => {
    const clock = new FakeClock(NOW)
    const observer = new RecordingObserver()
    const store = new MemoryStore()
    const tripBreaker = new TripBreaker({ store, clock, observer })
    const verifyAudit = new VerifyAudit({ audit, tripBreaker, store, clock, observer, part: 3 })
    const halted = async () => (await store.operatingStates()).map(({ scope, level }) => `${scope} ${level}`)
    const reason = async () => (await store.breakers({ isOpen: true, limit: 5 }))[0]?.reason
    const endProposals = new EndProposals({ store, proposals: new MemoryProposals(), clock, observer })
    const failpoints = new Failpoints()
    const operations = new Operations({ store, clock, observer, failpoints, endProposals, coolDownMs: 0 })
    const resume = () => operations.resume({ scope: 'all', reason: 'seen', clear: ['B-16'] })
    await put(written)
    for (const _ of Array(4)) await verifyAudit.look()
    expect([await halted(), observer.of('audit-verified').map(({ count }) => count)]).toEqual([[], [8, 8, 8, 8]])
    // Three of the old records are read again at a time.
    await sql`update audit_log set record = replace(record::text, 'ada', 'eve')::json where sequence = 5`.execute(
      own.database,
    )
    for (const _ of Array(3)) await verifyAudit.look()
    expect([await halted(), await reason()]).toEqual([['all halted'], expect.stringContaining('[record 5] Its hash')])
    expect((await operations.resume({ scope: 'all', reason: 'unseen', clear: [] })).status).toBe('refused')
    await resume()
    for (const _ of Array(6)) await verifyAudit.look()
    expect(await halted()).toEqual([])
    await sql`delete from audit_log where sequence = 2`.execute(own.database)
    for (const _ of Array(3)) await verifyAudit.look()
    expect([await halted(), await reason()]).toEqual([
      ['all halted'],
      expect.stringContaining('[record 2] Record 2 is missing'),
    ])
    await resume()
    // The records that were read last, of which nothing follows.
    await put(written)
    for (const _ of Array(6)) await verifyAudit.look()
    expect(await halted()).toEqual([])
    await put(written.slice(0, COUNT - 2))
    for (const _ of Array(3)) await verifyAudit.look()
    expect(await reason()).toContain('[record 7] Record 7 is missing, and all after it up to record 8.')
    await resume()
    await put([])
    for (const _ of Array(3)) await verifyAudit.look()
    expect(await reason()).toContain('[record 1] Record 1 is missing')
    await resume()
    await put(written.with(-1, rewritten(written.at(-1)!, { subject: 'eve' })))
    for (const _ of Array(3)) await verifyAudit.look()
    expect(await reason()).toContain('[record 8] It is not the record')
    await resume()
    await put(written.map((row) => ({ ...row, sequence: [0, 1, 2, 3, 4, 5, 6, 8, 7][row.sequence]! })))
    // A process that starts reads all at once.
    await new VerifyAudit({ audit, tripBreaker, store, clock, observer }).look()
    expect(await reason()).toContain('[record 7] It stands in the place of record 7 and was written as 8.')
  })

  test('is not looked for any longer once the process is to end', async () => {
    await put(written)
    const clock = new FakeClock(NOW)
    const observer = new RecordingObserver()
    const store = new MemoryStore()
    const tripBreaker = new TripBreaker({ store, clock, observer })
    const stopping = new AbortController()
    const running = new VerifyAudit({ audit, tripBreaker, store, clock, observer }).run(stopping.signal)
    stopping.abort()
    await running
    expect([...observer.of('audit-verified'), ...observer.of('failed')]).toEqual([])
  })

  test('of its head is found as well', async () => {
    await put(written)
    const last = written.at(-1)!
    const headed = async (change: string) => {
      await sql.raw(change).execute(own.database)
      const verdict = await audit.verify()
      await sql`delete from audit_head`.execute(own.database)
      await sql`insert into audit_head (sequence, hash) values (${last.sequence}, ${last.hash})`.execute(own.database)
      return verdict.status === 'broken' ? verdict.fault.sequence : undefined
    }
    expect(await headed(`update audit_head set sequence = ${COUNT - 2}`)).toBe(COUNT - 1)
    expect(await headed(`update audit_head set sequence = ${COUNT + 2}`)).toBe(COUNT + 1)
    expect(await headed(`update audit_head set hash = repeat('f', 64)`)).toBe(COUNT)
    expect(await headed('delete from audit_head')).toBe(COUNT)
    expect(await headed('select 1')).toBeUndefined()
    await sql`delete from audit_head`.execute(own.database)
    await expect(audit.append(anEntry())).rejects.toThrow('has lost its head')
  })
})

test('A-04: no row gives a key what is for people', async () => {
  const keys = new PostgresApiKeys(db.database)
  const key = { id: 'k9', name: 'bot', hash: 'a'.repeat(64), createdAt: NOW, expiresAt: NOW, networks: [] }
  for (const scope of ['resume:propose', 'resume:approve', 'plan:approve', 'key:admin'])
    await expect(keys.create({ ...key, scopes: ['pause', scope as KeyScope] })).rejects.toThrow('api_keys_scopes_check')
})

test.each(['update person_words set reason = reason', 'delete from person_words', 'truncate person_words'])(
  'who was shut out stays known: %s is refused',
  async (statement) => {
    await expect(sql.raw(statement).execute(db.database)).rejects.toThrow('Rows of person_words are only added')
  },
)

describe('PostgresIdempotency', () => {
  test('an answer that is too long to be kept is remembered by its status', async () => {
    const idempotency = new PostgresIdempotency(db.database)
    const call = { subject: 'ada', key: 'long', fingerprint: 'a', at: NOW }
    for (const [key, length] of [
      ['fits', MOST_ANSWER_BYTES - 2],
      ['long', MOST_ANSWER_BYTES],
    ] as const) {
      await idempotency.begin({ ...call, key })
      await idempotency.finish({ ...call, key }, { status: 200, body: JSON.stringify('x'.repeat(length)) })
    }
    const bodyOf = async (key: string) => {
      const begun = await idempotency.begin({ ...call, key })
      return begun.status === 'finished' && begun.answer.status === 200 && (JSON.parse(begun.answer.body) as unknown)
    }
    expect(await bodyOf('fits')).toBe('x'.repeat(MOST_ANSWER_BYTES - 2))
    expect(await bodyOf('long')).toEqual({ detail: expect.stringContaining('too long to be kept') })
  })

  test('what is older than seven days is deleted', async () => {
    const idempotency = new PostgresIdempotency(db.database)
    const at = NOW + 30 * 86_400_000
    await idempotency.begin({ subject: 'ada', key: 'new', fingerprint: 'a', at })
    const { rows } = await sql`select key from idempotency_keys`.execute(db.database)
    expect(rows).toEqual([{ key: 'new' }])
  })
})

describe('PostgresEventFeed', () => {
  const event = { at: NOW, type: 'late', portfolio: 'core', data: {}, messages: [{ channel: 'ops', key: undefined }] }

  test('nobody who reads on misses an event that commits late', async () => {
    const feed = new PostgresEventFeed(db.database)
    const { latest: start } = await feed.bounds()
    let second = Promise.resolve()
    let isSecondThere = false
    await db.database.transaction().execute(async (tx) => {
      await sql`
        with next as (update event_head set sequence = sequence + 1 returning sequence)
        insert into events (sequence, at, type, data) select sequence, now(), 'early', '{}' from next`.execute(tx)
      second = feed.append([event]).then(() => void (isSecondThere = true))
      await sleep(50)
      const { latest } = await feed.bounds()
      expect([await feed.since(start, 9), latest, isSecondThere]).toEqual([[], start, false])
    })
    await second
    expect((await feed.since(start, 9)).map(({ type }) => type)).toEqual(['early', 'late'])
    expect((await feed.bounds()).latest).toBe(String(Number(start) + 2))
  })

  test('keeps seven days, and goes on counting', async () => {
    const feed = new PostgresEventFeed(db.database)
    const { latest: start } = await feed.bounds()
    const later = { ...event, at: NOW + 7 * 86_400_000 }
    for (let index = 0; index < 5; index += 1) await feed.append(Array(10).fill(later))
    const kept = await feed.since('0', 200)
    expect(kept.every(({ at }) => at === later.at)).toBe(true)
    const { rows } = await sql<{ created_at: Date }>`select distinct created_at from notifications`.execute(db.database)
    expect(rows).toEqual([{ created_at: new Date(later.at) }])
    const before = Number(kept[0]!.sequence) - 1
    expect(await feed.bounds()).toEqual({ kept: String(before), latest: String(Number(start) + 50) })
    await sql`delete from events`.execute(db.database)
    expect((await feed.bounds()).kept).toBe(String(Number(start) + 50))
  })
})

describe('PostgresRateLimits', () => {
  /** Patient, so that a busy machine counts where it should. */
  const limitsOf = (url: string) => new PostgresRateLimits({ url, timeoutMs: 5_000 })
  const failTimes = async (limits: PostgresRateLimits, count: number) => {
    const answers = []
    for (let index = 0; index < count; index += 1) answers.push(await limits.take('failed-login', 'eve'))
    return answers.map(({ retryAfterMs }) => retryAfterMs)
  }

  test('counts for all processes, and a flood of one bucket leaves the pauses alone (F-77)', async () => {
    const [one, other] = [limitsOf(db.url), limitsOf(db.url)]
    try {
      expect(await failTimes(one, 3)).toEqual([undefined, undefined, undefined])
      expect(await failTimes(other, 2)).toEqual([undefined, undefined])
      const [wait] = await failTimes(one, 1)
      expect(wait).toBeGreaterThan(50_000)
      expect(wait).toBeLessThanOrEqual(60_000)
      expect(await other.waiting('failed-login', 'eve')).toBeGreaterThan(50_000)
      expect(await other.waiting('failed-login', 'ada')).toBeUndefined()
      const { rows: before } = await sql`select * from rate_limits order by key`.execute(db.database)
      await Promise.all([...Array(2_000).keys()].map(() => one.take('failed-login', 'eve')))
      const { rows } = await sql`select * from rate_limits order by key`.execute(db.database)
      expect(rows).toEqual(before)
      expect(await one.take('pause', 'eve')).toMatchObject({
        retryAfterMs: undefined,
        standing: { limit: 30, windowMs: 60_000, remaining: 29 },
      })
    } finally {
      await Promise.all([one.close(), other.close()])
    }
  })

  test('a flood from many callers keeps no pause waiting (F-77)', async () => {
    const limits = limitsOf(db.url)
    try {
      await limits.take('pause', 'ada')
      const flood = [...Array(1_000).keys()].map((index) => limits.take('failed-login', `eve-${index}`))
      const isFloodOver = { yes: false }
      const all = Promise.all(flood).then(() => void (isFloodOver.yes = true))
      expect((await limits.take('pause', 'ada')).standing.remaining).toBe(28)
      expect(isFloodOver.yes).toBe(false)
      await all
    } finally {
      await limits.close()
    }
  })

  test('while the database does not count, each process counts for itself', async () => {
    const limits = limitsOf('postgres://127.0.0.1:1/none')
    try {
      const taken = []
      for (let index = 0; index < 6; index += 1) taken.push(await limits.take('approve', 'ada'))
      expect(taken.map(({ standing: { remaining } }) => remaining)).toEqual([4, 3, 2, 1, 0, 0])
      expect(taken.at(-1)!.retryAfterMs).toBeGreaterThan(50_000)
      expect(await limits.waiting('failed-login', 'ada')).toBeUndefined()
    } finally {
      await limits.close()
    }
  })
})
