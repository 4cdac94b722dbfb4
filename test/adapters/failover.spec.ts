import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { JournaledSigner } from '../../src/adapters/signers/journaled-signer.js'
import { DevelopmentSigner } from '../../src/adapters/signers/development-signer.js'
import { SCHEMA_VERSION } from '../../src/adapters/store/migrations/index.js'
import { PostgresJournal } from '../../src/adapters/store/postgres-journal.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import { openDatabase } from '../../src/adapters/store/database.js'
import { SystemClock } from '../../src/adapters/time/system-clock.js'
import { CompareWitnesses } from '../../src/application/compare-witnesses.js'
import { HoldLease } from '../../src/application/hold-lease.js'
import { TripBreaker } from '../../src/application/trip-breaker.js'
import type { Chain } from '../../src/ports/chain.js'
import { Clock } from '../../src/ports/clock.js'
import { Failpoints } from '../../src/ports/failpoints.js'
import { StaleLeaseError } from '../../src/ports/lease.js'
import { SignerError } from '../../src/ports/signer.js'
import { addressOf, OWNER } from '../support/builders.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { aRequest, CHAIN_ID } from '../support/signer-contract.js'

const KEYS = new DevelopmentSigner(0, () => true)

/** A daemon as far as leading goes, with a monotonic clock that stands still while the process is frozen. */
class Daemon {
  monotonic = 1_000
  readonly observer = new RecordingObserver()
  readonly lease: PostgresLease
  readonly signer: JournaledSigner
  readonly store: PostgresStore
  readonly ends: unknown[] = []
  /** Everything that comes before work is done. */
  isWorking = false

  constructor({ database }: TestDatabase, journal?: TestDatabase, account: 'open' | 'shut' = 'open') {
    const monotonicMs = () => this.monotonic
    this.lease = new PostgresLease({ database, build: '1.0.0', schemaVersion: SCHEMA_VERSION, monotonicMs })
    this.signer = new JournaledSigner({
      keys: KEYS,
      journal: new PostgresJournal(journal?.database ?? database),
      chainIds: [CHAIN_ID],
      failpoints: new Failpoints(),
      observer: this.observer,
      onFenced: (error) => void this.ends.push(error),
    })
    if (account === 'open') this.signer.admit(CHAIN_ID, OWNER)
    this.store = new PostgresStore({ database, lease: this.lease })
  }

  /** Under an epoch that it led with, whether or not it still does. */
  sign(epoch: number, nonce: number, changes: object = {}) {
    const { transaction, ...request } = aRequest(OWNER, { epoch })
    return this.signer.sign({ ...request, transaction: { ...transaction, nonce, ...changes } })
  }

  /** A change that needs the lease, whatever it changes. */
  write(): Promise<void> {
    return this.store.openLedger(addressOf(0xaa), [])
  }

  /** Leads until it is told to end; every sleep of its loop waits for what the test does then. */
  lead(onSleep: (looks: number) => Promise<void>, looks: number): Promise<void> {
    const end = new AbortController()
    const { lease, signer, observer } = this
    let count = 0
    class Steps extends Clock {
      override now = () => 0
      override async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
        await setImmediate()
        if (signal?.aborted) return
        count += 1
        await onSleep(count)
        if (count === looks) end.abort()
      }
    }
    const compareWitnesses = { run: () => Promise.resolve([]) } as unknown as CompareWitnesses
    const stop = (error: unknown) => {
      this.ends.push(error)
      end.abort()
    }
    const holding = new HoldLease({
      lease,
      signer,
      compareWitnesses,
      clock: new Steps(),
      observer,
      renewMs: 5_000,
      stop,
    })
    return holding.run(end.signal, () => (this.isWorking = true))
  }
}

const kindOf = (deed: Promise<unknown>) =>
  deed.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof SignerError) return error.kind
      if (error instanceof StaleLeaseError) return 'stale'
      throw error
    },
  )

