import type { Address } from 'viem'
import type { CheckedWorld } from './account-call.js'
import { type Baseline, type ChainRecord, recordChain } from './chain-record.js'
import { countsOf, wrongAtAnyTime } from './check-chains.js'
import { checkIntents, isLive } from './check-intents.js'
import { checkLedger } from './check-ledger.js'
import { checkSignatures, usualReplacements } from './check-signatures.js'
import { checkTransfers, hasEnded } from './check-transfers.js'
import type { Finding } from './finding.js'
import { readRows, type Rows } from './rows.js'

export interface BooksOptions {
  /** Where to begin on each chain; the account's first transaction when absent. */
  readonly baseline?: Baseline
  /** Seconds of chain time that the rows may be behind what is final. */
  readonly graceSeconds?: number
  /** The database of the signer's journal, where it has one of its own. */
  readonly journal?: string | undefined
  /** Replacements of one payload that the build may sign. */
  readonly replacements?: number
}

export interface BooksVerdict {
  readonly account: Address
  readonly findings: readonly Finding[]
  /** What was judged. */
  readonly counts: Readonly<Record<string, number>>
  /** What is under way: none of it means that the account is at rest. */
  readonly open: { readonly intents: number; readonly transfers: number; readonly cycles: number }
}

/**
 * Judges everything the account did and everything that is written down about it. The chains are believed, the rows are
 * held against them. The rows are read first, so that the chains know at least as much; what runs on meanwhile is told
 * apart from what is wrong.
 */
export async function checkBooks(
  world: CheckedWorld,
  database: string,
  account: Address,
  { baseline, journal, graceSeconds = 60, replacements = usualReplacements }: BooksOptions = {},
): Promise<BooksVerdict> {
  const rows = await readRows(database, account, journal)
  const records = await Promise.all(
    world.chains.map(({ key }) =>
      recordChain(
        world,
        account,
        key,
        baseline?.chains.find(({ chain }) => chain === key),
      ),
    ),
  )
  return judgeBooks(records, rows, graceSeconds, replacements)
}

export async function judgeBooks(
  records: readonly ChainRecord[],
  rows: Rows,
  graceSeconds: number,
  replacements: number,
): Promise<BooksVerdict> {
  return {
    account: rows.account,
    findings: [
      ...wrongAtAnyTime(records, rows.account),
      ...checkIntents(records, rows, graceSeconds),
      ...(await checkSignatures(records, rows, replacements)),
      ...checkLedger(records, rows),
      ...checkTransfers(records, rows, graceSeconds),
    ],
    counts: {
      ...countsOf(records),
      intents: rows.intents.length,
      attempts: rows.attempts.length,
      signatures: rows.journal.length,
      postings: rows.postings.length,
      transfers: rows.transfers.length,
      spends: rows.spends.length,
      allowances: records.reduce((sum, { allowances }) => sum + allowances.length, 0),
      balances: records.reduce((sum, { holdings }) => sum + holdings.size, 0),
    },
    open: {
      intents: rows.intents.filter(isLive).length,
      transfers: rows.transfers.filter((transfer) => !hasEnded(transfer)).length,
      cycles: rows.openCycles.length,
    },
  }
}
