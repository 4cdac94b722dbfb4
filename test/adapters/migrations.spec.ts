import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { toJson } from '../../src/adapters/store/json.js'
import { checkSchema, explainSchema, migrate, SchemaError } from '../../src/adapters/store/migrate.js'
import { type Migration, MIGRATIONS, SCHEMA_VERSION } from '../../src/adapters/store/migrations/index.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import type { LegRun } from '../../src/domain/execution/cycle.js'
import type { Leg } from '../../src/domain/planning/plan.js'
import { aCycle, addressOf, NOW } from '../support/builders.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

const next: Migration = {
  name: '9001-next',
  up: async (db) => {
    await sql`create table next (id integer)`.execute(db)
  },
}
const broken: Migration = {
  name: '9002-broken',
  up: async (db) => {
    await sql`create table half (id integer)`.execute(db)
    await sql`select no_such_column from half`.execute(db)
  },
}

/** Documents as a build of schema 0001 wrote them: a sale under way, and a crossing of what it brings. */
const token = (chain: string, symbol: string, asset: string, decimals: number) => ({
  chain,
  asset,
  symbol,
  address: '0x000000000000000000000000000000000000000c',
  decimals,
})
const usdc = token('alpha', 'USDC', 'USD', 6)
const cost = { slippage: '-4n', fees: '0n', gas: '333n', bridge: '0n' }
const oldSale = {
  id: 'plan-1.1',
  kind: 'swap',
  sell: { token: token('alpha', 'WETH', 'ETH', 18), units: '1500000000000000001n' },
  expectedOut: { token: usdc, units: '4500000000n' },
  minimumOut: { token: usdc, units: '4480000000n' },
  maxLoss: '5000000000000000n',
  venue: 'zeroex',
  tool: '~"12n',
  cost,
  dependsOn: null,
  alternatives: [{ venue: 'lifi', tool: 'sushi', cost: null, refusal: 'No route.' }],
}
const there = token('beta', 'USDC', 'USD', 6)
const oldCrossing = {
  ...oldSale,
  id: 'plan-1.2',
  kind: 'bridge',
  sell: { token: usdc, units: '4500000000n' },
  expectedOut: { token: there, units: '4490000000n' },
  minimumOut: { token: there, units: '4480000000n' },
  dependsOn: 'plan-1.1',
  alternatives: [],
}
const oldRuns = [
  {
    leg: oldSale,
    state: 'sending',
    offer: {
      venue: 'zeroex',
      tool: 'pools',
      sell: oldSale.sell,
      expectedOut: oldSale.expectedOut,
      minimumOut: oldSale.minimumOut,
      spender: null,
      namedFees: '0n',
      durationSeconds: 0,
    },
    sold: null,
    received: null,
    failure: null,
    refusals: 1,
    refusedAt: NOW,
  },
  {
    leg: oldCrossing,
    state: 'waiting',
    offer: null,
    sold: null,
    received: null,
    failure: null,
    refusals: 0,
    refusedAt: null,
  },
]
const oldDecision = { act: true, code: 'band-breached', reasons: ['ETH is 1000 bps off.'], breached: ['ETH'] }
const oldPlan = (id: string, legs: readonly object[]) => ({
  id,
  legs,
  cost,
  unmet: [{ asset: 'BTC', value: '-3n', reason: 'Below the minimum trade.' }],
  expectedDrift: '700000000000000n',
})

