import { rm } from 'node:fs/promises'
import pg from 'pg'
import { openDatabase } from '../../src/adapters/store/database.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/adapters/store/embedded-postgres.js'
import { migrate } from '../../src/adapters/store/migrate.js'
import { SCHEMA_VERSION } from '../../src/adapters/store/migrations/index.js'
import { PostgresLease } from '../../src/adapters/store/postgres-lease.js'
import { PostgresStore } from '../../src/adapters/store/postgres-store.js'
import type { Address } from '../../src/domain/assets.js'
import type { Cycle } from '../../src/domain/execution/cycle.js'
import { openingPostings } from '../../src/domain/execution/ledger.js'
import type { Baseline } from '../checker/chain-record.js'

/** A Postgres server for one lane, on one port for as long as the lane lives, with an empty, migrated database to copy. */
export interface Books {
  /** A fresh database for the next run; the one before it goes. */
  readonly fresh: () => Promise<string>
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startBooks(dir: string): Promise<Books> {
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dir })
  const port = Number(new URL(server.url).port)
  const urlOf = (name: string) => {
    const url = new URL(server.url)
    url.pathname = `/${name}`
    return url.href
  }
  const administer = async (...statements: readonly string[]) => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  // Only processes die here, never the machine, so that nothing has to reach the disk.
  await administer(
    'alter system set fsync = off',
    'alter system set full_page_writes = off',
    'select pg_reload_conf()',
    'create database empty',
  )
  const empty = openDatabase({ url: urlOf('empty'), poolSize: 1 })
  await migrate(empty)
  await empty.destroy()
  let runs = 0
  return {
    async fresh() {
      if (runs > 0) await administer(`drop database run_${runs} with (force)`)
      await administer(`create database run_${++runs} template empty`)
      return urlOf(`run_${runs}`)
    },
    async restart() {
      await server.stop()
      server = await startEmbeddedPostgres({ dir, port })
    },
    async stop() {
      await server.stop()
      // Not always the folder that was asked for: started by root, the server may be unable to enter that one.
      await rm(server.dir, { recursive: true, force: true })
    },
  }
}

/** Writes down a cycle and what the account has before it, as the daemon does right before it trades. */
export async function openCycle(url: string, cycle: Cycle, { account, chains }: Baseline): Promise<void> {
  const database = openDatabase({ url, poolSize: 2 })
  const lease = new PostgresLease({
    database,
    build: '0.0.0-crash',
    schemaVersion: SCHEMA_VERSION,
    ttlMs: 10_000,
    selfFenceMs: 9_000,
  })
  try {
    const store = new PostgresStore({ database, lease })
    if (!(await lease.acquire())) throw new Error('A fresh database gave its lease to somebody else.')
    for (const { chain, holdings } of chains) {
      const known = [...holdings].map(([token, units]) => ({ token: token as Address, units }))
      await store.openLedger(account, openingPostings(account, chain, known))
    }
    await store.openCycle(cycle)
    await lease.release()
  } finally {
    await database.destroy()
  }
}

/** What is under way, and what is over, by the rows. */
export interface UnderWay {
  readonly cycles: number
  readonly intents: number
  readonly transfers: number
  /** Cycles that traded and ended. */
  readonly traded: number
  /** Cycles that ended. */
  readonly ended: number
  /** Trades that may be signed at any moment, or are, and in no block yet. */
  readonly pendingTrades: number
  /** Of those, the ones that something was signed for. */
  readonly signedTrades: number
  readonly attempts: number
  /** Scopes that are halted: without a person nothing goes on there. */
  readonly halted: readonly string[]
}

/** One connection that asks again and again; a server that restarts under it costs one question. */
export interface Watch {
  readonly underWay: () => Promise<UnderWay>
  readonly stop: () => Promise<void>
}

export function watchBooks(url: string): Watch {
  let client: pg.Client | undefined
  const leave = async () => {
    const old = client
    client = undefined
    await old?.end().catch(() => undefined)
  }
  return {
    async underWay() {
      try {
        if (!client) {
          client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 5_000 })
          client.on('error', () => undefined)
          await client.connect()
        }
        const { rows } = await client.query<UnderWay>(QUESTION)
        return rows[0]!
      } catch (error) {
        await leave()
        throw error
      }
    },
    stop: leave,
  }
}

const QUESTION = `
  with trades as (select state from intents where kind in ('swap', 'bridge'))
  select
    (select count(*)::int from cycles where ended_at is null) as cycles,
    (select count(*)::int from intents where state in ('reserved', 'signed', 'mined')) as intents,
    (select count(*)::int from transfers
      where state not in ('full', 'short', 'other_token', 'refunded')) as transfers,
    (select count(*)::int from cycles where outcome = 'traded') as traded,
    (select count(*)::int from cycles where ended_at is not null) as ended,
    (select count(*)::int from trades where state in ('reserved', 'signed')) as "pendingTrades",
    (select count(*)::int from trades where state = 'signed') as "signedTrades",
    (select count(*)::int from attempts) as attempts,
    (select coalesce(array_agg(scope || ': ' || reason), '{}') from scope_states where level = 'halted') as halted`

/** Keeps what a failed run has written down, as text, for a person. */
export async function dump(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const parts: string[] = []
    for (const query of [
      'select id, kind, state, chain, nonce from intents order by sequence',
      'select intent_id, ordinal, payload, hash, max_fee_per_gas from attempts order by signed_at',
      'select intent_id, state, epoch, evidence, at from intent_events order by sequence',
      'select nonce, payload, max_fee_per_gas, epoch, intent_id from signer_journal order by sequence',
      `select id, state, run -> 'failure' as failure from legs`,
      'select id, state from transfers',
      'select code, scope, level, reason from breakers',
      'select scope, level, reason from scope_states',
    ]) {
      const { rows } = await client.query(query)
      parts.push(...rows.map((row) => JSON.stringify(row)))
    }
    return parts.join('\n')
  } finally {
    await client.end()
  }
}
