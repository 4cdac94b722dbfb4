import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { PostgresHistory } from '../../src/adapters/store/postgres-history.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import { NOW } from '../support/builders.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { describeHistory } from '../support/history-contract.js'
import { MemoryHistory } from '../support/memory-history.js'
import { MemoryRows, MemoryStore } from '../support/memory-store.js'

const build = { build: 'test', schemaVersion: 'test' }

describeHistory('on Postgres', async () => {
  const { database, drop } = await createTestDatabase()
  const lease = new PostgresLease({ database, ...build, ttlMs: 600_000, selfFenceMs: 500_000 })
  await lease.acquire()
  return { history: new PostgresHistory(database), store: new PostgresStore({ database, lease }), close: drop }
})

describeHistory('in memory', () => {
  const rows = new MemoryRows()
  return Promise.resolve({
    history: new MemoryHistory(rows),
    store: new MemoryStore(rows),
    close: () => Promise.resolve(),
  })
})

describe('PostgresHistory', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase()
  }, 60_000)
  afterAll(() => db.drop())

  test('keeps prices and days so that a person reads them', async () => {
    const history = new PostgresHistory(db.database)
    await history.recordPrices([{ asset: 'ETH', price: 300_012n * 10n ** 16n }], NOW)
    const { rows } = await sql`select asset, day::text, price::text, origin from price_days`.execute(db.database)
    expect(rows).toEqual([{ asset: 'ETH', day: '2026-11-20', price: '3000.12', origin: 'observed' }])
  })

  test.each(["'NaN'", "'Infinity'", '0', '-1'])('has no row for a price of %s', async (price) => {
    const insert = sql`insert into price_days values ('X', '2026-01-01', ${sql.raw(price)}, now(), 'imported')`
    await expect(insert.execute(db.database)).rejects.toThrow('price_days_price_check')
  })

  test('those that write the same prices in opposite order wait for each other and not for ever', async () => {
    const history = new PostgresHistory(db.database)
    const day = Math.floor(NOW / 86_400_000)
    const prices = Array.from({ length: 4_000 }, (_, index) => ({ asset: `P${index}`, price: 10n ** 18n, day }))
    const inTurn = (index: number) => (index % 2 === 0 ? prices : prices.toReversed())
    await Promise.all([0, 1, 2, 3].map((index) => history.importPrices(inTurn(index), NOW)))
    await Promise.all([...Array(8).keys()].map((index) => history.recordPrices(inTurn(index), NOW + index)))
    const { prices: rows } = await history.dailyPrices(['P0', 'P3999'], 0)
    expect(rows).toEqual([[1, 1]])
  })
})
