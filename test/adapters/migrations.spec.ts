import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { checkSchema, explainSchema, migrate, SchemaError } from '../../src/adapters/store/migrate.js'
import { type Migration, MIGRATIONS, SCHEMA_VERSION } from '../../src/adapters/store/migrations/index.js'
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
