import { hostname } from 'node:os'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { sql } from 'kysely'
import { SCHEMA_VERSION } from '../../src/adapters/store/migrations/index.js'
import { PostgresJournal } from '../../src/adapters/store/postgres-journal.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import type { NonceClaim } from '../../src/domain/execution/equivocation.js'
import { BuildFenceError, StaleLeaseError } from '../../src/ports/lease.js'
import { OWNER } from '../support/builders.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

class LostMessage extends Error {}

/**
 * A process with a monotonic clock that the test moves; a paused process is one whose clock has moved on. What it asks of
 * the database, or the answer, may be lost.
 */
class Process {
  monotonic = 1_000
  lost: 'request' | 'answer' | undefined
  readonly lease: PostgresLease
  readonly store: PostgresStore
  readonly journal: PostgresJournal
  private led: number | undefined

  constructor(db: TestDatabase, build: string) {
    const database = db.database.withPlugin({
      transformQuery: ({ node }) => {
        if (this.lost === 'request') throw new LostMessage()
        return node
      },
      transformResult: ({ result }) =>
        this.lost === 'answer' ? Promise.reject(new LostMessage()) : Promise.resolve(result),
    })
    const monotonicMs = () => this.monotonic
    this.lease = new PostgresLease({ database, build, schemaVersion: SCHEMA_VERSION, monotonicMs })
    this.store = new PostgresStore({ database, lease: this.lease })
    this.journal = new PostgresJournal(database)
  }

