import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { toJson } from '../../src/adapters/store/json.js'
import { checkSchema, explainSchema, migrate, SchemaError } from '../../src/adapters/store/migrate.js'
import { type Migration, MIGRATIONS, SCHEMA_VERSION } from '../../src/adapters/store/migrations/index.js'
import { PostgresAuditLog } from '../../src/adapters/store/postgres-audit-log.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresProposals } from '../../src/adapters/store/postgres-proposals.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import type { LegRun } from '../../src/domain/execution/cycle.js'
import { judgeIntent } from '../../src/domain/execution/intent.js'
import { intentPostings } from '../../src/domain/execution/ledger.js'
import type { Leg } from '../../src/domain/planning/plan.js'
import { amountOf } from '../../src/domain/units/amount.js'
import {
  aCycle,
  addressOf,
  aLeg,
  anArrival,
  anAttempt,
  anInclusion,
  aRun,
  aTransfer,
  hashOf,
  newIntent,
  NOW,
  OWNER,
  sendingRun,
  WETH,
} from '../support/builders.js'
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
    const known = { levels: [], figures: [], policy: undefined, shadow: undefined }
    const record = { ...aCycle(), decision: { ...oldDecision, ...known }, valuation, drift, market }
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
    expect(rows).toEqual([{ decision: { ...oldDecision, levels: [], figures: [] } }])
  })

  test('to 0003 make the one arrival of a transfer the first of a list', async () => {
    await migrate(db.database, MIGRATIONS.slice(0, 2))
    const cycle = aCycle()
    await sql`
      insert into cycles (id, portfolio, mode, started_at, valuation, drift, decision, market, plan_reasons)
      values ('cycle-1', 'core', 'live', ${new Date(NOW)}, ${toJson(cycle.valuation)}, ${toJson(cycle.drift)},
        ${toJson(cycle.decision)}, ${toJson(cycle.market)}, '[]')`.execute(db.database)
    const amount = amountOf(aTransfer(cycle, aRun()).expected.token, 997_000_000n)
    const { finalAt: _at, isRefund: _is, log: _log, ...old } = anArrival(amount)
    const states = [
      ['in_flight', undefined],
      ['seen', old],
      ['full', { ...old, hash: hashOf(0xa12) }],
      ['refunded', { ...old, hash: hashOf(0xa13), chain: 'alpha' }],
    ] as const
    for (const [index, [state, arrival]] of states.entries()) {
      const run = aRun({ leg: aLeg({ id: `plan-1.${index + 1}` }) })
      await sql`insert into legs (id, cycle_id, index, run) values (${run.leg.id}, 'cycle-1', ${index}, ${toJson(run)})`.execute(
        db.database,
      )
      const {
        charges: _charges,
        lostAfterSeconds: _lost,
        quietSeconds: _quiet,
        arrivals: _all,
        ...before
      } = aTransfer({ ...cycle, id: 'cycle-1' }, run)
      await sql`
        insert into transfers (id, cycle_id, transfer)
        values (${run.leg.id}, 'cycle-1', ${toJson({ ...before, state, arrival })})`.execute(db.database)
    }

    await migrate(db.database)
    const lease = new PostgresLease({
      database: db.database,
      build: 'test',
      schemaVersion: 'test',
      ttlMs: 60_000,
      selfFenceMs: 50_000,
    })
    await lease.acquire()
    const store = new PostgresStore({ database: db.database, lease })
    const { transfers } = (await store.cycle('cycle-1'))!
    const terms = { charges: [], lostAfterSeconds: 86_400, quietSeconds: 3_600 }
    const finalAt = old.block.timestamp * 1_000
    const arrivals = [
      [],
      [{ ...old, log: 0, isRefund: false, finalAt: undefined }],
      [{ ...old, hash: hashOf(0xa12), log: 0, isRefund: false, finalAt }],
      [{ ...old, hash: hashOf(0xa13), chain: 'alpha', log: 0, isRefund: true, finalAt }],
    ]
    expect(transfers).toStrictEqual(
      states.map(([state], index) => ({
        ...aTransfer({ ...cycle, id: 'cycle-1' }, aRun({ leg: aLeg({ id: `plan-1.${index + 1}` }) })),
        ...terms,
        state,
        arrivals: arrivals[index],
      })),
    )
    expect(await store.claimedArrivals('beta')).toEqual(expect.arrayContaining([old.hash, hashOf(0xa12)]))
    const [, seen] = transfers
    await store.moveTransfer(seen!, { ...seen!, state: 'in_flight', arrivals: [] }, [])
    expect(await store.claimedArrivals('beta')).toEqual([hashOf(0xa12)])
  })

  test('to 0003 turn the intents of 0002 into what this build reads and goes on with', async () => {
    await migrate(db.database, MIGRATIONS.slice(0, 2))
    const legs = ['reserved', 'signed', 'mined', 'final_ok', 'released'].map((state, index) =>
      sendingRun(aRun({ leg: aLeg({ id: `plan-1.${index + 1}`, tool: state }) })),
    )
    const cycle = aCycle({ legs })
    const { valuation, drift, market, decision } = cycle
    await sql`update operating_state set state = 'paused_new', reason = 'Lunch.', since = ${new Date(NOW)}`.execute(
      db.database,
    )
    await sql`
      insert into cycles (id, portfolio, mode, started_at, valuation, drift, decision, market, plan_reasons)
      values (${cycle.id}, 'core', 'live', ${new Date(NOW)}, ${toJson(valuation)}, ${toJson(drift)},
        ${toJson(decision)}, ${toJson(market)}, '[]')`.execute(db.database)
    await sql`insert into accounts (chain, account, next_nonce) values ('alpha', ${OWNER.toLowerCase()}, 4)`.execute(
      db.database,
    )
    const intents = legs.map((run, index) => newIntent(cycle, run, { ordinal: 0, reservedAt: NOW + index }))
    for (const [index, intent] of intents.entries()) {
      const state = legs[index]!.leg.tool
      const inclusion = state === 'mined' || state === 'final_ok' ? toJson(anInclusion(index)) : null
      await sql`insert into legs (id, cycle_id, index, run)
        values (${intent.legId}, ${cycle.id}, ${index}, ${toJson(legs[index])})`.execute(db.database)
      await sql`
        insert into intents (id, cycle_id, leg_id, kind, ordinal, chain, account, nonce, call, gas_limit, reserved_at, state,
          version, epoch, inclusion)
        values (${intent.id}, ${cycle.id}, ${intent.legId}, 'swap', 0, 'alpha', ${OWNER}, ${index}, ${toJson(intent.call)},
          180000, ${new Date(intent.reservedAt)}, ${state}, 3, 1, ${inclusion})`.execute(db.database)
      if (state === 'reserved' || state === 'released') continue
      const { hash, raw, gasLimit, maxFeePerGas, maxPriorityFeePerGas, signedAt } = anAttempt(index)
      await sql`
        insert into attempts (intent_id, ordinal, hash, raw, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, signed_at)
        values (${intent.id}, 1, ${hash}, ${raw}, ${gasLimit}, ${maxFeePerGas}, ${maxPriorityFeePerGas},
          ${new Date(signedAt)})`.execute(db.database)
    }
    await sql`
      insert into postings (cause, owner, chain, token, account, units) values
        ('opening', ${OWNER.toLowerCase()}, 'alpha', ${WETH.address}, 'opening', -9),
        ('opening', ${OWNER.toLowerCase()}, 'alpha', ${WETH.address}, 'wallet', 9)`.execute(db.database)

    expect(await migrate(db.database)).toEqual({ applied: MIGRATIONS.slice(2).map(({ name }) => name) })

    const times = { ttlMs: 60_000, selfFenceMs: 50_000 }
    const lease = new PostgresLease({ database: db.database, build: 'test', schemaVersion: 'test', ...times })
    await lease.acquire()
    const store = new PostgresStore({ database: db.database, lease })
    expect(await store.operatingStates()).toEqual([
      { scope: 'all', level: 'paused_new', reason: 'Lunch.', since: NOW, by: 'operator' },
    ])
    expect(await store.walletBalances(OWNER)).toEqual([{ chain: 'alpha', token: WETH.address, units: 9n }])
    const read = (await store.cycle(cycle.id))!.intents
    const base = (index: number) => ({ ...intents[index]!, nonce: index, version: 3 })
    expect(read).toStrictEqual([
      { ...base(0), state: 'reserved', attempts: [] },
      { ...base(1), state: 'signed', attempts: [anAttempt(1)] },
      { ...base(2), version: 4, state: 'signed', attempts: [anAttempt(2)] },
      { ...base(3), state: 'final_ok', attempts: [anAttempt(3)], inclusion: anInclusion(3) },
      { ...base(4), state: 'released', attempts: [] },
    ])
    const events = await Promise.all(
      intents.map(async ({ id }) => (await store.intentEvents(id)).map(({ state }) => state)),
    )
    expect(events).toEqual([
      ['reserved'],
      ['reserved', 'signed'],
      ['reserved', 'signed'],
      ['reserved', 'final_ok'],
      ['reserved', 'released'],
    ])

    const before = read[2]!
    const unseen = { finalizedBlock: 0n, finalizedNonce: 0, consumer: undefined, unexplainedMs: 0 }
    const mined = judgeIntent(before, { ...unseen, inclusion: anInclusion(2) })
    await store.moveIntent(before, mined, intentPostings(before, mined, undefined), 'block')
    expect(await store.walletBalances(OWNER)).toEqual([{ chain: 'alpha', token: WETH.address, units: 9n }])
    expect((await store.ledger({ account: OWNER, limit: 100 })).map(({ book }) => book)).toContain('provisional')
    expect((await store.recordAttempt(read[0]!, anAttempt(10))).state).toBe('signed')
  })

  test('to 0009 keep what holds scopes, by whoever nobody knows any more', async () => {
    await migrate(db.database, MIGRATIONS.slice(0, 8))
    const since = new Date(NOW)
    const expiresAt = Date.now() + 3_600_000
    await sql`
      insert into scope_states (scope, level, reason, since, set_by)
      values ('all', 'halted', 'Fire.', ${since}, 'operator'), ('chain:alpha', 'paused_new', 'B-06: x', ${since}, 'breaker')
    `.execute(db.database)
    await sql`
      insert into timed_pauses (scope, level, reason, since, expires_at)
      values ('venue:lifi', 'paused_new', 'Lunch.', ${since}, ${new Date(expiresAt)})`.execute(db.database)
    expect((await migrate(db.database)).applied[0]).toBe('0009-authors')
    const times = { ttlMs: 60_000, selfFenceMs: 50_000 }
    const lease = new PostgresLease({ database: db.database, build: 'test', schemaVersion: 'test', ...times })
    const store = new PostgresStore({ database: db.database, lease })
    expect(await store.operatingStates()).toStrictEqual([
      { scope: 'all', level: 'halted', reason: 'Fire.', since: NOW, by: 'operator' },
      { scope: 'chain:alpha', level: 'paused_new', reason: 'B-06: x', since: NOW, by: 'breaker' },
      { scope: 'venue:lifi', level: 'paused_new', reason: 'Lunch.', since: NOW, by: 'operator', expiresAt },
    ])
  })

  test('to 0011 find by kind and time what was written before, and let pass what somebody edited', async () => {
    await migrate(db.database, MIGRATIONS.slice(0, 10))
    await sql`
      insert into proposals (id, proposal)
      values ('a', '{"kind": "plan", "state": "open"}'), ('b', '{"kind": "resume", "state": "open"}')`.execute(
      db.database,
    )
    const record = (at: unknown) => JSON.stringify({ subject: 'ada', action: 'pause', result: 'done', at })
    for (const [index, at] of [NOW, 'soon', 1e300, undefined, NOW + 1].entries())
      await sql`
        insert into audit_log (sequence, record, hash)
        values (${index + 1}, ${record(at)}, ${'a'.repeat(64)})`.execute(db.database)
    expect((await migrate(db.database)).applied[0]).toBe('0011-denials-and-filters')
    const proposals = new PostgresProposals(db.database)
    expect(await proposals.list({ kind: 'plan', limit: 9 })).toMatchObject([{ kind: 'plan' }])
    const audit = new PostgresAuditLog(db.database)
    expect(await audit.records({ from: NOW, limit: 9 })).toMatchObject([{ at: NOW + 1 }, { at: NOW }])
    expect(await audit.records({ from: NOW, to: NOW + 1, limit: 9 })).toMatchObject([{ at: NOW }])
    const plan = await db.database.transaction().execute(async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx)
      return sql`explain select 1 from audit_log where audit_time(record) >= ${String(NOW)}::bigint`.execute(tx)
    })
    expect(JSON.stringify(plan.rows)).toContain('audit_log_by_time')
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
