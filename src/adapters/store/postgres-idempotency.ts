import { sql } from 'kysely'
import { type Claim, CLAIM_MS, Idempotency, type StoredAnswer } from '../../ports/idempotency.js'
import type { Database } from './database.js'

const KEPT_MS = 7 * 24 * 3_600_000
/** The longest answer that is kept. */
export const MOST_ANSWER_BYTES = 256 * 1024

type Begun = Awaited<ReturnType<Idempotency['begin']>>

/**
 * The calls as rows. One statement claims a key, so that of two at once one does; every change is committed when its
 * promise fulfils. A key belongs to its call for seven days, whatever became of it. The first answer to a call stays. One
 * that is too long to be kept is remembered by its status.
 */
export class PostgresIdempotency extends Idempotency {
  constructor(private readonly database: Database) {
    super()
  }

  override async begin({ subject, key, fingerprint, at }: Parameters<Idempotency['begin']>[0]): Promise<Begun> {
    const old = new Date(at - KEPT_MS)
    const { rows } = await sql`
      insert into idempotency_keys as known (subject, key, fingerprint, claimed_at)
      values (${subject}, ${key}, ${fingerprint}, ${new Date(at)})
      on conflict (subject, key) do update
      set fingerprint = excluded.fingerprint, claimed_at = excluded.claimed_at, status = null, body = null
      where known.claimed_at <= ${old}
      returning key`.execute(this.database)
    if (rows.length === 0) return this.standing({ subject, key, at }, fingerprint)
    await this.database.deleteFrom('idempotency_keys').where('claimed_at', '<=', old).execute()
    return { status: 'begun' }
  }

  override async finish({ subject, key, at }: Claim, { status, body }: StoredAnswer): Promise<void> {
    await this.database
      .updateTable('idempotency_keys')
      .set({ status, body: bounded(body) })
      .where('subject', '=', subject)
      .where('key', '=', key)
      .where('claimed_at', '=', new Date(at))
      .where('status', 'is', null)
      .execute()
  }

  override async abandon({ subject, key, at }: Claim): Promise<void> {
    await this.database
      .deleteFrom('idempotency_keys')
      .where('subject', '=', subject)
      .where('key', '=', key)
      .where('claimed_at', '=', new Date(at))
      .where('status', 'is', null)
      .execute()
  }

  /** Why a key could not be claimed. One that was freed in the same moment is told as running: the next try has it. */
  private async standing({ subject, key, at }: Claim, fingerprint: string): Promise<Begun> {
    const row = await this.database
      .selectFrom('idempotency_keys')
      .select(['fingerprint', 'claimed_at', 'status', 'body'])
      .where('subject', '=', subject)
      .where('key', '=', key)
      .executeTakeFirst()
    if (!row) return { status: 'running' }
    if (row.fingerprint !== fingerprint) return { status: 'mismatch' }
    const { status, body } = row
    if (status !== null && body !== null) return { status: 'finished', answer: { status, body } }
    const since = row.claimed_at.getTime()
    return since <= at - CLAIM_MS ? { status: 'left', since } : { status: 'running' }
  }
}

function bounded(body: string): string {
  const bytes = Buffer.byteLength(body)
  if (bytes <= MOST_ANSWER_BYTES) return body
  const detail = `This was done, once. Its answer of ${bytes} bytes was too long to be kept; read the result where it is.`
  return JSON.stringify({ detail })
}
