import { type QueryExecutorProvider, sql } from 'kysely'

/** Indexes for what people and programs look at, so that a page costs as much as it shows. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`create index cycles_live_by_end on cycles (portfolio, ended_at) where mode = 'live'`.execute(db)
  await sql`create index intents_by_leg on intents (leg_id, sequence)`.execute(db)
  await sql`create index intents_by_state on intents (state, sequence)`.execute(db)
  await sql`create index transfers_by_state on transfers (state, sequence)`.execute(db)
}
