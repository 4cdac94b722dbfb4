import { type Selectable, sql } from 'kysely'
import type { CancelOrder } from '../../domain/execution/cancel-order.js'
import type { Investigation } from '../../domain/execution/investigation.js'
import type { Database } from './database.js'
import type { CancelOrderRow, InvestigationRow } from './tables.js'

/** The order on record, which is the given one where there was none; undefined where the intent cannot be cancelled. */
export async function insertCancelOrder(
  db: Database,
  { intentId, by, reason, at }: CancelOrder,
): Promise<CancelOrder | undefined> {
  await sql`
    insert into cancel_orders (intent_id, ordered_by, reason, at)
    select id, ${by}, ${reason}, ${new Date(at)} from intents
    where id = ${intentId} and kind <> 'revoke' and state in ('reserved', 'signed')
    on conflict do nothing`.execute(db)
  const [order] = await loadCancelOrders(db, [intentId])
  return order
}

/** Oldest first. */
export async function loadCancelOrders(db: Database, intentIds: readonly string[]): Promise<CancelOrder[]> {
  if (intentIds.length === 0) return []
  const rows = await db
    .selectFrom('cancel_orders')
    .selectAll()
    .where('intent_id', 'in', intentIds)
    .orderBy('at')
    .orderBy('intent_id')
    .execute()
  return rows.map(orderOf)
}

function orderOf({ intent_id, ordered_by, reason, at }: Selectable<CancelOrderRow>): CancelOrder {
  return { intentId: intent_id, by: ordered_by, reason, at: at.getTime() }
}

/** False where the transfer is not late: nothing was written then. */
export async function insertInvestigation(
  db: Database,
  { transferId, by, reason, note, at }: Investigation,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into transfer_investigations (transfer_id, investigated_by, reason, note, at)
    select id, ${by}, ${reason}, ${note ?? null}, ${new Date(at)} from transfers
    where id = ${transferId} and state in ('late', 'lost_suspected')
    on conflict (transfer_id) do update set
      investigated_by = excluded.investigated_by, reason = excluded.reason, note = excluded.note, at = excluded.at
    `.execute(db)
  return numAffectedRows === 1n
}

export async function loadInvestigations(db: Database, transferIds: readonly string[]): Promise<Investigation[]> {
  if (transferIds.length === 0) return []
  const rows = await db
    .selectFrom('transfer_investigations')
    .selectAll()
    .where('transfer_id', 'in', transferIds)
    .orderBy('transfer_id')
    .execute()
  return rows.map(investigationOf)
}

function investigationOf(row: Selectable<InvestigationRow>): Investigation {
  return {
    transferId: row.transfer_id,
    by: row.investigated_by,
    reason: row.reason,
    note: row.note ?? undefined,
    at: row.at.getTime(),
  }
}
