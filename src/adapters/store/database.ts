import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, type LogEvent, PostgresDialect, type PostgresPoolClient, type Transaction as Tx } from 'kysely'
import pg from 'pg'
import { InvariantError } from '../../domain/errors.js'
import type { QueryOperation } from '../../domain/events.js'
import type { Tables } from './tables.js'

export type Database = Kysely<Tables>
export type Transaction = Tx<Tables>

export interface DatabaseOptions {
  readonly url: string
  readonly poolSize?: number
  /** Connections besides, for what is read within `lookAside`; without them that is read on the others. */
  readonly readPoolSize?: number
}

/** Postgres cannot be reached, or went away. What was asked for may or may not have been done. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
}

const CONNECT_TIMEOUT_MS = 5_000
const LOCK_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 10_000
/** Longer than the server's own limits: it is reached only when the server does not answer at all. */
const ANSWER_TIMEOUT_MS = 15_000

const looking = new AsyncLocalStorage<true>()

/** What `act` asks of a database goes over the connections for reads: however much people look, no work waits for them. */
export function lookAside<T>(act: () => Promise<T>): Promise<T> {
  return looking.run(true, act)
}

/**
 * A pool of connections with time-outs on every wait. Nothing is asked of the server before the first query. A
 * connection that broke is thrown away, never used again. Messages name host and database, never the password.
 */
export function openDatabase({ url, poolSize = 10, readPoolSize = 0 }: DatabaseOptions): Database {
  const place = nameOf(url)
  const [work, reads] = [openPool(url, poolSize), readPoolSize > 0 ? openPool(url, readPoolSize) : undefined]
  const prepared = new WeakSet<pg.PoolClient>()
  const connect = async () => {
    let client: pg.PoolClient | undefined
    try {
      client = await ((looking.getStore() && reads) ?? work).connect()
      if (!prepared.has(client)) await client.query(KEEP_COMMITS)
      prepared.add(client)
      return guard(client, place)
    } catch (cause) {
      client?.release(true)
      throw new DatabaseError(
        `${place} does not take a connection: ${reasonOf(cause)}. Check DATABASE_URL and that Postgres is up.`,
        { cause },
      )
    }
  }
  const inside: Inside = { pools: { work, ...(reads && { reads }) }, hear: undefined }
  const database: Database = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: { connect, end: async () => void (await Promise.all([work.end(), reads?.end()])) },
    }),
    log: (event) => inside.hear?.({ operation: operationOf(event), seconds: event.queryDurationMillis / 1000 }),
  })
  insides.set(database, inside)
  return database
}

function openPool(url: string, size: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'evenkeel',
    max: size,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  })
  const ignore = () => undefined
  // A connection that ends while nothing runs on it is replaced; one that ends under a query fails that query.
  pool.on('error', ignore)
  pool.on('connect', (client) => {
    client.on('error', ignore)
  })
  return pool
}

/** A statement that was answered or refused; the wait for a connection is not in its time. */
export interface AnsweredQuery {
  readonly operation: QueryOperation
  readonly seconds: number
}

interface PoolStanding {
  readonly idle: number
  readonly inUse: number
  /** Statements that wait for a connection. */
  readonly waiting: number
}

type PoolName = 'work' | 'reads'

interface Inside {
  readonly pools: { readonly [name in PoolName]?: pg.Pool }
  hear: ((query: AnsweredQuery) => void) | undefined
}

const insides = new WeakMap<Database, Inside>()

/** From now on every statement of this database is told to `hear`, and to nobody else. */
export function hearQueries(database: Database, hear: (query: AnsweredQuery) => void): void {
  insideOf(database).hear = hear
}

/** The connections of a database at this moment. */
export function connectionsOf(database: Database): { readonly [name in PoolName]?: PoolStanding } {
  const standings = Object.entries(insideOf(database).pools).map(
    ([name, { totalCount, idleCount, waitingCount }]) =>
      [name, { idle: idleCount, inUse: totalCount - idleCount, waiting: waitingCount }] as const,
  )
  return Object.fromEntries(standings)
}

function insideOf(database: Database): Inside {
  const inside = insides.get(database)
  if (!inside) throw new InvariantError('A database that openDatabase did not open has nothing to tell.')
  return inside
}

const OPERATIONS: Readonly<Record<string, QueryOperation>> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
}

function operationOf({ query }: LogEvent): QueryOperation {
  return OPERATIONS[query.query.kind] ?? 'other'
}

/** Signed bytes count as sent from the commit on, so a commit that a power cut can undo is none. */
const KEEP_COMMITS = `select set_config('synchronous_commit', 'on', false)
  where current_setting('synchronous_commit') in ('off', 'local')`

/** Tells a failed query, which leaves the connection good, from a failed connection. */
function guard(client: pg.PoolClient, place: string): PostgresPoolClient {
  let broken: DatabaseError | undefined
  const query = async (text: string, parameters: readonly unknown[]) => {
    if (broken) throw broken
    try {
      return await client.query(text, [...parameters])
    } catch (cause) {
      if (cause instanceof pg.DatabaseError && !isEnding(cause)) throw cause
      broken = new DatabaseError(`${place} was lost in the middle of a query: ${reasonOf(cause)}.`, { cause })
      throw broken
    }
  }
  // Kysely's second form of `query` takes a cursor, which nothing here opens.
  return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release(broken !== undefined) }
}

/** The server says that it closes the connection: shutdown, crash of a neighbour, termination, idle too long. */
function isEnding({ code }: pg.DatabaseError): boolean {
  return code !== undefined && (code.startsWith('57P0') || code.startsWith('08') || code === '25P03')
}

function nameOf(url: string): string {
  try {
    const { host, port, database } = new pg.Client({ connectionString: url })
    return `Postgres at ${host}:${port}, database ${database},`
  } catch {
    throw new DatabaseError(
      'DATABASE_URL is no Postgres address. Expected postgres://user:password@host:port/database.',
    )
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message || error.name : String(error)
}
