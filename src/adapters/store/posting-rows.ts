import { sql } from 'kysely'
import { type Address, type ChainKey, sameAddress } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import { depositPostings, type LedgerAccount, type Posting } from '../../domain/execution/ledger.js'
import type { BookedUnits } from '../../domain/portfolio/tradable.js'
import type { LedgerEntry, Store } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'

/** Refuses postings that do not sum to zero for every token, and any that is booked already. */
export async function insertPostings(tx: Transaction, postings: readonly Posting[]): Promise<void> {
  const sums = new Map<string, bigint>()
  for (const posting of postings) sums.set(keyOf(posting), (sums.get(keyOf(posting)) ?? 0n) + posting.units)
  for (const [token, sum] of sums)
    if (sum !== 0n) throw new InvariantError(`Postings of ${token} sum to ${sum} base units; both sides must be equal.`)
  if (postings.length === 0) return
  await tx
    .insertInto('postings')
    .values(
      postings.map(({ cause, owner, chain, token, account, units, book }) => ({
        cause,
        owner: lower(owner),
        chain,
        token: lower(token),
        account,
        units,
        book,
      })),
    )
    .execute()
}

export async function insertOpening(tx: Transaction, account: Address, postings: readonly Posting[]): Promise<void> {
  const foreign = postings.find(({ owner }) => !sameAddress(owner, account))
  if (foreign) throw new InvariantError(`The ledger of ${account} cannot open with a posting of ${foreign.owner}.`)
  const met = await tx
    .selectFrom('postings')
    .select(['chain', 'token'])
    .distinct()
    .where('owner', '=', lower(account))
    .where('account', '=', 'wallet')
    .execute()
  const known = new Set(met.map(keyOf))
  await insertPostings(
    tx,
    postings.filter((posting) => !known.has(keyOf(posting))),
  )
}

/** By the final book. */
export function loadWalletBalances(db: Database, account: Address): Promise<BookedUnits[]> {
  return loadSums(db, account, 'wallet')
}

/** Money that was found came from `unattributed`, so that its sum is negative there. */
export async function loadUnattributed(db: Database, account: Address): Promise<BookedUnits[]> {
  const sums = await loadSums(db, account, 'unattributed')
  return sums.flatMap(({ units, ...where }) => (units < 0n ? [{ ...where, units: -units }] : []))
}

export async function bookDeposit(
  tx: Transaction,
  { units: seen, ...on }: Parameters<Store['classifyInflow']>[0],
): Promise<bigint> {
  const entries = tx
    .selectFrom('postings')
    .where('owner', '=', lower(on.owner))
    .where('chain', '=', on.chain)
    .where('token', '=', lower(on.token))
    .where('account', '=', 'unattributed')
    .where('book', '=', 'final')
  // Locked by one statement and read by the next, which sees what a classification that came first has written.
  await entries.select('cause').forUpdate().execute()
  const rows = await entries.select('units').execute()
  const units = -rows.reduce((sum, one) => sum + BigInt(one.units), 0n)
  if (units <= 0n) return 0n
  if (units === seen) await insertPostings(tx, depositPostings(on, units, rows.length))
  return units
}

async function loadSums(db: Database, owner: Address, account: LedgerAccount): Promise<BookedUnits[]> {
  const rows = await db
    .selectFrom('postings')
    .select(['chain', 'token', sql<string>`sum(units)`.as('units')])
    .where('owner', '=', lower(owner))
    .where('account', '=', account)
    .where('book', '=', 'final')
    .groupBy(['chain', 'token'])
    .orderBy('chain')
    .orderBy('token')
    .execute()
  return rows.map(({ chain, token, units }) => ({ chain, token, units: BigInt(units) }))
}

/** Newest first; `place` is the row's number in the order of writing. */
export async function loadLedger(
  db: Database,
  { account, chain, tokens, before, limit }: Parameters<Store['ledger']>[0],
): Promise<(LedgerEntry & { readonly place: string })[]> {
  let query = db.selectFrom('postings').selectAll().where('owner', '=', lower(account))
  if (chain !== undefined) query = query.where('chain', '=', chain)
  if (tokens !== undefined)
    query = query.where((is) => is.or(tokens.map((one) => is.and({ chain: one.chain, token: lower(one.address) }))))
  if (before !== undefined) query = query.where('sequence', '<', before)
  const rows = await query.orderBy('sequence', 'desc').limit(limit).execute()
  return rows.map(({ units, booked_at, sequence, ...posting }) => ({
    ...posting,
    units: BigInt(units),
    bookedAt: booked_at.getTime(),
    place: sequence,
  }))
}

function keyOf({ chain, token }: { chain: ChainKey; token: Address }): string {
  return `${chain}:${lower(token)}`
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address
}