/** What these documents mean to this build. */
const sale: Leg = {
  id: 'plan-1.1',
  kind: 'swap',
  sell: { token: { ...oldSale.sell.token, address: addressOf(0xc) }, units: 1_500_000_000_000_000_001n },
  expectedOut: { token: { ...usdc, address: addressOf(0xc) }, units: 4_500_000_000n },
  minimumOut: { token: { ...usdc, address: addressOf(0xc) }, units: 4_480_000_000n },
  maxLoss: 5_000_000_000_000_000n,
  venue: 'zeroex',
  tool: '12n',
  cost: { slippage: -4n, fees: 0n, gas: 333n, bridge: 0n },
  funding: [],
  slice: undefined,
  reason: '',
  quote: { ageMs: 0, block: undefined },
  alternatives: [{ venue: 'lifi', tool: 'sushi', cost: undefined, refusal: 'No route.' }],
}
const crossing: Leg = {
  ...sale,
  id: 'plan-1.2',
  kind: 'bridge',
  sell: sale.expectedOut,
  expectedOut: { token: { ...there, address: addressOf(0xc) }, units: 4_490_000_000n },
  minimumOut: { token: { ...there, address: addressOf(0xc) }, units: 4_480_000_000n },
  funding: [{ leg: 'plan-1.1', units: 4_500_000_000n }],
  alternatives: [],
}
const idle = { offer: undefined, sold: undefined, received: undefined, failure: undefined }
const runs: LegRun[] = [
  {
    ...idle,
    leg: sale,
    state: 'sending',
    offer: {
      venue: 'zeroex',
      tool: 'pools',
      sell: sale.sell,
      expectedOut: sale.expectedOut,
      minimumOut: sale.minimumOut,
      spender: undefined,
      namedFees: 0n,
      durationSeconds: 0,
    },
    refusals: 1,
    refusedAt: NOW,
  },
  { ...idle, leg: crossing, state: 'waiting', refusals: 0, refusedAt: undefined },
]

