import { type Selectable, sql } from 'kysely'
import type { Scope, ScopeState } from '../../domain/policy/operating.js'
import type { TimedPause } from '../../domain/policy/timed-pauses.js'
import { authorColumns, authorMember } from './author-columns.js'
import type { Database, Transaction } from './database.js'
import type { TimedPauseRow } from './tables.js'

/** Pauses that are over by the database's clock, oldest first. */
export async function loadExpired(db: Database): Promise<TimedPause[]> {
  const rows = await db
    .selectFrom('timed_pauses')
    .selectAll()
    .where('expires_at', '<=', sql<Date>`statement_timestamp()`)
    .orderBy('expires_at')
    .orderBy('id')
    .execute()
  return rows.map(pauseOf)
}

export async function deletePause(db: Database, id: number): Promise<void> {
  await db.deleteFrom('timed_pauses').where('id', '=', String(id)).execute()
}

/** Those that were said until then. */
export async function endTimedPauses(tx: Transaction, scope: Scope, until: Date): Promise<void> {
  await tx.deleteFrom('timed_pauses').where('scope', '=', scope).where('since', '<=', until).execute()
}

/**
 * Adds a pause with an end. One of the same level that ends later stays in its place, as of now; those that still hold and
 * end no later are contained in the new one. What is over already stays for whoever tells of it.
 */
export async function insertTimedPause(
  tx: Transaction,
  { scope, level, reason, since, expiresAt, author }: ScopeState & { readonly expiresAt: number },
): Promise<void> {
  if (level === 'running') return
  const end = new Date(expiresAt)
  const { numUpdatedRows } = await tx
    .updateTable('timed_pauses')
    .set({ since: sql<Date>`greatest(since, ${new Date(since)})` })
    .where('scope', '=', scope)
    .where('level', '=', level)
    .where('expires_at', '>', end)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return
  await tx
    .deleteFrom('timed_pauses')
    .where('scope', '=', scope)
    .where('level', '=', level)
    .where('expires_at', '>', sql<Date>`statement_timestamp()`)
    .execute()
  await tx
    .insertInto('timed_pauses')
    .values({ scope, level, reason, since: new Date(since), expires_at: end, ...authorColumns(author) })
    .execute()
}

function pauseOf({ id, scope, level, reason, since, expires_at, ...author }: Selectable<TimedPauseRow>): TimedPause {
  return {
    id: Number(id),
    scope,
    level,
    reason,
    since: since.getTime(),
    by: 'operator',
    ...authorMember(author),
    expiresAt: expires_at.getTime(),
  }
}
