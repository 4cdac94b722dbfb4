import { type QueryExecutorProvider, sql } from 'kysely'

/**
 * What safe execution writes down: states per scope with their breakers, budgets, the journal of nonces, the life of an
 * intent, answers to broadcasts, two books of the ledger, pins of code. Earlier postings were written at finality, so that
 * they are final; earlier attempts carried out their step.
 */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql`
    create table scope_states (
      scope text collate "C" primary key check (scope = 'all' or scope ~ '^(portfolio|chain|venue|asset|bridge):.'),
      level text not null check (level in ('running', 'paused_new', 'paused_hard', 'halted')),
      reason text not null,
      since timestamptz not null,
      set_by text not null check (set_by in ('operator', 'breaker'))
    )`.execute(db)
  await sql`
    insert into scope_states (scope, level, reason, since, set_by)
    select 'all', state, reason, since, 'operator' from operating_state where state <> 'running'`.execute(db)
  await sql`drop table operating_state`.execute(db)

  await sql`
    create table breakers (
      id bigint generated always as identity primary key,
      code text not null,
      scope text collate "C" not null,
      level text not null check (level in ('paused_new', 'paused_hard', 'halted')),
      reason text not null,
      tripped_at timestamptz not null,
      cleared_at timestamptz,
      cleared_by text,
      check ((cleared_at is null) = (cleared_by is null))
    )`.execute(db)
  await sql`create unique index breakers_one_open on breakers (code, scope) where cleared_at is null`.execute(db)

  await sql`alter table intents alter column cycle_id drop not null, alter column leg_id drop not null`.execute(db)
  await sql`alter table intents drop constraint intents_state_check, drop constraint intents_check`.execute(db)
  await sql`
    alter table intents
      add constraint intents_state_check check (state in
        ('reserved', 'signed', 'mined', 'final_ok', 'final_reverted', 'final_cancelled', 'released', 'foreign')),
      add constraint intents_check check (
        (state in ('mined', 'final_ok', 'final_reverted', 'final_cancelled')) = (inclusion is not null))`.execute(db)
  await sql`alter table intents add column expires_at timestamptz`.execute(db)
  await sql`create index intents_loose on intents (sequence) where cycle_id is null`.execute(db)
  // a leg trades again only when its earlier transaction is final without effect, or was never signed.
  await sql`drop index intents_one_trade_per_leg`.execute(db)
  await sql`
    create unique index intents_one_trade_per_leg on intents (leg_id)
    where kind in ('swap', 'bridge') and state not in ('released', 'final_reverted', 'final_cancelled')`.execute(db)

  await sql`alter table attempts add column payload text not null default 'step' check (payload in ('step', 'cancel'))`.execute(
    db,
  )
  await sql`alter table attempts alter column payload drop default`.execute(db)

  await sql`
    create table intent_events (
      sequence bigint generated always as identity primary key,
      intent_id text collate "C" not null references intents,
      state text not null,
      epoch bigint not null,
      evidence text not null,
      at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index intent_events_by_intent on intent_events (intent_id, sequence)`.execute(db)
  await sql`
    insert into intent_events (intent_id, state, epoch, evidence, at)
    select id, 'reserved', epoch, 'nonce ' || nonce, reserved_at from intents`.execute(db)
  // Nothing is booked for what an earlier build saw mined: it is found again, and booked, like after a reorg.
  await sql`update intents set state = 'signed', inclusion = null, version = version + 1 where state = 'mined'`.execute(
    db,
  )
  await sql`
    insert into intent_events (intent_id, state, epoch, evidence)
    select id, state, epoch, 'as an earlier build left it' from intents where state <> 'reserved' order by sequence`.execute(
    db,
  )

  await sql`
    create table broadcasts (
      sequence bigint generated always as identity primary key,
      intent_id text collate "C" not null references intents,
      hash text not null,
      endpoint text not null,
      answer text not null,
      at timestamptz not null
    )`.execute(db)
  await sql`create index broadcasts_by_intent on broadcasts (intent_id, sequence)`.execute(db)

  await sql`
    create table signer_epoch (
      only_row boolean primary key default true check (only_row),
      epoch bigint not null
    )`.execute(db)
  await sql`insert into signer_epoch (epoch) values (0)`.execute(db)
  await sql`
    create table signer_journal (
      sequence bigint generated always as identity primary key,
      chain_id bigint not null,
      account text not null check (account = lower(account)),
      nonce bigint not null check (nonce >= 0),
      payload text not null check (payload in ('step', 'cancel')),
      digest text not null,
      max_fee_per_gas numeric(78, 0) not null,
      max_priority_fee_per_gas numeric(78, 0) not null,
      epoch bigint not null,
      intent_id text collate "C" not null,
      at timestamptz not null default clock_timestamp()
    )`.execute(db)
  // One payload of each class per nonce: the step and its replacements share a digest, and so do cancels.
  await sql`create index signer_journal_by_nonce on signer_journal (chain_id, account, nonce, sequence)`.execute(db)

  await sql`alter table postings add column book text not null default 'final' check (book in ('provisional', 'final'))`.execute(
    db,
  )
  await sql`alter table postings alter column book drop default`.execute(db)
  await sql`alter table postings add column sequence bigint generated always as identity`.execute(db)
  await sql`create unique index postings_by_place on postings (sequence)`.execute(db)

  await sql`
    create table spends (
      intent_id text collate "C" primary key references intents,
      portfolio text not null,
      cycle_id text collate "C" not null,
      chain text not null,
      account text not null check (account = lower(account)),
      asset text not null,
      venue text not null,
      bridge text,
      turnover numeric not null check (turnover >= 0),
      gas numeric not null check (gas >= 0),
      gas_wei numeric not null check (gas_wei >= 0),
      sold text,
      bought text,
      at timestamptz not null
    )`.execute(db)
  await sql`create index spends_by_time on spends (portfolio, at)`.execute(db)

  await sql`
    create table code_pins (
      chain text not null,
      contract text not null check (contract = lower(contract)),
      selector text not null,
      fingerprint text not null,
      pinned_at timestamptz not null default clock_timestamp(),
      primary key (chain, contract, selector)
    )`.execute(db)

  // A transfer may come out in parts. The one arrival that was recorded becomes the first of a list; what nobody wrote
  // down gets the terms of a bridge of which nothing is configured, and a final arrival the time of its block.
  await sql`drop index transfers_one_per_arrival`.execute(db)
  await sql`drop index transfers_open`.execute(db)
  await sql`alter table transfers drop column arrival_chain, drop column arrival_hash`.execute(db)
  await sql`
    update transfers set transfer = transfer - 'arrival' || jsonb_build_object(
      'charges', '[]'::jsonb,
      'lostAfterSeconds', 86400,
      'quietSeconds', 3600,
      'arrivals', case
        when transfer ->> 'arrival' is null then '[]'::jsonb
        else jsonb_build_array(transfer -> 'arrival' || jsonb_build_object(
          'log', 0,
          'isRefund', transfer #>> '{arrival,chain}' = transfer ->> 'origin',
          'finalAt', case
            when state <> 'seen' then (transfer #> '{arrival,block,timestamp}')::bigint * 1000
          end))
      end)`.execute(db)
  await sql`
    create index transfers_open on transfers (sequence)
    where state in ('in_flight', 'late', 'lost_suspected', 'seen')`.execute(db)
  // One payout is evidence for one transfer. The arrivals themselves stand in the documents; this is their index.
  await sql`
    create table arrivals (
      chain text not null,
      hash text not null check (hash = lower(hash)),
      log integer not null,
      transfer_id text collate "C" not null references transfers,
      constraint arrivals_once primary key (chain, hash, log)
    )`.execute(db)
  await sql`create index arrivals_by_transfer on arrivals (transfer_id)`.execute(db)
  await sql`
    insert into arrivals (chain, hash, log, transfer_id)
    select one ->> 'chain', lower(one ->> 'hash'), 0, id
    from transfers, jsonb_array_elements(transfer -> 'arrivals') as one`.execute(db)
}
