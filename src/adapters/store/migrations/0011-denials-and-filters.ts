import { type QueryExecutorProvider, sql } from 'kysely'

/** Who was shut out and let in again, and what lists are filtered by, so that a page costs as much as it shows. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`
    create table person_words (
      sequence bigint generated always as identity primary key,
      subject text collate "C" not null,
      is_denied boolean not null,
      reason text not null,
      at timestamptz not null
    )`.execute(db)
  await sql`create index person_words_by_subject on person_words (subject, sequence)`.execute(db)
  await sql`
    create trigger person_words_only_grow before update or delete or truncate on person_words
    for each statement execute function refuse_change()`.execute(db)

  await sql`create index cycles_by_outcome on cycles (outcome, started_at desc, id desc)`.execute(db)
  await sql`create index cycles_by_mode on cycles (mode, started_at desc, id desc)`.execute(db)
  await sql`create index breakers_by_code on breakers (code, id)`.execute(db)
  await sql`create index breakers_by_scope on breakers (scope, id)`.execute(db)
  await sql`
    alter table proposals
      add column kind text not null generated always as (proposal ->> 'kind') stored`.execute(db)
  await sql`create index proposals_by_kind on proposals (kind, sequence)`.execute(db)
  await sql`create index postings_by_token on postings (owner, chain, token, sequence)`.execute(db)
  // No column of its own: the log is long, and to write all of it anew would take longer still than to read it once.
  await sql`set local statement_timeout = '10min'`.execute(db)
  await sql`
    create function audit_time(record json) returns bigint language sql immutable parallel safe as $$
      select case when record ->> 'at' ~ '^[0-9]{1,15}$' then (record ->> 'at')::bigint end
    $$`.execute(db)
  await sql`create index audit_log_by_time on audit_log (audit_time(record))`.execute(db)
  // Without figures on it the index is not used.
  await sql`analyze audit_log`.execute(db)
}
