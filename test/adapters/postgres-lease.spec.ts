import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sql } from 'kysely'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import { StaleLeaseError } from '../../src/ports/lease.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

/** A process with a monotonic clock that the test moves; a paused process is one whose clock has moved on. */
class Process {
  monotonic = 1_000
  readonly lease: PostgresLease
  readonly store: PostgresStore

  constructor({ database }: TestDatabase, build: string) {
    const monotonicMs = () => this.monotonic
    this.lease = new PostgresLease({ database, build, schemaVersion: '0001', monotonicMs })
    this.store = new PostgresStore({ database, lease: this.lease })
  }

  /** A change that needs the lease, whatever it changes. */
  write(): Promise<void> {
    return this.store.openLedger('0x00000000000000000000000000000000000000aa', [])
  }
}

describe('PostgresLease', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase()
  }, 60_000)
  afterAll(() => db.drop())
  beforeEach(() => sql`update lease set holder = null, expires_at = clock_timestamp()`.execute(db.database))

  /** Moves the lease's end: what the database sees when time passes. */
  const pass = (ms: number) =>
    sql`update lease set expires_at = expires_at - ${ms} * interval '1 millisecond'`.execute(db.database)
  const row = () => db.database.selectFrom('lease').selectAll().executeTakeFirstOrThrow()

  test('of many that ask at once, one gets it', async () => {
    const all = Array.from({ length: 8 }, (_, index) => new Process(db, `build-${index}`))
    const answers = await Promise.all(all.map(({ lease }) => lease.acquire()))
    expect(answers.filter(Boolean)).toHaveLength(1)
    const winner = all[answers.indexOf(true)]!
    expect(all.map(({ lease }) => lease.isHeld())).toEqual(answers)
    expect(await row()).toMatchObject({ build: `build-${answers.indexOf(true)}`, schema_version: '0001' })
    expect(Number((await row()).epoch)).toBe(winner.lease.epoch())
  })

  test('lasts fifteen seconds by the database, and each taking has an epoch of its own', async () => {
    const first = new Process(db, 'a')
    const second = new Process(db, 'b')
    await first.lease.acquire()
    await pass(14_000)
    expect(await second.lease.acquire()).toBe(false)
    expect(second.lease.isHeld()).toBe(false)
    await pass(1_001)
    expect(await second.lease.acquire()).toBe(true)
    expect(second.lease.epoch()).toBe(first.lease.epoch() + 1)
  })

  test('a holder that does not renew lets go after ten seconds of its own clock (R-18)', async () => {
    const holder = new Process(db, 'a')
    expect(holder.lease.isHeld()).toBe(false)
    await holder.lease.acquire()
    holder.monotonic += 9_999
    expect(holder.lease.isHeld()).toBe(true)
    await holder.lease.renew()
    holder.monotonic += 9_999
    expect(holder.lease.isHeld()).toBe(true)
    holder.monotonic += 1
    expect(holder.lease.isHeld()).toBe(false)
    await expect(holder.write()).rejects.toThrow(StaleLeaseError)
  })

  test('counts from before it asked, so that a slow answer shortens the holding', async () => {
    const holder = new Process(db, 'a')
    const answer = holder.lease.acquire()
    holder.monotonic += 9_000
    expect(await answer).toBe(true)
    holder.monotonic += 1_000
    expect(holder.lease.isHeld()).toBe(false)
  })

  test('an answer that comes too late is no holding', async () => {
    const holder = new Process(db, 'a')
    const answer = holder.lease.acquire()
    holder.monotonic += 10_000
    expect(await answer).toBe(false)
  })

  test('a holder that woke up too late finds it taken and writes nothing', async () => {
    const sleeper = new Process(db, 'a')
    const successor = new Process(db, 'b')
    await sleeper.lease.acquire()
    await pass(20_000)
    expect(await successor.lease.acquire()).toBe(true)
    await successor.write()
    await expect(sleeper.write()).rejects.toThrow(StaleLeaseError)
    await expect(sleeper.lease.renew()).rejects.toThrow(StaleLeaseError)
    expect(sleeper.lease.isHeld()).toBe(false)
    expect(() => sleeper.lease.epoch()).toThrow(StaleLeaseError)
    await sleeper.lease.release()
    await successor.lease.renew()
    expect(successor.lease.isHeld()).toBe(true)
  })

  test('released, it is free at once', async () => {
    const first = new Process(db, 'a')
    const second = new Process(db, 'b')
    await first.lease.acquire()
    const epoch = first.lease.epoch()
    await first.lease.release()
    expect(first.lease.isHeld()).toBe(false)
    await expect(first.write()).rejects.toThrow(StaleLeaseError)
    expect(await second.lease.acquire()).toBe(true)
    expect(second.lease.epoch()).toBe(epoch + 1)
  })

  test('asking again while holding it changes nothing', async () => {
    const holder = new Process(db, 'a')
    await holder.lease.acquire()
    const epoch = holder.lease.epoch()
    expect(await holder.lease.acquire()).toBe(true)
    expect(holder.lease.epoch()).toBe(epoch)
  })

  test('renewing does not wait for a change under way', async () => {
    const holder = new Process(db, 'a')
    await holder.lease.acquire()
    await db.database.transaction().execute(async (tx) => {
      await tx.selectFrom('lease').select('epoch').forKeyShare().execute()
      await holder.lease.renew()
    })
    expect(holder.lease.isHeld()).toBe(true)
  })

  test('must be let go before it ends', () => {
    const times = { ttlMs: 5_000, selfFenceMs: 5_000 }
    expect(() => new PostgresLease({ database: db.database, build: 'a', schemaVersion: '0001', ...times })).toThrow(
      /must be let go before it ends/,
    )
  })

  test('whoever sleeps for how long, writes come from one epoch at a time, and never from an older one (P-28)', async () => {
    const who = fc.integer({ min: 0, max: 2 })
    const act = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('write' as const, 'acquire' as const), who }) },
      fc.record({ kind: fc.constantFrom('renew' as const, 'release' as const), who }),
      // Time passes for the database, and for every process at a rate of its own; a sleeper's clock may stand still.
      fc.record({
        kind: fc.constant('pass' as const),
        ms: fc.integer({ min: 0, max: 20_000 }),
        rates: fc.tuple(...Array.from({ length: 3 }, () => fc.constantFrom(0, 0.5, 1, 2))),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 40 }), async (acts) => {
        await sql`update lease set holder = null, expires_at = clock_timestamp()`.execute(db.database)
        const processes = [0, 1, 2].map((index) => new Process(db, `build-${index}`))
        const writes: { by: number; under: number }[] = []
        for (const step of acts) {
          if (step.kind === 'pass') {
            await pass(step.ms)
            for (const [index, process] of processes.entries()) process.monotonic += step.ms * step.rates[index]!
            continue
          }
          const one = processes[step.who]!
          const refusal = (error: unknown) => {
            if (!(error instanceof StaleLeaseError)) throw error
            return false
          }
          if (step.kind === 'acquire') await one.lease.acquire()
          if (step.kind === 'renew') await one.lease.renew().catch(refusal)
          if (step.kind === 'release') await one.lease.release()
          if (step.kind === 'write') {
            const hasWritten = await one.write().then(() => true, refusal)
            if (hasWritten) writes.push({ by: one.lease.epoch(), under: Number((await row()).epoch) })
          }
        }
        expect(writes.filter(({ by, under }) => by !== under)).toEqual([])
        const epochs = writes.map(({ under }) => under)
        expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
      }),
      { numRuns: 100 },
    )
  }, 60_000)
})
