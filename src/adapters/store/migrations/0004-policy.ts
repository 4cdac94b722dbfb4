import { type QueryExecutorProvider, sql } from 'kysely'
import { inBatches } from './in-batches.js'

/**
 * What policies and targets rest on: prices and the value of a unit of the fund by day, every set of targets with what it
 * was made of, and the newest document of a source that passed. Days are UTC. A day that was not observed has no row.
 */
export async function up(db: QueryExecutorProvider): Promise<void> {
  // Decisions of earlier builds went by bands alone; whoever reads them finds no figures and no policy.
  await inBatches(db, 'cycles', sql`decision = decision || '{"figures": []}'`)

  await sql`alter table cycles add column is_unfinished boolean not null default false`.execute(db)

  // Numbers of Postgres include NaN, which is above everything, and infinities.
  await sql`
    create table price_days (
      asset text collate "C" not null,
      day date not null,
      price numeric not null check (price > 0 and price < 'Infinity'),
      observed_at timestamptz not null,
      origin text not null check (origin in ('observed', 'imported')),
      primary key (asset, day)
    )`.execute(db)

  await sql`
    create table unit_days (
      portfolio text collate "C" not null,
      day date not null,
      observed_at timestamptz not null,
      since date not null,
      unit numeric not null check (unit >= 0 and unit < 'Infinity'),
      nav numeric not null,
      flow numeric not null,
      parts jsonb not null,
      primary key (portfolio, day)
    )`.execute(db)

  await sql`
    create table target_sets (
      sequence bigint generated always as identity primary key,
      portfolio text collate "C" not null,
      set_at timestamptz not null,
      day date not null generated always as ((set_at at time zone 'UTC')::date) stored,
      setter text not null,
      setting text not null,
      status text not null check (status in ('set', 'refused')),
      code text,
      weights jsonb,
      exposure double precision,
      document jsonb,
      inputs text not null,
      inputs_hash text not null check (inputs_hash ~ '^[0-9a-f]{64}$'),
      reasons jsonb not null,
      check ((status = 'refused') = (code is not null)),
      check ((status = 'set') = (weights is not null))
    )`.execute(db)
  await sql`create index target_sets_by_portfolio on target_sets (portfolio, sequence)`.execute(db)
  await sql`create index target_sets_in_force on target_sets (portfolio, sequence) where status = 'set'`.execute(db)
  // A setting may be longer than what an index takes.
  await sql`
    create unique index target_sets_one_refusal_a_day on target_sets (portfolio, day, md5(setting), code)
    where status = 'refused'`.execute(db)
  // Outlives the targets that were made of it, so that no older one counts again.
  await sql`
    create table target_documents (
      portfolio text collate "C" primary key,
      set_at timestamptz not null,
      weights jsonb not null
    )`.execute(db)
}
