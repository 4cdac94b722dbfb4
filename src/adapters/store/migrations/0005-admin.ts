import { type QueryExecutorProvider, sql } from 'kysely'

/**
 * What the admin API writes down: the audit log with its head, API keys, the answers to calls by their idempotency keys,
 * the feed of events, proposals, and the counters of requests.
 */
export async function up(db: QueryExecutorProvider): Promise<void> {
  // `json`, because a hash is over the exact text. An index of any other kind refuses a long subject.
  await sql`
    create table audit_log (
      sequence bigint primary key check (sequence > 0),
      record json not null,
      hash text not null check (hash ~ '^[0-9a-f]{64}$'),
      subject text not null generated always as (record ->> 'subject') stored,
      action text not null generated always as (record ->> 'action') stored,
      result text not null generated always as (record ->> 'result') stored
    )`.execute(db)
  await sql`create index audit_log_by_subject on audit_log using hash (subject)`.execute(db)
  await sql`create index audit_log_by_action on audit_log using hash (action)`.execute(db)
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'Rows of % are only added, never changed or deleted.', tg_table_name
        using errcode = 'restrict_violation';
    end
    $$`.execute(db)
  await sql`
    create trigger audit_log_only_grows before update or delete or truncate on audit_log
    for each statement execute function refuse_change()`.execute(db)
  // The last record of the chain, so that a tail that was cut off shows.
  await sql`
    create table audit_head (
      only_row boolean primary key default true check (only_row),
      sequence bigint not null,
      hash text not null
    )`.execute(db)
  await sql`insert into audit_head (sequence, hash) values (0, repeat('0', 64))`.execute(db)

  // what makes things riskier is for people, whoever writes the row.
  await sql`
    create table api_keys (
      id text collate "C" primary key,
      name text not null,
      hash text not null check (hash ~ '^[0-9a-f]{64}$'),
      scopes text[] not null check (
        scopes <@ array['status:read', 'ledger:read', 'audit:read', 'pause', 'plan:propose', 'tx:cancel']),
      created_at timestamptz not null,
      expires_at timestamptz not null,
      revoked_at timestamptz,
      last_used_at timestamptz,
      networks text[] not null
    )`.execute(db)

  await sql`
    create table idempotency_keys (
      subject text not null,
      key text not null,
      fingerprint text not null,
      claimed_at timestamptz not null,
      status integer,
      body text,
      primary key (subject, key),
      check ((status is null) = (body is null))
    )`.execute(db)
  await sql`create index idempotency_keys_by_age on idempotency_keys (claimed_at)`.execute(db)

  await sql`
    create table events (
      sequence bigint primary key,
      at timestamptz not null,
      type text not null,
      portfolio text,
      data json not null
    )`.execute(db)
  await sql`create index events_by_age on events (at)`.execute(db)
  await sql`
    create table event_head (
      only_row boolean primary key default true check (only_row),
      sequence bigint not null
    )`.execute(db)
  await sql`insert into event_head (sequence) values (0)`.execute(db)

  await sql`
    create table proposals (
      sequence bigint generated always as identity primary key,
      id text collate "C" not null unique,
      proposal jsonb not null,
      state text not null generated always as (proposal ->> 'state') stored
    )`.execute(db)
  await sql`create index proposals_by_state on proposals (state, sequence)`.execute(db)

  // Columns and their order are those of RateLimiterPostgres, which counts by its own statements.
  await sql`
    create table rate_limits (
      key text collate "C" primary key,
      points integer not null default 0,
      expire bigint
    )`.execute(db)
}
