import { type QueryExecutorProvider, sql } from 'kysely'

/** How the books of each portfolio stood when they were last compared with a chain: what a resume over B-03 asks for. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`
    create table reconciliations (
      portfolio text collate "C" not null,
      chain text collate "C" not null,
      at timestamptz not null,
      is_short boolean not null,
      primary key (portfolio, chain)
    )`.execute(db)
}
