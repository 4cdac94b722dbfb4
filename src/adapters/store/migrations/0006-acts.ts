import { type QueryExecutorProvider, sql } from 'kysely'

/** What people do beyond pausing for good: pauses that end by themselves, orders to cancel, transfers looked into. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`
    create table timed_pauses (
      id bigint generated always as identity primary key,
      scope text collate "C" not null check (scope = 'all' or scope ~ '^(portfolio|chain|venue|asset|bridge):.'),
      level text not null check (level in ('paused_new', 'paused_hard', 'halted')),
      reason text not null,
      since timestamptz not null,
      expires_at timestamptz not null
    )`.execute(db)

  await sql`
    create table cancel_orders (
      intent_id text collate "C" primary key references intents (id),
      ordered_by text not null,
      reason text not null,
      at timestamptz not null
    )`.execute(db)

  await sql`
    create table transfer_investigations (
      transfer_id text collate "C" primary key references transfers (id),
      investigated_by text not null,
      reason text not null,
      note text,
      at timestamptz not null
    )`.execute(db)
}
