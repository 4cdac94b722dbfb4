import type { Address, ChainKey, Hex } from '../../domain/assets.js'
import type { Intent } from '../../domain/execution/intent.js'
import type { BroadcastAnswer } from '../../ports/chain.js'
import type { BroadcastRecord, IntentEvent } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'

/** One line in the life of an intent, in the transaction that changes it. */
export async function insertEvent(
  tx: Transaction,
  epoch: number,
  { id, state }: Intent,
  evidence: string,
): Promise<void> {
  await tx.insertInto('intent_events').values({ intent_id: id, state, epoch, evidence }).execute()
}

/** Oldest first. */
export async function loadEvents(db: Database, id: string): Promise<IntentEvent[]> {
  const rows = await db
    .selectFrom('intent_events')
    .select(['at', 'state', 'epoch', 'evidence'])
    .where('intent_id', '=', id)
    .orderBy('sequence')
    .execute()
  return rows.map(({ at, state, epoch, evidence }) => ({ at: at.getTime(), state, epoch: Number(epoch), evidence }))
}

export async function insertBroadcast(
  db: Database,
  intentId: string,
  hash: Hex,
  answers: readonly BroadcastAnswer[],
  at: number,
): Promise<void> {
  if (answers.length === 0) return
  await db
    .insertInto('broadcasts')
    .values(answers.map(({ endpoint, answer }) => ({ intent_id: intentId, hash, endpoint, answer, at: new Date(at) })))
    .execute()
}

/** Oldest first. */
export async function loadBroadcasts(db: Database, id: string): Promise<BroadcastRecord[]> {
  const rows = await db
    .selectFrom('broadcasts')
    .select(['at', 'hash', 'endpoint', 'answer'])
    .where('intent_id', '=', id)
    .orderBy('sequence')
    .execute()
  return rows.map(({ at, ...said }) => ({ ...said, at: at.getTime() }))
}

/** The fingerprint on record for code, which is the given one where there was none. What is written stays. */
export async function pinFingerprint(
  db: Database,
  chain: ChainKey,
  contract: Address,
  selector: Hex,
  fingerprint: Hex,
): Promise<Hex> {
  const place = { chain, contract: contract.toLowerCase(), selector }
  await db
    .insertInto('code_pins')
    .values({ ...place, fingerprint })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await db
    .selectFrom('code_pins')
    .select('fingerprint')
    .where('chain', '=', place.chain)
    .where('contract', '=', place.contract)
    .where('selector', '=', place.selector)
    .executeTakeFirstOrThrow()
  return row.fingerprint
}