describe('migrations', () => {
  let db: TestDatabase
  beforeEach(async () => {
    db = await createTestDatabase('empty')
  }, 60_000)
  afterEach(() => db.drop())

  const tables = async () => {
    const { rows } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db.database)
    return rows.map(({ name }) => name)
  }

  test('bring an empty database to the schema of this build, once', async () => {
    expect(await checkSchema(db.database)).toEqual({ kind: 'empty', have: undefined, want: SCHEMA_VERSION })
    expect(await migrate(db.database)).toEqual({ applied: MIGRATIONS.map(({ name }) => name) })
    expect(await checkSchema(db.database)).toBe('current')
    expect(await migrate(db.database)).toEqual({ applied: [] })
  })

  test('apply what is missing and leave the rest alone', async () => {
    await migrate(db.database)
    const newer = [...MIGRATIONS, next]
    expect(await checkSchema(db.database, newer)).toEqual({ kind: 'older', have: SCHEMA_VERSION, want: next.name })
    expect(await migrate(db.database, newer)).toEqual({ applied: [next.name] })
    expect(await checkSchema(db.database, newer)).toBe('current')
  })

  test('to 0002 turn the records of 0001 into what this build reads and changes', async () => {
    await migrate(db.database, MIGRATIONS.slice(0, 1))
    const { valuation, drift, market } = aCycle()
    const record = { ...aCycle(), decision: { ...oldDecision, levels: [] }, valuation, drift, market }
    const insert = async (id: string, decision: object) => {
      await sql`
        insert into cycles (id, portfolio, mode, started_at, valuation, drift, decision, market, plan_reasons)
        values (${id}, 'core', 'live', ${new Date(NOW)}, ${toJson(valuation)}, ${toJson(drift)},
          ${JSON.stringify(decision)}, ${toJson(market)}, '[]')`.execute(db.database)
    }
    const insertPlan = (cycle: string, plan: { id: string }) =>
      sql`insert into plans (id, cycle_id, plan) values (${plan.id}, ${cycle}, ${JSON.stringify(plan)})`.execute(
        db.database,
      )
    await insert('cycle-1', oldDecision)
    await insertPlan('cycle-1', oldPlan('plan-1', [oldSale, oldCrossing]))
    for (const [index, run] of oldRuns.entries())
      await sql`
        insert into legs (id, cycle_id, index, run)
        values (${run.leg.id}, 'cycle-1', ${index}, ${JSON.stringify(run)})`.execute(db.database)
    await insert('cycle-2', oldDecision)
    await insertPlan('cycle-2', oldPlan('plan-2', []))
    await insert('cycle-3', oldDecision)

    expect(await migrate(db.database)).toEqual({ applied: MIGRATIONS.slice(1).map(({ name }) => name) })

    const lease = new PostgresLease({
      database: db.database,
      build: 'test',
      schemaVersion: 'test',
      ttlMs: 60_000,
      selfFenceMs: 50_000,
    })
    await lease.acquire()
    const store = new PostgresStore({ database: db.database, lease })
    const plan = {
      id: 'plan-1',
      legs: [sale, crossing],
      cost: sale.cost,
      unmet: [{ asset: 'BTC', value: -3n, reason: 'Below the minimum trade.' }],
      expectedDrift: 700_000_000_000_000n,
      method: 'greedy',
      alternatives: [],
      lowerBound: undefined,
      separatePools: [],
      quotes: { asked: 0, failed: 0, rounds: 0 },
    }
    expect(await store.openCycles()).toStrictEqual([
      { ...record, id: 'cycle-1', plan, legs: runs },
      { ...record, id: 'cycle-2', plan: { ...plan, id: 'plan-2', legs: [] }, legs: [] },
      { ...record, id: 'cycle-3', plan: undefined, legs: [] },
    ])
    const [, waiting] = (await store.cycle('cycle-1'))!.legs
    await store.saveLeg('cycle-1', waiting!, { ...waiting!, refusals: 1, refusedAt: NOW })
    expect((await store.cycle('cycle-1'))!.legs[1]).toStrictEqual({ ...runs[1], refusals: 1, refusedAt: NOW })
    expect(await store.curves()).toEqual([])
  })

  test('to 0002 reach every record, however many there are', async () => {
    await migrate(db.database, MIGRATIONS.slice(0, 1))
    await sql`
      insert into cycles (id, portfolio, mode, started_at, valuation, drift, decision, market, plan_reasons)
      select 'cycle-' || number, 'core', 'live', now(), '{}', '{}', ${JSON.stringify(oldDecision)}, '{}', '[]'
      from generate_series(1, 2500) as number`.execute(db.database)
    await migrate(db.database)
    const { rows } = await sql<{ decision: object }>`select distinct decision from cycles`.execute(db.database)
    expect(rows).toEqual([{ decision: { ...oldDecision, levels: [] } }])
  })

  test('run together happen once', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => migrate(db.database)))
    expect(results.flatMap(({ applied }) => applied)).toEqual(MIGRATIONS.map(({ name }) => name))
  })

  test('that fail leave nothing behind (K-30)', async () => {
    const failing = [...MIGRATIONS, next, broken]
    await expect(migrate(db.database, failing)).rejects.toThrow('no_such_column')
    expect(await tables()).toEqual([])
    expect(await checkSchema(db.database)).toMatchObject({ kind: 'empty' })
  })

  test('refuse a database that a newer build has migrated', async () => {
    await migrate(db.database, [...MIGRATIONS, next])
    const state = await checkSchema(db.database)
    expect(state).toEqual({ kind: 'newer', have: next.name, want: SCHEMA_VERSION })
    await expect(migrate(db.database)).rejects.toThrow(SchemaError)
    await expect(migrate(db.database)).rejects.toThrow(/schema 9001-next.*Start the newer build/)
  })

  test.each([
    [{ kind: 'empty', have: undefined, want: 'b' } as const, /is empty.*Run evenkeel migrate/],
    [{ kind: 'older', have: 'a', want: 'b' } as const, /has schema a,.*newer b.*Run evenkeel migrate/],
    [{ kind: 'newer', have: 'c', want: 'b' } as const, /has schema c,.*up to b.*newer build/],
  ])('say what to do: %p', (state, words) => {
    expect(explainSchema(state)).toMatch(words)
  })
})
