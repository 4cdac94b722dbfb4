import pg from 'pg'
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible'
import { CountedLimits, countersOf } from './counted-limits.js'

export interface PostgresRateLimitsOptions {
  readonly url: string
  /** Default 600. */
  readonly readsPerMinute?: number
  /** A count that takes longer is not waited for. Default 200. */
  readonly timeoutMs?: number
}

/**
 * The counters of all processes, as rows. Pauses are counted over a connection of their own, so that no flood of anything
 * else keeps them waiting (F-77). While the database does not count in time, each process counts for itself: a request is
 * never refused, and never let through uncounted, because of that. Counts are of no worth after a power cut, so commits do
 * not wait for the disk.
 */
export class PostgresRateLimits extends CountedLimits {
  private readonly pools: readonly pg.Pool[]

  constructor({ url, readsPerMinute = 600, timeoutMs = 200 }: PostgresRateLimitsOptions) {
    const forPauses = poolOf(url, 1, timeoutMs)
    const forOthers = poolOf(url, 3, timeoutMs)
    super(
      countersOf((counted, { points, seconds }) => {
        const common = { keyPrefix: counted, points, duration: seconds }
        return new RateLimiterPostgres({
          ...common,
          storeClient: counted === 'pause' ? forPauses : forOthers,
          storeType: 'pool',
          tableName: 'rate_limits',
          tableCreated: true,
          // Old rows of all counters are deleted by one of them.
          clearExpiredByTimeout: counted === 'read',
          insuranceLimiter: new RateLimiterMemory(common),
        })
      }, readsPerMinute),
    )
    this.pools = [forPauses, forOthers]
  }

  async close(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()))
  }
}

function poolOf(url: string, max: number, timeoutMs: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'evenkeel limits',
    max,
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs,
    options: '-c synchronous_commit=off',
  })
  const ignore = () => undefined
  // A connection that ends while nothing runs on it is replaced; one that ends under a query fails that query.
  pool.on('error', ignore)
  pool.on('connect', (client) => {
    client.on('error', ignore)
  })
  return pool
}