  /** The epoch it last knew to be its own. */
  lastEpoch(): number | undefined {
    if (this.lease.isHeld()) this.led = this.lease.epoch()
    return this.led
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
  beforeEach(() =>
    sql`update lease set holder = null, expires_at = clock_timestamp(), build = null, schema_version = null`.execute(
      db.database,
    ),
  )

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
    expect(await row()).toMatchObject({ build: `build-${answers.indexOf(true)}`, schema_version: SCHEMA_VERSION })
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

  test('everybody is told by its host name who leads, as long as somebody does', async () => {
    const [leader, standby] = [new Process(db, 'a'), new Process(db, 'a')]
    expect(await standby.lease.leader()).toBeUndefined()
    await leader.lease.acquire()
    expect([await leader.lease.leader(), await standby.lease.leader()]).toEqual([hostname(), hostname()])
    expect((await row()).holder).toMatch(new RegExp(`^${hostname()}/[0-9a-f-]{36}$`))
    expect(await standby.lease.acquire()).toBe(false)
    await pass(15_000)
    expect(await standby.lease.leader()).toBeUndefined()
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
    expect(
      () => new PostgresLease({ database: db.database, build: 'a', schemaVersion: SCHEMA_VERSION, ...times }),
    ).toThrow(/must be let go before it ends/)
  })

  test('F-52: a wall clock that jumps neither extends nor ends a lease', async () => {
    const holder = new Process(db, 'a')
    const other = new Process(db, 'b')
    await holder.lease.acquire()
    const real = Date.now()
    const wall = jest.spyOn(Date, 'now')
    try {
      for (const jump of [600_000, -600_000]) {
        wall.mockReturnValue(real + jump)
        expect(holder.lease.isHeld()).toBe(true)
        expect(await other.lease.acquire()).toBe(false)
        holder.monotonic += 9_999
        expect(holder.lease.isHeld()).toBe(true)
        holder.monotonic += 1
        expect(holder.lease.isHeld()).toBe(false)
        await holder.lease.renew()
      }
      wall.mockReturnValue(real - 600_000)
      await pass(15_001)
      expect(await other.lease.acquire()).toBe(true)
    } finally {
      wall.mockRestore()
    }
  })

  describe('R-16', () => {
    const processOf = (build: string, schemaVersion = SCHEMA_VERSION) =>
      new PostgresLease({ database: db.database, build, schemaVersion })

    test('F-56: an older build beside a newer one ends before it takes the lease, now and when it is free', async () => {
      const newer = processOf('1.10.0')
      const older = processOf('1.9.3')
      await newer.acquire()
      const epoch = newer.epoch()
      await expect(older.acquire()).rejects.toThrow(BuildFenceError)
      await expect(older.acquire()).rejects.toThrow(/Build 1\.10\.0 holds the lease, this is the older build 1\.9\.3/)
      expect(older.isHeld()).toBe(false)
      expect(Number((await row()).epoch)).toBe(epoch)
    })

    test('a newer build, the same one and one without a version wait and take over', async () => {
      const first = processOf('1.9.3')
      await first.acquire()
      for (const build of ['1.10.0', '1.9.3', '2.0.0-rc.1', 'a branch'])
        expect(await processOf(build).acquire()).toBe(false)
      await pass(15_001)
      expect(await processOf('1.10.0').acquire()).toBe(true)
    })

    test('going back is possible once the newer build has stopped or died', async () => {
      const newer = processOf('1.10.0')
      await newer.acquire()
      await newer.release()
      const older = processOf('1.9.3')
      expect(await older.acquire()).toBe(true)
      await older.release()
      await newer.acquire()
      await pass(15_001)
      expect(await older.acquire()).toBe(true)
    })

    test('a build that does not know the schema never takes it; one that knows more does', async () => {
      const newer = processOf('1.0.0', '9998-later')
      await newer.acquire()
      await newer.release()
      await expect(processOf('1.0.0').acquire()).rejects.toThrow(
        /used with schema 9998-later, this build knows schemas up to/,
      )
      expect(await processOf('1.0.0', '9999-latest').acquire()).toBe(true)
    })
  })

  test('P-28: whoever sleeps, whatever is lost, writes and signatures come from one epoch at a time, never an older one', async () => {
    const who = fc.integer({ min: 0, max: 2 })
    const loss = fc.constantFrom(undefined, undefined, undefined, 'request' as const, 'answer' as const)
    const act = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('write' as const, 'sign' as const, 'acquire' as const),
          who,
          loss,
        }),
      },
      fc.record({ kind: fc.constantFrom('renew' as const, 'release' as const), who, loss }),
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
        /** Epochs in the order of what the signer accepted, fences included. */
        const accepted: number[] = []
        for (const step of acts) {
          if (step.kind === 'pass') {
            await pass(step.ms)
            for (const [index, process] of processes.entries()) process.monotonic += step.ms * step.rates[index]!
            continue
          }
          const one = processes[step.who]!
          const refusal = (error: unknown) => {
            if (error instanceof StaleLeaseError || error instanceof LostMessage) return false
            throw error
          }
          const attempt = (deed: Promise<unknown>) => deed.then(() => true, refusal)
          one.lost = step.loss
          if (step.kind === 'acquire' && (await one.lease.acquire().catch(refusal))) {
            const epoch = one.lease.epoch()
            if (!(await one.journal.fence(epoch).catch(() => 'lost'))) accepted.push(epoch)
          }
          if (step.kind === 'renew') await attempt(one.lease.renew())
          if (step.kind === 'release') await attempt(one.lease.release())
          if (step.kind === 'sign') {
            // Asked for by whoever was leader once: a sleeper does not know better.
            const epoch = one.lastEpoch()
            if (epoch !== undefined && !(await one.journal.record(aClaim(epoch)).catch(() => 'lost')))
              accepted.push(epoch)
          }
          if (step.kind === 'write' && (await attempt(one.write())))
            writes.push({ by: one.lease.epoch(), under: Number((await row()).epoch) })
          one.lost = undefined
        }
        expect(writes.filter(({ by, under }) => by !== under)).toEqual([])
        for (const epochs of [writes.map(({ under }) => under), accepted])
          expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})

/** Asks for nothing that was not asked for before: the epoch alone decides. */
function aClaim(epoch: number): NonceClaim {
  const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }
  const call = { to: OWNER, value: 0n, data: '0x' as const }
  return {
    chainId: 1,
    account: OWNER,
    nonce: 0,
    payload: 'step',
    digest: '0x01',
    intentId: 'one',
    epoch,
    ...fees,
    ...call,
  }
}
