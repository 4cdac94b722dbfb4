import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sql } from 'kysely'
import {
  type AnsweredQuery,
  connectionsOf,
  type Database,
  DatabaseError,
  hearQueries,
  lookAside,
  openDatabase,
} from '../../src/adapters/store/database.js'
import { fromJson, toJson } from '../../src/adapters/store/json.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresRecords } from '../../src/adapters/store/postgres-records.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import { InvariantError } from '../../src/domain/errors.js'
import type { Cycle } from '../../src/domain/execution/cycle.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { type CrashPoint, Failpoints } from '../../src/ports/failpoints.js'
import { StaleLeaseError } from '../../src/ports/lease.js'
import { ConflictError } from '../../src/ports/store.js'
import { aCycle, aLeg, anAttempt, aRun, hashOf, newIntent, NOW, OWNER, sendingRun, WETH } from '../support/builders.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { describeRecords } from '../support/records-contract.js'
import { describeStore } from '../support/store-contract.js'

const build = { build: 'test', schemaVersion: 'test' }

describeStore('on Postgres', async () => {
  const { database, drop } = await createTestDatabase()
  const lease = new PostgresLease({ database, ...build, ttlMs: 600_000, selfFenceMs: 500_000 })
  await lease.acquire()
  return { reopen: () => new PostgresStore({ database, lease }), close: drop }
})

describeRecords('on Postgres', async () => {
  const { database, drop } = await createTestDatabase()
  const lease = new PostgresLease({ database, ...build, ttlMs: 600_000, selfFenceMs: 500_000 })
  await lease.acquire()
  return { records: new PostgresRecords(database), store: new PostgresStore({ database, lease }), close: drop }
})

