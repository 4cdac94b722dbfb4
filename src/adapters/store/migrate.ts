import { sql } from 'kysely'
import type { Database, Transaction } from './database.js'
import { type Migration, MIGRATIONS } from './migrations/index.js'

/** The database is not at the schema this build works with. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

export type SchemaState =
  'current' | { readonly kind: 'empty' | 'older' | 'newer'; readonly have: string | undefined; readonly want: string }

/** Any number that nothing else in the database locks. */
const MIGRATION_LOCK = 7_246_195_003

/**
 * Brings the database to this build's schema, forward only, all or nothing. Of several callers at once one works and
 * the others wait for it, within the connection's time-outs. Rejects with SchemaError when the database knows
 * migrations that this build does not.
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<{ applied: string[] }> {
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx)
      await sql`
        create table if not exists schema_migrations (
          name text collate "C" primary key,
          applied_at timestamptz not null default clock_timestamp()
        )`.execute(tx)
      const state = compare(await appliedNames(tx), migrations)
      if (state === 'current') return { applied: [] }
      if (state.kind === 'newer') throw new SchemaError(explainSchema(state))
      const missing = migrations.slice(migrations.findIndex(({ name }) => name === state.have) + 1)
      for (const { name, up } of missing) {
        await up(tx)
        await tx.insertInto('schema_migrations').values({ name }).execute()
      }
      return { applied: missing.map(({ name }) => name) }
    })
}

/** Whether this build may work with the database. Changes nothing. */
export async function checkSchema(db: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<SchemaState> {
  const { rows } = await sql<{ found: boolean }>`
    select to_regclass('schema_migrations') is not null as found`.execute(db)
  return compare(rows[0]?.found ? await appliedNames(db) : [], migrations)
}

/** One line for a person: what the database has, what this build works with, what to do. */
export function explainSchema({ kind, have, want }: Exclude<SchemaState, 'current'>): string {
  switch (kind) {
    case 'empty':
      return `The database is empty, this build works with schema ${want}. Run evenkeel migrate.`
    case 'older':
      return `The database has schema ${have}, this build works with the newer ${want}. Run evenkeel migrate.`
    case 'newer':
      return `The database has schema ${have}, this build knows schemas up to ${want}. Start the newer build that migrated it.`
  }
}

async function appliedNames(db: Database | Transaction): Promise<string[]> {
  const rows = await db.selectFrom('schema_migrations').select('name').orderBy('name').execute()
  return rows.map(({ name }) => name)
}

function compare(applied: readonly string[], migrations: readonly Migration[]): SchemaState {
  const want = migrations.at(-1)!.name
  const have = applied.at(-1)
  if (have === undefined) return { kind: 'empty', have, want }
  const unknown = applied.find((name, index) => migrations[index]?.name !== name)
  if (unknown !== undefined) return { kind: 'newer', have: unknown, want }
  return applied.length < migrations.length ? { kind: 'older', have, want } : 'current'
}
