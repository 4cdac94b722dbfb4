import type { Selectable } from 'kysely'
import type { Breaker, BreakerCode, Trip } from '../../domain/policy/breakers.js'
import type { Scope } from '../../domain/policy/operating.js'
import type { Database, Transaction } from './database.js'
import { lowerState, raiseState } from './scope-rows.js'
import type { BreakerRow } from './tables.js'

/** False when the same code holds the same scope already; the scope is made at least as strict either way. */
export async function insertBreaker(tx: Transaction, trip: Trip, at: number): Promise<boolean> {
  const { code, scope, level, reason } = trip
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('breakers')
    .values({ code, scope, level, reason, tripped_at: new Date(at) })
    .onConflict((conflict) => conflict.columns(['code', 'scope']).where('cleared_at', 'is', null).doNothing())
    .executeTakeFirst()
  await raiseState(tx, { scope, level, reason: `${code}: ${reason}`, since: at, by: 'breaker' })
  return numInsertedOrUpdatedRows === 1n
}

export async function loadBreakers(
  db: Database,
  { isOpen, limit }: { isOpen: boolean; limit: number },
): Promise<Breaker[]> {
  let query = db.selectFrom('breakers').selectAll().orderBy('id', 'desc').limit(limit)
  if (isOpen) query = query.where('cleared_at', 'is', null)
  return (await query.execute()).map(breakerOf)
}

export async function endBreakers(
  tx: Transaction,
  scope: Scope,
  code: BreakerCode | undefined,
  by: string,
  at: number,
): Promise<Breaker[]> {
  let query = tx
    .updateTable('breakers')
    .set({ cleared_at: new Date(at), cleared_by: by })
    .where('scope', '=', scope)
    .where('cleared_at', 'is', null)
  if (code !== undefined) query = query.where('code', '=', code)
  const cleared = await query.returningAll().execute()
  if (cleared.length === 0) return []
  await lowerState(tx, scope)
  return cleared.map(breakerOf).toSorted((a, b) => b.id - a.id)
}

function breakerOf(row: Selectable<BreakerRow>): Breaker {
  return {
    id: Number(row.id),
    code: row.code,
    scope: row.scope,
    level: row.level,
    reason: row.reason,
    trippedAt: row.tripped_at.getTime(),
    clearedAt: row.cleared_at?.getTime(),
    clearedBy: row.cleared_by ?? undefined,
  }
}
