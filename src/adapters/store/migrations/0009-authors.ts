import { type QueryExecutorProvider, sql } from 'kysely'

/** Who holds a scope, beside whose it is to let go. Rows from before keep what they have: nobody knows who it was. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  for (const table of ['scope_states', 'timed_pauses'])
    await sql`
      alter table ${sql.table(table)}
        add column author_kind text check (author_kind in ('person', 'key', 'operator', 'daemon')),
        add column author text,
        add check ((author is null) = (author_kind is null))`.execute(db)
}
