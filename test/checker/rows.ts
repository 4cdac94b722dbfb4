import pg from 'pg'
import type { Address, Hex } from 'viem'

/** What is written down about one account, as of one moment. Numbers of the chain are bigint, times milliseconds. */
export interface Rows {
  readonly account: Address
  readonly intents: readonly IntentRow[]
  readonly events: readonly { readonly intentId: string; readonly state: string; readonly epoch: number }[]
  readonly attempts: readonly AttemptRow[]
  readonly journal: readonly JournalRow[]
  readonly postings: readonly PostingRow[]
  readonly transfers: readonly TransferRow[]
  readonly spends: readonly SpendRow[]
  readonly legs: readonly LegRow[]
  /** Cycles without an end. */
  readonly openCycles: readonly string[]
  readonly leaseEpoch: number
  /** The highest the signer has seen. */
  readonly signerEpoch: number
}

export interface IntentRow {
  readonly id: string
  readonly cycleId: string | null
  readonly legId: string | null
  readonly kind: string
  readonly chain: string
  readonly nonce: number
  readonly call: { readonly to: Address; readonly data: Hex; readonly value: bigint }
  readonly state: string
  readonly inclusion: InclusionDocument | null
}

export interface InclusionDocument {
  readonly hash: Hex
  readonly block: { readonly number: bigint; readonly hash: Hex }
  readonly isSuccess: boolean
  readonly gasPaid: bigint
  readonly movements: readonly { readonly token: Address; readonly units: bigint }[]
}

export interface AttemptRow {
  readonly intentId: string
  readonly ordinal: number
  readonly hash: Hex
  readonly raw: Hex
  readonly payload: string
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

export interface JournalRow {
  readonly chainId: number
  readonly nonce: number
  readonly payload: string
  readonly digest: string
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  readonly epoch: number
  readonly intentId: string
}

export interface PostingRow {
  readonly book: string
  readonly cause: string
  readonly chain: string
  readonly token: Address
  /** Of the ledger: `wallet`, `gas`, `in_flight:…` and so on. */
  readonly account: string
  readonly units: bigint
}

export interface TransferRow {
  readonly id: string
  readonly state: string
  readonly bridge: string
  readonly origin: string
  readonly originHash: Hex
  readonly destination: string
  readonly sent: AmountDocument
  readonly minimum: AmountDocument
  readonly arrivals: readonly ArrivalDocument[]
}

export interface ArrivalDocument {
  readonly chain: string
  readonly hash: Hex
  readonly amount: AmountDocument
  /** When it was booked, in milliseconds since 1970; null until its block was final. */
  readonly finalAt: number | null
}

export interface AmountDocument {
  readonly token: { readonly chain: string; readonly address: Address }
  readonly units: bigint
}

export interface SpendRow {
  readonly intentId: string
  readonly cycleId: string
  readonly chain: string
  /** USD with 18 decimals. */
  readonly turnover: bigint
}

export interface LegRow {
  readonly id: string
  readonly state: string
  readonly kind: string
}

type Query = <T>(text: string, values?: readonly unknown[]) => Promise<T[]>

/** Accounts that anything is written down about, in lower case. */
export async function accountsIn(database: string): Promise<Address[]> {
  return reading(database, async (query) => {
    const rows = await query<{ account: Address }>(
      `select distinct lower(account) as account from intents union select distinct owner from postings order by 1`,
    )
    return rows.map(({ account }) => account)
  })
}

/**
 * Everything about the account, from one snapshot of the database, and of the journal's where it has one of its own; that
 * one is read later, so that it knows at least as much. Writes nothing and takes no lock.
 */
export async function readRows(database: string, account: Address, journal = database): Promise<Rows> {
  const owner = account.toLowerCase()
  const rows = await reading(database, async (query) => ({
    ...(await bookRows(query, owner)),
    ...(journal === database ? await journalRows(query, owner) : undefined),
  }))
  const own = journal === database ? undefined : await reading(journal, (query) => journalRows(query, owner))
  return { ...rows, ...own } as Rows
}

async function journalRows(query: Query, owner: string): Promise<Pick<Rows, 'journal' | 'signerEpoch'>> {
  const entries = await query<JournalRow>(
    `select chain_id::int as "chainId", nonce::int, payload, digest, max_fee_per_gas || 'n' as "maxFeePerGas",
       max_priority_fee_per_gas || 'n' as "maxPriorityFeePerGas", epoch::int, intent_id as "intentId"
     from signer_journal where account = $1 order by sequence`,
    [owner],
  )
  const [epoch] = await query<{ highest: number }>('select coalesce(max(epoch), 0)::int as highest from signer_epoch')
  return { journal: entries.map(plain), signerEpoch: epoch!.highest }
}

async function bookRows(query: Query, owner: string): Promise<Omit<Rows, 'journal' | 'signerEpoch'>> {
  const intents = await query<IntentRow>(
    `select id, cycle_id as "cycleId", leg_id as "legId", kind, chain, nonce::int, call, state, inclusion
       from intents where lower(account) = $1 order by sequence`,
    [owner],
  )
  const [lease] = await query<{ epoch: number }>('select epoch::int from lease')
  return {
    account: owner as Address,
    intents: intents.map(plain),
    events: await query(
      `select intent_id as "intentId", intent_events.state, intent_events.epoch::int from intent_events
         join intents on intents.id = intent_id where lower(account) = $1 order by intent_events.sequence`,
      [owner],
    ),
    attempts: (
      await query<AttemptRow>(
        `select intent_id as "intentId", attempts.ordinal, hash, raw, payload,
             max_fee_per_gas || 'n' as "maxFeePerGas", max_priority_fee_per_gas || 'n' as "maxPriorityFeePerGas"
           from attempts join intents on intents.id = intent_id where lower(account) = $1
           order by intents.sequence, attempts.ordinal`,
        [owner],
      )
    ).map(plain),
    postings: (
      await query<PostingRow>(
        `select book, cause, chain, token, account, units || 'n' as units from postings where owner = $1
           order by sequence`,
        [owner],
      )
    ).map(plain),
    transfers: (
      await query<{ transfer: TransferRow & { account: Address } }>(
        `select transfer from transfers where lower(transfer ->> 'account') = $1 order by sequence`,
        [owner],
      )
    ).map(({ transfer }) => plain(transfer)),
    spends: (
      await query<SpendRow>(
        `select intent_id as "intentId", cycle_id as "cycleId", chain, turnover || 'n' as turnover from spends
           where account = $1 order by at`,
        [owner],
      )
    ).map(plain),
    legs: await query(
      `select distinct legs.id, legs.state, legs.kind from legs join intents on intents.leg_id = legs.id
         where lower(intents.account) = $1`,
      [owner],
    ),
    openCycles: (await query<{ id: string }>('select id from cycles where ended_at is null')).map(({ id }) => id),
    leaseEpoch: lease!.epoch,
  }
}

async function reading<T>(database: string, act: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: database,
    application_name: 'evenkeel-checker',
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('begin transaction isolation level repeatable read, read only')
    return await act(async <R>(text: string, values: readonly unknown[] = []) => {
      const { rows } = await client.query(text, [...values])
      return rows as R[]
    })
  } finally {
    await client.end()
  }
}

/** The same with every text `123n` as the number it stands for; an unknown text stays what it is. */
function plain<T>(value: T): T {
  if (typeof value === 'string') return (/^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value) as T
  if (Array.isArray(value)) return value.map(plain) as T
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item as unknown)])) as T
}
