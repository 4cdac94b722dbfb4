import { type QueryExecutorProvider, sql } from 'kysely'

/** What is to be sent to people: one row for each event and channel, until it is sent or given up, and a while longer. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`
    create table notifications (
      id bigint generated always as identity primary key,
      channel text collate "C" not null,
      key text collate "C",
      event json not null,
      created_at timestamptz not null,
      due_at timestamptz not null,
      attempts integer not null default 0,
      outcome text check (outcome in ('delivered', 'given_up')),
      ended_at timestamptz,
      unique (channel, key),
      check ((outcome is null) = (ended_at is null))
    )`.execute(db)
  await sql`create index notifications_due on notifications (channel, due_at) where ended_at is null`.execute(db)
  await sql`create index notifications_by_age on notifications (created_at)`.execute(db)
}