describe('PostgresStore', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase()
  }, 60_000)
  afterAll(() => db.drop())
  beforeEach(() => sql`update lease set holder = null, expires_at = clock_timestamp()`.execute(db.database))

  const anotherStore = async () => {
    const lease = new PostgresLease({ database: db.database, ...build, ttlMs: 60_000, selfFenceMs: 50_000 })
    return { lease, store: new PostgresStore({ database: db.database, lease }) }
  }
  const expireLease = () => sql`update lease set expires_at = clock_timestamp()`.execute(db.database)

  describe('lease', () => {
    test('without it nothing is written, and everything can be read', async () => {
      const { store } = await anotherStore()
      await expect(store.openCycle(aCycle())).rejects.toThrow(StaleLeaseError)
      expect(await store.cycle('cycle-1')).toBeUndefined()
      expect(await store.openTransfers()).toEqual([])
    })

    test('one that was taken stops every change, although its process believes to hold it', async () => {
      const old = await anotherStore()
      expect(await old.lease.acquire()).toBe(true)
      const cycle = aCycle({ id: 'fenced', legs: [aRun({ leg: aLeg({ id: 'fenced.1' }) })] })
      const run = cycle.legs[0]!
      await old.store.openCycle(cycle)
      const change = { before: run, after: sendingRun(run) }
      const intent = await old.store.reserveIntent(newIntent(cycle, run), 0, change)
      await expireLease()
      const young = await anotherStore()
      expect(await young.lease.acquire()).toBe(true)
      expect(old.lease.isHeld()).toBe(true)

      const changes: Record<string, () => Promise<unknown>> = {
        openCycle: () => old.store.openCycle(aCycle({ id: 'other', legs: [] })),
        closeCycle: () => old.store.closeCycle(cycle.id, 'error', NOW),
        saveLeg: () => old.store.saveLeg(cycle.id, change.after, run),
        reserveIntent: () => old.store.reserveIntent(newIntent(cycle, run, { ordinal: 2 }), 0, change),
        recordAttempt: () => old.store.recordAttempt(intent, anAttempt(1)),
        releaseIntent: () => old.store.releaseIntent(intent, 'stale'),
        noteIntent: () => old.store.noteIntent(intent, 'seen'),
        moveIntent: () =>
          old.store.moveIntent(intent, { ...intent, version: 2, state: 'foreign', attempts: [] }, [], 'stolen'),
        post: () => old.store.post([]),
        openLedger: () => old.store.openLedger(OWNER, []),
      }
      for (const [name, attempt] of Object.entries(changes))
        expect([name, await attempt().catch((error: Error) => error.name)]).toEqual([name, 'StaleLeaseError'])

      expect((await young.store.cycle(cycle.id))?.intents).toStrictEqual([intent])
      await old.store.saveCurves([{ key: 'swap a', chain: 'alpha', samples: [] }], NOW)
      expect(await young.store.curves()).toHaveLength(1)
      const paused = {
        scope: 'all',
        level: 'paused_new',
        reason: 'a standby pauses',
        since: NOW,
        by: 'operator',
      } as const
      await old.store.setOperatingState(paused)
      expect(await young.store.operatingStates()).toEqual([paused])
      await old.store.recordBroadcast(intent.id, hashOf(1), [{ endpoint: 'one', answer: 'accepted' }], NOW)
      expect(await young.store.broadcasts(intent.id)).toHaveLength(1)
      await young.store.releaseIntent(intent, 'stale')
    })

    test('one that ran out stops every change, although nobody has taken it', async () => {
      const { lease, store } = await anotherStore()
      await lease.acquire()
      await expireLease()
      await expect(store.openCycle(aCycle())).rejects.toThrow(StaleLeaseError)
    })

    test('is not taken in the middle of a change', async () => {
      const old = await anotherStore()
      await old.lease.acquire()
      const young = await anotherStore()
      const order: string[] = []
      const waits: Promise<unknown>[] = []
      await db.database.transaction().execute(async (tx) => {
        await sql`lock table postings in access exclusive mode`.execute(tx)
        const change = old.store.openLedger(OWNER, [])
        waits.push(change.then(() => order.push('changed')))
        await waiting(1)
        await expireLease()
        waits.push(young.lease.acquire().then((taken) => order.push(`taken ${taken}`)))
        await waiting(2)
      })
      await Promise.all(waits)
      expect(order).toEqual(['changed', 'taken true'])
    })

    /** Until so many sessions of the database wait for a lock. */
    const waiting = async (count: number) => {
      for (let found = 0; found < count;) {
        const { rows } = await sql<{ count: number }>`
          select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(db.database)
        found = rows[0]!.count
      }
    }
  })

  describe('rows', () => {
    test('an operator can filter by what the documents say', async () => {
      const { lease, store } = await anotherStore()
      await lease.acquire()
      const cycle = aCycle({ id: 'shown', legs: [aRun({ leg: aLeg({ id: 'shown.1' }) })] })
      await store.openCycle(cycle)
      const { rows } = await sql`
        select decision_code, nav_usd::text, state, kind, venue, chain, sell_units::text, expected_units::text, version
        from cycles join legs on cycle_id = cycles.id where cycles.id = 'shown'`.execute(db.database)
      expect(rows).toEqual([
        {
          decision_code: 'band-breached',
          nav_usd: '25000000.000000000000000001',
          state: 'waiting',
          kind: 'swap',
          venue: 'zeroex',
          chain: 'alpha',
          sell_units: '1500000000000000001',
          expected_units: '4500000000',
          version: 1,
        },
      ])
    })

    test('a decision that was written without figures, policy and shadow has none of them', async () => {
      const { lease, store } = await anotherStore()
      await lease.acquire()
      const cycle = aCycle({ id: 'plain', portfolio: 'plain', legs: [] })
      await store.openCycle(cycle)
      await sql`update cycles set decision = decision - '{figures,policy,shadow}'::text[] where id = 'plain'`.execute(
        db.database,
      )
      const decision = { ...cycle.decision, figures: [], policy: undefined, shadow: undefined }
      expect(decision).not.toEqual(cycle.decision)
      expect(await store.cycle('plain')).toStrictEqual({ ...cycle, decision })
      expect(await store.decisions({ portfolio: 'plain', limit: 5 })).toMatchObject([{ decision }])
      expect(await store.cycles({ portfolio: 'plain', limit: 5 })).toMatchObject([{ reasons: decision.reasons }])
    })

    test('a curve of another form than this build knows is left out until it is written anew', async () => {
      const { store } = await anotherStore()
      const sample = {
        venue: 'zeroex',
        tool: 'pools',
        sent: 10,
        received: 9,
        fees: 0,
        onTop: 0,
        gasUnits: 1,
        sources: ['curve'],
        durationSeconds: 0,
        obtainedAt: NOW,
        block: 7n,
        prices: [1n, 1n] as const,
      }
      const record = { key: 'good', chain: 'alpha', samples: [sample] }
      const needed = Object.keys(sample).filter((field) => field !== 'sources' && field !== 'block')
      const strangers: Record<string, object> = {
        'under another key': { key: 'good' },
        'samples as text': { samples: 'none' },
        'no sample': { samples: [undefined] },
        'nothing received': { samples: [{ ...sample, received: 0 }] },
        'sources as text': { samples: [{ ...sample, sources: 'curve' }] },
        'a block as text': { samples: [{ ...sample, block: '7' }] },
        'one price': { samples: [{ ...sample, prices: [1n] }] },
        ...Object.fromEntries(
          needed.map((field) => [`no ${field}`, { samples: [sample, { ...sample, [field]: undefined }] }]),
        ),
      }
      const insert = (key: string, json: string) =>
        sql`insert into curves (key, record, updated_at) values (${key}, ${json}, ${new Date(NOW)})`.execute(
          db.database,
        )
      await sql`delete from curves`.execute(db.database)
      await store.saveCurves([record], NOW)
      for (const [key, stranger] of Object.entries(strangers))
        await insert(key, toJson({ ...record, key, ...stranger }))
      await insert('a broken map', '{"key": "a broken map", "chain": "alpha", "samples": {"~map": 3}}')
      await insert('little', '{"chain": "alpha"}')
      expect(await store.curves()).toStrictEqual([record])
      const anew = { ...record, key: 'one price' }
      await store.saveCurves([anew], NOW)
      expect(await store.curves()).toStrictEqual([record, anew])
    })

    test('commits wait for the disk, and every wait has an end', async () => {
      const { rows } = await sql<{ name: string; setting: string }>`
        select name, setting from pg_settings where name in ('synchronous_commit', 'application_name',
          'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout') order by name`.execute(
        db.database,
      )
      expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
        application_name: 'evenkeel',
        idle_in_transaction_session_timeout: '10000',
        lock_timeout: '5000',
        statement_timeout: '10000',
        synchronous_commit: 'on',
      })
    })

    test('turns synchronous commits on where the server has them off', async () => {
      const name = new URL(db.url).pathname.slice(1)
      await sql.raw(`alter database ${name} set synchronous_commit = off`).execute(db.database)
      const fresh = openDatabase({ url: db.url, poolSize: 1 })
      const { rows } = await sql`show synchronous_commit`.execute(fresh)
      expect(rows).toEqual([{ synchronous_commit: 'on' }])
      await fresh.destroy()
    })
  })

  describe('a database that is watched', () => {
    test('tells how its connections stand', async () => {
      const watched = openDatabase({ url: db.url, poolSize: 1 })
      expect(connectionsOf(watched)).toEqual({ work: { idle: 0, inUse: 0, waiting: 0 } })
      await watched.connection().execute(async () => {
        const waits = sql`select 1`.execute(watched)
        await Promise.resolve()
        expect(connectionsOf(watched)).toEqual({ work: { idle: 0, inUse: 1, waiting: 1 } })
        return { waits }
      })
      await sql`select 1`.execute(watched)
      expect(connectionsOf(watched)).toEqual({ work: { idle: 1, inUse: 0, waiting: 0 } })
      await watched.destroy()
    })

    test('answers work while reads have taken all that they may take', async () => {
      const shared = openDatabase({ url: db.url, poolSize: 1, readPoolSize: 1 })
      let letGo = () => undefined as void
      const held = new Promise<void>((resolve) => (letGo = resolve))
      const read = lookAside(() => shared.connection().execute(() => held))
      const next = lookAside(() => sql`select 1`.execute(shared))
      await sql`select 1`.execute(shared)
      const standings = { work: { idle: 1, inUse: 0, waiting: 0 }, reads: { idle: 0, inUse: 1, waiting: 1 } }
      expect(connectionsOf(shared)).toEqual(standings)
      letGo()
      await Promise.all([read, next])
      await shared.destroy()
    })

    test('tells of each statement its kind and time, of one that failed as well', async () => {
      const watched = openDatabase({ url: db.url, poolSize: 1 })
      const heard: AnsweredQuery[] = []
      hearQueries(watched, (query) => heard.push(query))
      await watched.selectFrom('accounts').selectAll().execute()
      await watched.transaction().execute((tx) => tx.deleteFrom('accounts').where('chain', '=', 'none').execute())
      await expect(sql`select nothing`.execute(watched)).rejects.toThrow(/nothing/)
      expect(heard.map(({ operation }) => operation)).toEqual(['select', 'other', 'delete', 'other', 'other'])
      expect(heard.every(({ seconds }) => seconds > 0 && seconds < 10)).toBe(true)
      await watched.destroy()
    })

    test('is one that openDatabase opened', () => {
      expect(() => connectionsOf({} as Database)).toThrow(InvariantError)
    })
  })

  describe('a database that fails', () => {
    test('is named with its host, never with the password', async () => {
      const url = new URL(db.url)
      url.password = 'open-sesame'
      for (const address of [url.href, 'postgres://me:open-sesame@127.0.0.1:1/funds']) {
        const unreachable = openDatabase({ url: address })
        const failure = await sql`select 1`.execute(unreachable).catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(DatabaseError)
        expect((failure as Error).message).toMatch(/^Postgres at 127\.0\.0\.1:\d+, database \w+, does not take/)
        expect((failure as Error).message).not.toContain('open-sesame')
        await unreachable.destroy()
      }
      expect(() => openDatabase({ url: 'postgres://me:open-sesame@[funds' })).toThrow(/^DATABASE_URL is no Postgres/)
    })

    test('in the middle of a change leaves nothing written, and the next change has a new connection', async () => {
      const { lease, store } = await anotherStore()
      await lease.acquire()
      const cut = db.database.transaction().execute(async (tx) => {
        await sql`update accounts set next_nonce = 99`.execute(tx)
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
        await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(db.database)
        await sql`select 1`.execute(tx)
      })
      await expect(cut).rejects.toThrow(DatabaseError)
      expect((await store.nonces()).filter(({ next }) => next === 99)).toEqual([])
      expect(await store.openCycle(aCycle({ id: 'up-again', legs: [] }))).toBe(true)
    })
  })

  describe('a process that dies in a transaction', () => {
    /** A store that ends at the n-th time it passes a point. */
    const dyingAt = async (point: CrashPoint, index: number) => {
      const { lease } = await anotherStore()
      await lease.acquire()
      let passed = 0
      class Deadly extends Failpoints {
        override reach(reached: CrashPoint): Promise<void> {
          return reached === point && passed++ === index
            ? Promise.reject(new Error(`Died at ${point}.`))
            : super.reach(reached)
        }
      }
      return new PostgresStore({ database: db.database, lease, failpoints: new Deadly() })
    }
    const cycleOn = (chain: string) =>
      aCycle({
        id: chain,
        legs: [aRun({ leg: aLeg({ id: `plan-${chain}.1`, sell: amountOf({ ...WETH, chain }, 1n) }) })],
      })
    const reserveOn = (store: PostgresStore, cycle: Cycle) => {
      const run = cycle.legs[0]!
      return store.reserveIntent(newIntent(cycle, run), 3, { before: run, after: sendingRun(run) })
    }

    test('K-04: inside the reservation leaves nothing of it, and the nonce goes to the next one', async () => {
      const store = await dyingAt('K-04', 0)
      const cycle = cycleOn('k-04')
      await store.openCycle(cycle)
      await expect(reserveOn(store, cycle)).rejects.toThrow('Died at K-04.')
      expect(await store.cycle(cycle.id)).toStrictEqual(cycle)
      expect(await store.intentEvents('plan-k-04.1.swap.1')).toEqual([])
      expect((await reserveOn(store, cycle)).nonce).toBe(3)
    })

    test.each([
      [0, 'before the commit', 'reserved'],
      [1, 'after the commit, whose answer is lost', 'signed'],
    ])('K-09: inside TX2, died %i %s: what is read again is %s', async (index, _moment, state) => {
      const store = await dyingAt('K-09', index)
      const cycle = cycleOn(`k-09-${index}`)
      await store.openCycle(cycle)
      const reserved = await reserveOn(store, cycle)
      await expect(store.recordAttempt(reserved, anAttempt(900 + index))).rejects.toThrow('Died at K-09.')
      expect((await store.intent(reserved.id))?.state).toBe(state)
      const [again] = await Promise.allSettled([store.recordAttempt(reserved, anAttempt(910 + index))])
      expect(again).toMatchObject(
        state === 'signed' ? { status: 'rejected', reason: expect.any(ConflictError) } : { status: 'fulfilled' },
      )
      expect((await store.intent(reserved.id))?.attempts).toHaveLength(1)
    })
  })
})

describe('JSON of the domain', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('12n', '-0n', '~', '~"', '~map', 'null', '\0', '\ud800', 'a\udfff\\u0000', '__proto__'),
  )
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.bigInt(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
      fc.boolean(),
      fc.constant(undefined),
      fc.array(tie('value')),
      fc.array(fc.tuple(text, tie('value'))).map((entries) => Object.fromEntries(entries) as unknown),
      fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries) as unknown),
    ),
  })).value

  test('comes back as it was, through text', () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(fromJson(JSON.parse(toJson(original)))).toStrictEqual(original)
      }),
      { numRuns: 2_000 },
    )
  })

  test('comes back as it was, through a jsonb column', async () => {
    const { database, drop } = await createTestDatabase('empty')
    await fc.assert(
      fc.asyncProperty(value, async (original) => {
        const { rows } = await sql<{ json: unknown }>`select ${toJson(original)}::jsonb as json`.execute(database)
        expect(fromJson(rows[0]!.json)).toStrictEqual(original)
      }),
      { numRuns: 300 },
    )
    await drop()
  }, 60_000)

  test('is plain to read', () => {
    const read = { units: 5n, refusedAt: undefined, note: '5n', prices: new Map([['ETH', 3n]]), hash: '0x12' }
    expect(toJson(read)).toBe(
      '{"units":"5n","refusedAt":null,"note":"~\\"5n","prices":{"~map":[["ETH","3n"]]},"hash":"0x12"}',
    )
  })

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [null], [new Date(0)], [Symbol('x')], [() => 1]])(
    'refuses %p, which the domain does not know',
    (stranger) => {
      expect(() => toJson({ legs: [{ stranger }] })).toThrow(InvariantError)
      expect(() => toJson({ legs: [{ stranger }] })).toThrow('$.legs[0].stranger')
    },
  )
})
