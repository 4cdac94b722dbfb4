import { sql } from 'kysely'
import type { ChainKey, Hex } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import { isTransferOpen, type Transfer } from '../../domain/execution/transfer.js'
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
}

export async function loadOpenTransfers(db: Database, portfolio: string | undefined): Promise<Transfer[]> {
  let query = db
    .selectFrom('transfers')
    .select('transfer')
    .where('transfers.state', 'in', ['in_flight', 'late', 'seen'])
    .orderBy('sequence')
  if (portfolio !== undefined)
    query = query.where('cycle_id', 'in', (from) =>
      from.selectFrom('cycles').select('id').where('portfolio', '=', portfolio),
    )
  const rows = await query.execute()
  return rows.map(({ transfer }) => fromJson(transfer) as Transfer)
}

export async function loadClaimedArrivals(db: Database, chain: ChainKey): Promise<Hex[]> {
  const rows = await db
    .selectFrom('transfers')
    .select('arrival_hash')
    .where('arrival_chain', '=', chain)
    .where('arrival_hash', 'is not', null)
    .orderBy('sequence')
    .$narrowType<{ arrival_hash: Hex }>()
    .execute()
  return rows.map(({ arrival_hash }) => arrival_hash)
}
