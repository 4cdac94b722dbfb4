import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { sql } from 'kysely'
import { BuildFenceError, Lease, StaleLeaseError } from '../../ports/lease.js'
import type { Database, Transaction } from './database.js'

/** D-23. Renewed every `renewMs`, a process fences itself well before another one can take the lease. */
export const LEASE_TIMES = { ttlMs: 15_000, renewMs: 5_000, selfFenceMs: 10_000 } as const

export interface LeaseOptions {
  readonly database: Database
  /** Version of this build, such as 1.4.0. Written into the row, so that an older build ends itself. */
  readonly build: string
  /** Name of the last migration this build knows. */
  readonly schemaVersion: string
  readonly ttlMs?: number
  readonly selfFenceMs?: number
  /** Milliseconds that no change of the wall clock moves. */
  readonly monotonicMs?: () => number
}

/**
 * The lease as one row. Expiry is judged by the database's clock alone, holding by this process' monotonic clock alone,
 * counted from before the renewal was asked for: this process stops earlier than another one may begin (4.11).
 *
 * A change made under the lease locks the row's key; taking the lease locks the row. So a lease is never taken in the
 * middle of a change, and renewing waits for neither.
 */
export class PostgresLease extends Lease {
  /** Its host, which people know it by, and what no other process has. */
  private readonly holder = `${hostname()}/${randomUUID()}`
  private readonly ttlMs: number
  private readonly selfFenceMs: number
  private readonly monotonicMs: () => number
  private held: { readonly epoch: number; readonly renewedAt: number } | undefined

  constructor(private readonly options: LeaseOptions) {
    super()
    this.ttlMs = options.ttlMs ?? LEASE_TIMES.ttlMs
    this.selfFenceMs = options.selfFenceMs ?? LEASE_TIMES.selfFenceMs
    this.monotonicMs = options.monotonicMs ?? (() => performance.now())
    if (this.selfFenceMs >= this.ttlMs)
      throw new RangeError(
        `A lease of ${this.ttlMs} ms must be let go before it ends, got ${this.selfFenceMs} ms. Lower selfFenceMs.`,
      )
  }

  async acquire(): Promise<boolean> {
    if (this.isHeld()) return true
    const { database, build, schemaVersion } = this.options
    const renewedAt = this.monotonicMs()
    const taken = await database
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        await this.assertBuild(tx)
        const free = await tx
          .selectFrom('lease')
          .select('epoch')
          .where((is) =>
            is.or([
              is('holder', 'is', null),
              is('holder', '=', this.holder),
              is('expires_at', '<=', sql<Date>`clock_timestamp()`),
            ]),
          )
          .forUpdate()
          .executeTakeFirst()
        if (!free) return undefined
        return tx
          .updateTable('lease')
          .set({
            holder: this.holder,
            epoch: sql<string>`epoch + 1`,
            expires_at: this.expiry(),
            build,
            schema_version: schemaVersion,
          })
          .returning('epoch')
          .executeTakeFirstOrThrow()
      })
    if (!taken) return false
    this.held = { epoch: Number(taken.epoch), renewedAt }
    return this.isHeld()
  }

  isHeld(): boolean {
    return this.held !== undefined && this.monotonicMs() - this.held.renewedAt < this.selfFenceMs
  }

  async renew(): Promise<void> {
    const epoch = this.epoch()
    const renewedAt = this.monotonicMs()
    const { numUpdatedRows } = await this.options.database
      .updateTable('lease')
      .set({ expires_at: this.expiry() })
      .where('epoch', '=', String(epoch))
      .where('holder', '=', this.holder)
      .executeTakeFirst()
    if (numUpdatedRows === 1n) {
      this.held = { epoch, renewedAt }
      return
    }
    this.held = undefined
    throw new StaleLeaseError(`The lease of epoch ${epoch} was taken by another process. This one must end.`)
  }

  async release(): Promise<void> {
    if (!this.held) return
    const { epoch } = this.held
    this.held = undefined
    await this.options.database
      .updateTable('lease')
      .set({ holder: null, expires_at: sql<Date>`clock_timestamp()` })
      .where('epoch', '=', String(epoch))
      .where('holder', '=', this.holder)
      .execute()
  }

  epoch(): number {
    if (!this.held) throw new StaleLeaseError('This process does not hold the lease. It must take it before it acts.')
    return this.held.epoch
  }

  async leader(): Promise<string | undefined> {
    const row = await this.options.database
      .selectFrom('lease')
      .select('holder')
      .where('expires_at', '>', sql<Date>`clock_timestamp()`)
      .executeTakeFirst()
    return row?.holder?.split('/')[0]
  }

  /** Judged before every attempt: a standby of an older build ends as soon as a newer one has taken the lease. */
  private async assertBuild(tx: Transaction): Promise<void> {
    const { build, schemaVersion } = this.options
    const row = await tx
      .selectFrom('lease')
      .select(['build', 'schema_version', 'holder'])
      .select(sql<boolean>`expires_at > clock_timestamp()`.as('is_active'))
      .executeTakeFirstOrThrow()
    if (row.schema_version !== null && row.schema_version > schemaVersion)
      throw new BuildFenceError(
        `The database was used with schema ${row.schema_version}, this build knows schemas up to ${schemaVersion}. Start the newer build.`,
      )
    if (row.holder !== null && row.is_active && row.build !== null && isNewer(row.build, build))
      throw new BuildFenceError(
        `Build ${row.build} holds the lease, this is the older build ${build}. Stop the newer one before going back.`,
      )
  }

  private expiry() {
    return sql<Date>`clock_timestamp() + ${this.ttlMs} * interval '1 millisecond'`
  }
}

/** By version alone: builds of one version, or without one, are equals. */
function isNewer(one: string, other: string): boolean {
  const [these, those] = [numbersOf(one), numbersOf(other)]
  const place = these.findIndex((number, index) => number !== those[index])
  return these.length === those.length && place >= 0 && these[place]! > those[place]!
}

function numbersOf(version: string): number[] {
  const found = /^(\d+)\.(\d+)\.(\d+)/.exec(version)
  return found ? found.slice(1).map(Number) : []
}