describe('failing over', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase()
  }, 60_000)
  afterAll(() => db.drop())
  beforeEach(async () => {
    await sql`update lease set holder = null, expires_at = clock_timestamp()`.execute(db.database)
    await sql`truncate signer_journal`.execute(db.database)
  })
  /** What the database sees when a leader has not renewed for so long. */
  const pass = (ms: number) =>
    sql`update lease set expires_at = expires_at - ${ms} * interval '1 millisecond'`.execute(db.database)
  const take = async (daemon: Daemon): Promise<number> => {
    expect(await daemon.lease.acquire()).toBe(true)
    return daemon.lease.epoch()
  }

  test('F-47, G-08: 100 leaders freeze and wake up behind their successor: 0 stale signatures, 0 stale writes', async () => {
    let leader = new Daemon(db)
    let epoch = await take(leader)
    await leader.signer.fence(epoch)
    const stale: string[] = []
    for (let round = 0; round < 100; round++) {
      expect(await kindOf(leader.sign(epoch, round))).toBe('done')
      // Its own clock stands still, runs slowly or tells the truth; only the last of them it can notice by itself.
      const rate = [0, 0.25, 1][round % 3]!
      leader.monotonic += 20_000 * rate
      await pass(20_000)
      const successor = new Daemon(db)
      const next = await take(successor)
      await successor.signer.fence(next)
      expect(leader.lease.isHeld()).toBe(rate < 0.5)
      const dearer = { maxFeePerGas: 99_000_000_000n }
      const deeds = await Promise.all([
        kindOf(leader.sign(epoch, round, dearer)),
        kindOf(leader.sign(epoch, round + 1)),
        kindOf(leader.write()),
        kindOf(leader.lease.renew()),
      ])
      stale.push(...deeds.filter((one) => one === 'done'))
      expect(deeds).toEqual(['fenced', 'fenced', 'stale', 'stale'])
      expect(leader.ends).toHaveLength(2)
      expect(await kindOf(successor.write())).toBe('done')
      ;[leader, epoch] = [successor, next]
    }
    expect(stale).toEqual([])
    const rows = await db.database.selectFrom('signer_journal').select(['epoch', 'nonce']).orderBy('sequence').execute()
    expect(rows).toHaveLength(100)
    const epochs = rows.map((row) => Number(row.epoch))
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
    expect(new Set(epochs).size).toBe(100)
  }, 60_000)

  test('4.11: what a frozen leader signs before its successor fenced it, the successor finds in the journal', async () => {
    const frozen = new Daemon(db)
    const epoch = await take(frozen)
    await pass(20_000)
    const successor = new Daemon(db)
    const next = await take(successor)
    expect(await kindOf(frozen.sign(epoch, 7))).toBe('done')
    await successor.signer.fence(next)
    expect(await successor.signer.lastJournaled(CHAIN_ID, OWNER)).toMatchObject({ nonce: 7, epoch })
    expect(await kindOf(successor.sign(next, 7, { data: '0x12' }))).toBe('refused')
    expect(await kindOf(frozen.sign(epoch, 7))).toBe('fenced')
  })

  test('F-46: of two leaders by force one epoch wins, and the other ends', async () => {
    const [first, second] = [new Daemon(db), new Daemon(db)]
    let epoch = 0
    await first.lead(async (looks) => {
      if (looks !== 2) return
      epoch = first.lease.epoch()
      await pass(20_000)
      await second.signer.fence(await take(second))
      expect([first.lease.isHeld(), second.lease.isHeld()]).toEqual([true, true])
    }, 10)
    expect(first.ends).toEqual([expect.any(StaleLeaseError)])
    expect(first.observer.of('lease-lost')).toHaveLength(1)
    expect(await Promise.all([kindOf(first.sign(epoch, 3)), kindOf(first.write())])).toEqual(['fenced', 'stale'])
    expect(await kindOf(second.sign(second.lease.epoch(), 3))).toBe('done')
  })

  test('F-51: without the database for 15 s a leader fences itself at 10 s, signs nothing, and goes on afterwards', async () => {
    const daemon = new Daemon(db)
    const other = new URL(db.url)
    const name = other.pathname.slice(1)
    other.pathname = '/postgres'
    const admin = openDatabase({ url: other.href, poolSize: 1 })
    const held: boolean[] = []
    const deeds: string[] = []
    try {
      await daemon.lead(async (looks) => {
        const epoch = looks === 1 ? daemon.lease.epoch() : 0
        if (looks === 1) {
          while (!daemon.isWorking) await setImmediate()
          expect(await kindOf(daemon.sign(epoch, 3))).toBe('done')
          await sql.raw(`alter database ${name} allow_connections false`).execute(admin)
          await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`.execute(admin)
        }
        if (looks === 4) await sql.raw(`alter database ${name} allow_connections true`).execute(admin)
        if (looks >= 2 && looks <= 3) deeds.push(await kindOf(daemon.sign(daemon.lease.epoch(), 3)))
        daemon.monotonic += 5_000
        held.push(daemon.lease.isHeld())
      }, 6)
    } finally {
      await sql.raw(`alter database ${name} allow_connections true`).execute(admin)
      await admin.destroy()
    }
    // Renewed at 0 s; asked again at 5, 10 and 15 s in vain, and at 20 s with an answer.
    expect(held).toEqual([true, false, false, false, true, true])
    expect(deeds).toEqual(['unavailable', 'unavailable'])
    expect(daemon.ends).toEqual([])
    expect(daemon.observer.of('failed').map(({ what }) => what)).toEqual(Array(3).fill('holding the lease'))
  })

  test('F-49, B-15: a database restored behind the journal halts at start, and signs nothing', async () => {
    const journalDb = await createTestDatabase()
    try {
      const before = new Daemon(db, journalDb)
      const epoch = await take(before)
      await before.signer.fence(epoch)
      await before.sign(epoch, 4)
      await before.lease.release()
      // What a backup from before the signature holds: nonce 4 is the next one to give out.
      const account = { chain: 'alpha', account: OWNER.toLowerCase(), next_nonce: 4 }
      await db.database.insertInto('accounts').values(account).execute()
      const after = new Daemon(db, journalDb, 'shut')
      const chain = {
        chainId: () => CHAIN_ID,
        nonces: () => Promise.resolve({ latest: 4, finalized: 4 }),
      } as unknown as Chain
      const { store, signer, observer } = after
      const clock = new SystemClock()
      const compare = new CompareWitnesses({
        chain,
        signer,
        store,
        observer,
        tripBreaker: new TripBreaker({ store, clock, observer }),
        places: [{ chain: 'alpha', account: OWNER }],
      })
      const next = await take(after)
      await after.signer.fence(next)
      expect(await compare.run()).toHaveLength(1)
      expect(await store.breakers({ isOpen: true, limit: 9 })).toMatchObject([{ code: 'B-15', scope: 'all' }])
      expect(await store.operatingStates()).toMatchObject([{ scope: 'all', level: 'halted', by: 'breaker' }])
      expect(await kindOf(after.sign(next, 4))).toBe('unavailable')
    } finally {
      await journalDb.drop()
    }
  })

  test('G-09: a standby leads a second after the lease of a dead leader ended, which is 15 s after its last renewal', async () => {
    const dead = new Daemon(db)
    await take(dead)
    const standby = new Daemon(db)
    const holders: boolean[] = []
    await standby.lead(async (looks) => {
      holders.push(standby.lease.isHeld())
      if (looks <= 15) await pass(1_000)
    }, 18)
    expect(holders.indexOf(true)).toBeGreaterThanOrEqual(14)
    expect(holders.indexOf(true)).toBeLessThanOrEqual(16)
  })
})
