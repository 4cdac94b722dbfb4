import { expect, jest, test } from '@jest/globals'
import { sql } from 'kysely'
import { openDatabase } from '../../src/adapters/store/database.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import { HeldHereError, Operations } from '../../src/application/operations.js'
import { EndProposals } from '../../src/application/end-proposals.js'
import { Failpoints } from '../../src/ports/failpoints.js'
import { NOW } from '../support/builders.js'
import { createTestDatabase } from '../support/database.js'
import { FakeClock } from '../support/fake-clock.js'
import { RecordingObserver } from '../support/fake-ports.js'
import { MemoryProposals } from '../support/memory-admin.js'
import { trialsOfPause } from '../support/pause-trials.js'
import { until } from '../support/until.js'

jest.setTimeout(120_000)

test('P-29, F-78: once a pause is accepted nothing is signed any more but what it allows, whenever it comes', async () => {
  const trials = await trialsOfPause({ trials: 8, seed: 7 })
  expect(trials).toHaveLength(8)
  expect(trials.filter(({ signedBefore }) => signedBefore > 0).length).toBeGreaterThan(0)
  for (const { lateMs, signedLater } of trials) {
    expect(signedLater).toBeLessThanOrEqual(1)
    expect(lateMs).toBeLessThanOrEqual(1_000)
  }
})

test('5.2: a pause holds at once in a process whose database takes no writes, and everywhere once it does again', async () => {
  const { url, database, drop } = await createTestDatabase()
  try {
    const lease = new PostgresLease({ database, build: 'a', schemaVersion: 'a', ttlMs: 60_000, selfFenceMs: 50_000 })
    const [here, elsewhere] = [new PostgresStore({ database, lease }), new PostgresStore({ database, lease })]
    const [clock, observer] = [new FakeClock(NOW), new RecordingObserver()]
    const endProposals = new EndProposals({ store: here, proposals: new MemoryProposals(), clock, observer })
    const operations = new Operations({ store: here, clock, observer, failpoints: new Failpoints(), endProposals })
    /** For every connection from now on; those that are open are ended. */
    const takeWrites = async (areTaken: boolean) => {
      const [name, server] = [new URL(url).pathname.slice(1), new URL('/postgres', url).href]
      const admin = openDatabase({ url: server, poolSize: 1 })
      const setting = areTaken ? 'off' : 'on'
      await sql.raw(`alter database ${name} set default_transaction_read_only = ${setting}`).execute(admin)
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`.execute(admin)
      await admin.destroy()
      await until('connections that are as they were set', 5_000, async () => {
        const asked = sql<{ now: string }>`select current_setting('transaction_read_only') as now`.execute(database)
        return (await asked.catch(() => undefined))?.rows[0]?.now === setting || undefined
      })
    }
    await takeWrites(false)
    const asked = performance.now()
    await expect(operations.pause('all', 'paused_new', 'Odd quotes.')).rejects.toThrow(HeldHereError)
    expect(await here.operatingStates()).toMatchObject([{ scope: 'all', level: 'paused_new', reason: 'Odd quotes.' }])
    expect(performance.now() - asked).toBeLessThan(1_000)
    expect(await elsewhere.operatingStates()).toEqual([])
    await expect(operations.writeHolds()).rejects.toThrow('read-only')
    await takeWrites(true)
    await operations.writeHolds()
    expect(await elsewhere.operatingStates()).toEqual(await here.operatingStates())
    expect(here.holds.all()).toEqual([])
    expect(await elsewhere.operatingStates()).toMatchObject([{ scope: 'all', level: 'paused_new' }])
  } finally {
    await drop()
  }
})
