import { type QueryExecutorProvider, sql } from 'kysely'

/**
 * Facts have one home. Where a row keeps a document, the columns an operator filters on are generated from it, so that
 * they cannot disagree. Ids compare byte by byte, the same on every server. Nothing here is ever deleted.
 */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`
    create table lease (
      only_row boolean primary key default true check (only_row),
      holder text,
      epoch bigint not null,
      expires_at timestamptz not null,
      build text,
      schema_version text
    )`.execute(db)
  await sql`insert into lease (epoch, expires_at) values (0, clock_timestamp())`.execute(db)

  await sql`
    create table operating_state (
      only_row boolean primary key default true check (only_row),
      state text not null check (state in ('running', 'paused_new')),
      reason text not null,
      since timestamptz not null
    )`.execute(db)
  await sql`
    insert into operating_state (state, reason, since)
    values ('running', 'Nobody has paused it.', date_trunc('milliseconds', clock_timestamp()))`.execute(db)

  await sql`
    create table cycles (
      id text collate "C" primary key,
      portfolio text not null,
      mode text not null check (mode in ('live', 'dry-run')),
      started_at timestamptz not null,
      ended_at timestamptz,
      outcome text,
      valuation jsonb not null,
      drift jsonb not null,
      decision jsonb not null,
      market jsonb not null,
      plan_reasons jsonb not null,
      nav_usd numeric generated always as (rtrim(valuation ->> 'nav', 'n')::numeric * 1e-18) stored,
      decision_code text generated always as (decision ->> 'code') stored,
      check ((ended_at is null) = (outcome is null))
    )`.execute(db)
  await sql`create index cycles_by_portfolio on cycles (portfolio, started_at desc, id desc)`.execute(db)
  await sql`create index cycles_by_start on cycles (started_at desc, id desc)`.execute(db)
  await sql`create index cycles_open on cycles (started_at) where ended_at is null`.execute(db)

  await sql`
    create table plans (
      id text collate "C" primary key,
      cycle_id text collate "C" not null unique references cycles,
      plan jsonb not null
    )`.execute(db)

  await sql`
    create table legs (
      id text collate "C" primary key,
      cycle_id text collate "C" not null references cycles,
      index integer not null,
      version integer not null default 1,
      run jsonb not null,
      realised jsonb,
      state text not null generated always as (run ->> 'state') stored,
      kind text not null generated always as (run #>> '{leg,kind}') stored,
      venue text not null generated always as (run #>> '{leg,venue}') stored,
      chain text not null generated always as (run #>> '{leg,sell,token,chain}') stored,
      sell_units numeric not null generated always as (rtrim(run #>> '{leg,sell,units}', 'n')::numeric) stored,
      expected_units numeric not null generated always as (rtrim(run #>> '{leg,expectedOut,units}', 'n')::numeric) stored,
      unique (cycle_id, index)
    )`.execute(db)

  await sql`
    create table accounts (
      chain text not null,
      account text not null check (account = lower(account)),
      next_nonce bigint not null check (next_nonce >= 0),
      primary key (chain, account)
    )`.execute(db)

  await sql`
    create table intents (
      sequence bigint generated always as identity unique,
      id text collate "C" primary key,
      cycle_id text collate "C" not null references cycles,
      leg_id text collate "C" not null references legs,
      kind text not null check (kind in ('approve', 'swap', 'bridge', 'revoke')),
      ordinal integer not null,
      chain text not null,
      account text not null,
      nonce bigint not null check (nonce >= 0),
      call jsonb not null,
      gas_limit numeric(78, 0) not null,
      reserved_at timestamptz not null,
      state text not null
        check (state in ('reserved', 'signed', 'mined', 'final_ok', 'final_reverted', 'released')),
      version integer not null default 1,
      epoch bigint not null,
      inclusion jsonb,
      check ((state in ('mined', 'final_ok', 'final_reverted')) = (inclusion is not null))
    )`.execute(db)
  await sql`
    create unique index intents_one_per_nonce on intents (chain, lower(account), nonce)
    where state <> 'released'`.execute(db)
  // a leg trades again only when its earlier transaction is final and reverted, or was never signed.
  await sql`
    create unique index intents_one_trade_per_leg on intents (leg_id)
    where kind in ('swap', 'bridge') and state not in ('released', 'final_reverted')`.execute(db)
  await sql`create index intents_by_cycle on intents (cycle_id)`.execute(db)

  await sql`
    create table attempts (
      intent_id text collate "C" not null references intents,
      ordinal integer not null,
      hash text not null,
      raw text not null,
      gas_limit numeric(78, 0) not null,
      max_fee_per_gas numeric(78, 0) not null,
      max_priority_fee_per_gas numeric(78, 0) not null,
      signed_at timestamptz not null,
      primary key (intent_id, ordinal),
      constraint attempts_one_per_hash unique (hash)
    )`.execute(db)

  await sql`
    create table transfers (
      sequence bigint generated always as identity unique,
      id text collate "C" primary key references legs,
      cycle_id text collate "C" not null references cycles,
      version integer not null default 1,
      transfer jsonb not null,
      state text not null generated always as (transfer ->> 'state') stored,
      bridge text not null generated always as (transfer ->> 'bridge') stored,
      origin text not null generated always as (transfer ->> 'origin') stored,
      destination text not null generated always as (transfer ->> 'destination') stored,
      arrival_chain text generated always as (transfer #>> '{arrival,chain}') stored,
      arrival_hash text generated always as (transfer #>> '{arrival,hash}') stored
    )`.execute(db)
  await sql`create index transfers_by_cycle on transfers (cycle_id)`.execute(db)
  await sql`
    create index transfers_open on transfers (sequence) where state in ('in_flight', 'late', 'seen')`.execute(db)
  // One payout is evidence for one transfer.
  await sql`
    create unique index transfers_one_per_arrival on transfers (arrival_chain, arrival_hash)
    where arrival_hash is not null`.execute(db)

  await sql`
    create table postings (
      cause text not null,
      owner text not null check (owner = lower(owner)),
      chain text not null,
      token text not null check (token = lower(token)),
      account text not null,
      units numeric(78, 0) not null check (units <> 0 or cause = 'opening'),
      booked_at timestamptz not null default clock_timestamp(),
      constraint postings_once primary key (cause, owner, chain, token, account)
    )`.execute(db)
  await sql`create index postings_by_wallet on postings (owner, chain, token) where account = 'wallet'`.execute(db)
}
