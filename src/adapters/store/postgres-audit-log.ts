import { sql } from 'kysely'
import type { AuditEntry, AuditFault, AuditRecord } from '../../domain/access/audit-entry.js'
import { InvariantError } from '../../domain/errors.js'
import { AuditLog, type AuditQuery, type AuditVerdict } from '../../ports/audit-log.js'
import { AuditChain, legible, recordOf, seal } from './audit-chain.js'
import type { Database, Transaction } from './database.js'

/** Records that are read at once, so that a walk over a long chain neither fills memory nor holds up other work. */
const BATCH = 1_000
/** After so many nobody needs to know where else a chain is broken. */
const MOST_FAULTS = 20
/** When a record was written; to the letter what the index is over. */
const AT = sql<string>`audit_time(record)`

/**
 * The audit log as a chain of rows. Whoever adds one holds the head, so that records come one after another: sequence and
 * predecessor without gaps, times by the database's clock. A rejection with DatabaseError may come after the commit; the
 * entry is then in the log although its writer was told otherwise.
 *
 * NUL and halves of surrogate pairs are written as U+FFFD.
 */
export class PostgresAuditLog extends AuditLog {
  constructor(
    private readonly database: Database,
    private readonly batch = BATCH,
  ) {
    super()
  }

  override append(entry: AuditEntry): Promise<AuditRecord> {
    return this.database
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        const place = await takeHead(tx)
        const { sequence } = place
        const { text, hash } = seal(entry, place)
        await tx.insertInto('audit_log').values({ sequence, record: text, hash }).execute()
        await tx.updateTable('audit_head').set({ sequence, hash }).execute()
        return recordOf(JSON.parse(text), hash)
      })
  }

  override async records(asked: AuditQuery): Promise<readonly AuditRecord[]> {
    const { subject, action, result, from, to, before, limit } = asked
    let query = this.database.selectFrom('audit_log').select(['record', 'hash'])
    if (subject !== undefined) query = query.where('subject', '=', legible(subject) as string)
    if (action !== undefined) query = query.where('action', '=', legible(action) as string)
    if (result !== undefined) query = query.where('result', '=', result)
    if (from !== undefined) query = query.where(AT, '>=', String(from))
    if (to !== undefined) query = query.where(AT, '<', String(to))
    if (before !== undefined) query = query.where('sequence', '<', String(before))
    const rows = await query.orderBy('sequence', 'desc').limit(limit).execute()
    return rows.map(({ record, hash }) => recordOf(record, hash))
  }

  /** One picture of the table, so that records added meanwhile are no faults. */
  override verify(
    { after, until }: Parameters<AuditLog['verify']>[0] = {},
    signal?: AbortSignal,
  ): Promise<AuditVerdict> {
    return this.database
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => {
        const head = await tx.selectFrom('audit_head').select(['sequence', 'hash']).executeTakeFirst()
        const chain = new AuditChain(after)
        const faults = await this.walk(tx, chain, until?.sequence, signal)
        const end = until ?? (head && { sequence: Number(head.sequence), hash: head.hash })
        const atEnd = faults.length < MOST_FAULTS ? chain.end(end) : undefined
        const [fault, ...others] = [...faults, ...(atEnd ? [atEnd] : [])]
        const { sequence: count, hash } = chain.head
        if (!fault) return { status: 'intact', count, head: hash }
        return { status: 'broken', fault, faults: [fault, ...others], count, head: hash }
      })
  }

  private async walk(
    tx: Transaction,
    chain: AuditChain,
    until = Number.MAX_SAFE_INTEGER,
    signal?: AbortSignal,
  ): Promise<AuditFault[]> {
    const faults: AuditFault[] = []
    for (;;) {
      signal?.throwIfAborted()
      const rows = await tx
        .selectFrom('audit_log')
        .select(['sequence', 'hash', sql<string>`record::text`.as('text')])
        .where('sequence', '>', String(chain.head.sequence))
        .where('sequence', '<=', String(until))
        .orderBy('sequence')
        .limit(this.batch)
        .execute()
      if (rows.length === 0) return faults
      for (const { sequence, text, hash } of rows) {
        faults.push(...chain.next({ sequence: Number(sequence), text, hash }))
        if (faults.length >= MOST_FAULTS) return faults
      }
    }
  }
}

async function takeHead(tx: Transaction): Promise<Pick<AuditRecord, 'sequence' | 'at' | 'previousHash'>> {
  const head = await tx.selectFrom('audit_head').select(['sequence', 'hash']).forUpdate().executeTakeFirst()
  if (!head)
    throw new InvariantError('The audit log has lost its head. Run evenkeel audit verify, and restore the database.')
  const { rows } = await sql<{ at: string }>`
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as at`.execute(tx)
  return { sequence: Number(head.sequence) + 1, at: Number(rows[0]!.at), previousHash: head.hash }
}
