import type { Selectable } from 'kysely'
import type { Address } from '../../domain/assets.js'
import {
  type JournalEntry,
  judgeClaim,
  judgeEpoch,
  type NonceClaim,
  type Objection,
} from '../../domain/execution/equivocation.js'
import { NonceJournal } from '../../ports/journal.js'
import type { Database, Transaction } from './database.js'
import type { JournalRow } from './tables.js'

/**
 * The journal as rows that are only ever added, beside the highest epoch. Every claim locks the epoch's row first: claims
 * are judged one after another, and a fence that has resolved comes before or after each of them, never in between. The
 * connection commits to disk (see database.ts), so what resolved survives a power cut.
 *
 * It reads neither lease nor intents, so that what they forget, it still knows.
 */
export class PostgresJournal extends NonceJournal {
  constructor(private readonly database: Database) {
    super()
  }

  override record(claim: NonceClaim): Promise<Objection | undefined> {
    return this.exclusively(async (tx, epoch) => {
      const [highest, entries] = [await highestNonce(tx, claim), await entriesOf(tx, claim)]
      const objection = judgeClaim({ epoch, highest, entries }, claim)
      if (objection) return objection
      await raiseEpoch(tx, epoch, claim.epoch)
      await tx
        .insertInto('signer_journal')
        .values({
          chain_id: claim.chainId,
          account: claim.account.toLowerCase(),
          nonce: claim.nonce,
          payload: claim.payload,
          digest: claim.digest,
          max_fee_per_gas: claim.maxFeePerGas,
          max_priority_fee_per_gas: claim.maxPriorityFeePerGas,
          epoch: claim.epoch,
          intent_id: claim.intentId,
        })
        .execute()
      return undefined
    })
  }

  override fence(epoch: number): Promise<Objection | undefined> {
    return this.exclusively(async (tx, highest) => {
      const objection = judgeEpoch(highest, epoch)
      if (!objection) await raiseEpoch(tx, highest, epoch)
      return objection
    })
  }

  override async last(chainId: number, account: Address): Promise<JournalEntry | undefined> {
    const row = await rowsOf(this.database, { chainId, account })
      .orderBy('nonce', 'desc')
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row && entryOf(row)
  }

  override async has(chainId: number, account: Address, nonce: number): Promise<boolean> {
    const row = await rowsOf(this.database, { chainId, account })
      .where('nonce', '=', String(nonce))
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  }

  private exclusively<T>(act: (tx: Transaction, epoch: number) => Promise<T>): Promise<T> {
    return this.database
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        const { epoch } = await tx.selectFrom('signer_epoch').select('epoch').forUpdate().executeTakeFirstOrThrow()
        return act(tx, Number(epoch))
      })
  }
}

type Of = Pick<JournalEntry, 'chainId' | 'account'>

function rowsOf(from: Database | Transaction, { chainId, account }: Of) {
  return from
    .selectFrom('signer_journal')
    .selectAll()
    .where('chain_id', '=', String(chainId))
    .where('account', '=', account.toLowerCase())
}

async function highestNonce(tx: Transaction, of: Of): Promise<number | undefined> {
  const row = await rowsOf(tx, of).orderBy('nonce', 'desc').limit(1).executeTakeFirst()
  return row && Number(row.nonce)
}

async function entriesOf(tx: Transaction, { nonce, ...of }: NonceClaim): Promise<JournalEntry[]> {
  const rows = await rowsOf(tx, of).where('nonce', '=', String(nonce)).orderBy('sequence').execute()
  return rows.map(entryOf)
}

async function raiseEpoch(tx: Transaction, from: number, to: number): Promise<void> {
  if (to > from)
    await tx
      .updateTable('signer_epoch')
      .set({ epoch: String(to) })
      .execute()
}

function entryOf(row: Selectable<JournalRow>): JournalEntry {
  return {
    chainId: Number(row.chain_id),
    account: row.account as Address,
    nonce: Number(row.nonce),
    payload: row.payload,
    digest: row.digest,
    maxFeePerGas: BigInt(row.max_fee_per_gas),
    maxPriorityFeePerGas: BigInt(row.max_priority_fee_per_gas),
    epoch: Number(row.epoch),
    intentId: row.intent_id,
  }
}
