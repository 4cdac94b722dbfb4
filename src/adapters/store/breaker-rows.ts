import type { Selectable } from 'kysely'
import type { Breaker, BreakerCode, Trip } from '../../domain/policy/breakers.js'
import { DAEMON, isStricter, type Scope } from '../../domain/policy/operating.js'
import type { Store } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'
import { lowerState, raiseState } from './scope-rows.js'
import type { BreakerRow } from './tables.js'

/**
 * False when the same code holds the same scope already; breaker and scope are made at least as strict either way, so that
 * the end of another breaker does not loosen what this one asks for by now.
 */
export async function insertBreaker(tx: Transaction, trip: Trip, at: number): Promise<boolean> {
  const { code, scope, level, reason } = trip
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('breakers')
    .values({ code, scope, level, reason, tripped_at: new Date(at) })
    .onConflict((conflict) => conflict.columns(['code', 'scope']).where('cleared_at', 'is', null).doNothing())
    .executeTakeFirst()
  const isNew = numInsertedOrUpdatedRows === 1n
  if (!isNew) await raiseBreaker(tx, trip)
  await raiseState(tx, { scope, level, reason: `${code}: ${reason}`, since: at, by: 'breaker', author: DAEMON })
  return isNew
}

async function raiseBreaker(tx: Transaction, { code, scope, level, reason }: Trip): Promise<void> {
  const open = await tx
    .selectFrom('breakers')
    .select(['id', 'level'])
    .where('code', '=', code)
    .where('scope', '=', scope)
    .where('cleared_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (!open || !isStricter(level, open.level)) return
  await tx.updateTable('breakers').set({ level, reason }).where('id', '=', open.id).execute()
}

export async function loadBreakers(
  db: Database,
  { isOpen, code, scope, before, limit }: Parameters<Store['breakers']>[0],
): Promise<Breaker[]> {
  let query = db.selectFrom('breakers').selectAll().orderBy('id', 'desc').limit(limit)
  if (isOpen) query = query.where('cleared_at', 'is', null)
  if (code !== undefined) query = query.where('code', '=', code)
  if (scope !== undefined) query = query.where('scope', '=', scope)
  if (before !== undefined) query = query.where('id', '<', String(before))
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
