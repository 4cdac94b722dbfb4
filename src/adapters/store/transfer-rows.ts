import { sql } from 'kysely'
import type { ChainKey, Hex } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import { isTransferOpen, OPEN_TRANSFER_STATES, type Transfer } from '../../domain/execution/transfer.js'
import { ConflictError } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'
import { fromJson, toJson } from './json.js'

export async function insertTransfer(tx: Transaction, transfer: Transfer): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('transfers')
    .values({ id: transfer.id, cycle_id: transfer.cycleId, transfer: toJson(transfer) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** The transfer must still be exactly as it was read; that includes its state. */
export async function updateTransfer(tx: Transaction, before: Transfer, after: Transfer): Promise<void> {
  if (before.id !== after.id || !isTransferOpen(before))
    throw new InvariantError(`Transfer ${before.id} (${before.state}) cannot become ${after.id} (${after.state}).`)
  const { numUpdatedRows } = await tx
    .updateTable('transfers')
    .set({ transfer: toJson(after), version: sql<number>`version + 1` })
    .where('id', '=', before.id)
    .where('transfer', '=', toJson(before))
    .executeTakeFirst()
  if (numUpdatedRows !== 1n)
    throw new ConflictError(`Transfer ${before.id} is no longer as it was read (${before.state}). Reload it.`)
  await tx.deleteFrom('arrivals').where('transfer_id', '=', after.id).execute()
  if (after.arrivals.length === 0) return
  const rows = after.arrivals.map(({ chain, hash, log }) => ({
    chain,
    hash: hash.toLowerCase() as Hex,
    log,
    transfer_id: after.id,
  }))
  await tx.insertInto('arrivals').values(rows).execute()
}

export async function loadOpenTransfers(db: Database, portfolio: string | undefined): Promise<Transfer[]> {
  let query = db
    .selectFrom('transfers')
    .select('transfer')
    .where('transfers.state', 'in', OPEN_TRANSFER_STATES)
    .orderBy('sequence')
  if (portfolio !== undefined)
    query = query.where('cycle_id', 'in', (from) =>
      from.selectFrom('cycles').select('id').where('portfolio', '=', portfolio),
    )
  const rows = await query.execute()
  return rows.map(({ transfer }) => fromJson(transfer) as Transfer)
}

export async function loadClaimedArrivals(db: Database, chain: ChainKey): Promise<Hex[]> {
  const rows = await db.selectFrom('arrivals').select('hash').distinct().where('chain', '=', chain).execute()
  return rows.map(({ hash }) => hash)
}
