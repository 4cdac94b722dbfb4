import type { BooksLook } from '../../domain/execution/reconciliation.js'
import type { Database } from './database.js'

/** The later of two looks stands. */
export async function writeLook(db: Database, { portfolio, chain, at, isShort }: BooksLook): Promise<void> {
  const look = { at: new Date(at), is_short: isShort }
  await db
    .insertInto('reconciliations')
    .values({ portfolio, chain, ...look })
    .onConflict((conflict) =>
      conflict.columns(['portfolio', 'chain']).doUpdateSet(look).where('reconciliations.at', '<=', look.at),
    )
    .execute()
}

export async function loadLooks(db: Database): Promise<BooksLook[]> {
  const rows = await db.selectFrom('reconciliations').selectAll().orderBy('portfolio').orderBy('chain').execute()
  return rows.map(({ portfolio, chain, at, is_short: isShort }) => ({ portfolio, chain, at: at.getTime(), isShort }))
}
