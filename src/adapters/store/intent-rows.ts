import { type Selectable, sql } from 'kysely'
import type { Address, ChainKey, Hex } from '../../domain/assets.js'
import { InvariantError } from '../../domain/errors.js'
import {
  assertEdge,
  type Attempt,
  type Inclusion,
  type Intent,
  type NewIntent,
  releasedIntent,
  reservedIntent,
  withAttempt,
} from '../../domain/execution/intent.js'
import type { Call } from '../../domain/planning/quote.js'
import { ConflictError, ForeignNonceError, NonceGapError } from '../../ports/store.js'
import type { Database, Transaction } from './database.js'
import { insertEvent } from './intent-log-rows.js'
import { fromJson, toJson } from './json.js'
import type { AttemptRow, IntentRow } from './tables.js'

/** Callers hold the account's row until the end of their transaction, so that nonces have no gap and no repetition. */
export async function insertIntent(
  tx: Transaction,
  epoch: number,
  intent: NewIntent,
  chainNonce: number,
): Promise<Intent> {
  const { chain } = intent
  const account = intent.account.toLowerCase()
  await tx
    .insertInto('accounts')
    .values({ chain, account, next_nonce: chainNonce })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await tx
    .updateTable('accounts')
    .set({ next_nonce: sql<string>`next_nonce + 1` })
    .where('chain', '=', chain)
    .where('account', '=', account)
    .returning('next_nonce')
    .executeTakeFirstOrThrow()
  const nonce = Number(row.next_nonce) - 1
  if (chainNonce > nonce) throw new ForeignNonceError(chain, intent.account, chainNonce, nonce)
  const { unmined } = await tx
    .selectFrom('intents')
    .select(({ fn }) => fn.countAll<string>().as('unmined'))
    .where('chain', '=', chain)
    .where(sql`lower(account)`, '=', account)
    .where('state', 'in', ['reserved', 'signed'])
    .executeTakeFirstOrThrow()
  if (chainNonce + Number(unmined) < nonce)
    throw new NonceGapError(chain, intent.account, chainNonce, nonce, Number(unmined))
  await tx
    .insertInto('intents')
    .values({
      id: intent.id,
      cycle_id: intent.cycleId ?? null,
      leg_id: intent.legId ?? null,
      kind: intent.kind,
      ordinal: intent.ordinal,
      chain,
      account: intent.account,
      nonce,
      call: toJson(intent.call),
      gas_limit: intent.gasLimit,
      reserved_at: new Date(intent.reservedAt),
      expires_at: intent.expiresAt === undefined ? null : new Date(intent.expiresAt),
      state: 'reserved',
      epoch,
    })
    .execute()
  const reserved = reservedIntent(intent, nonce)
  await insertEvent(tx, epoch, reserved, `nonce ${nonce}`)
  return reserved
}

/** The first signed bytes of a reserved intent, or one more transaction for the nonce of a signed one. */
export async function insertAttempt(tx: Transaction, epoch: number, intent: Intent, attempt: Attempt): Promise<Intent> {
  const signed = withAttempt(intent, attempt)
  await changeRow(tx, epoch, intent, signed)
  await tx
    .insertInto('attempts')
    .values({
      intent_id: intent.id,
      ordinal: signed.attempts.length,
      hash: attempt.hash,
      raw: attempt.raw,
      gas_limit: attempt.gasLimit,
      max_fee_per_gas: attempt.maxFeePerGas,
      max_priority_fee_per_gas: attempt.maxPriorityFeePerGas,
      signed_at: new Date(attempt.signedAt),
      payload: attempt.payload,
    })
    .execute()
  await insertEvent(tx, epoch, signed, `${attempt.payload} ${attempt.hash}`)
  return signed
}

/** Whether the account's next nonce was below this one, with nothing live at or above it, and is this one now. */
export async function raiseNonce(tx: Transaction, chain: ChainKey, account: Address, next: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ next_nonce: next })
    .where('chain', '=', chain)
    .where('account', '=', account.toLowerCase())
    .where('next_nonce', '<', String(next))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('intents')
            .select('id')
            .where('chain', '=', chain)
            .where(sql`lower(account)`, '=', account.toLowerCase())
            .where('nonce', '>=', String(next))
            .where('state', 'in', ['reserved', 'signed', 'mined']),
        ),
      ),
    )
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The row stays, so that its id is never given out again; its nonce is the account's next one again. */
export async function releaseNonce(tx: Transaction, epoch: number, intent: Intent, reason: string): Promise<Intent> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ next_nonce: intent.nonce })
    .where('chain', '=', intent.chain)
    .where('account', '=', intent.account.toLowerCase())
    .where('next_nonce', '=', String(intent.nonce + 1))
    .executeTakeFirst()
  if (numUpdatedRows !== 1n)
    throw new ConflictError(`Nonce ${intent.nonce} of ${intent.account} on ${intent.chain} is not the last one given.`)
  const released = releasedIntent(intent)
  await changeRow(tx, epoch, intent, released)
  await insertEvent(tx, epoch, released, reason)
  return released
}

/**
 * The chain's evidence on an intent: mined, unmined by a reorg, mined in another block, final; or its nonce used by somebody
 * else, which alone may befall one that was never signed.
 */
export async function updateIntent(
  tx: Transaction,
  epoch: number,
  before: Intent,
  after: Intent,
  evidence: string,
): Promise<void> {
  if (before.id !== after.id || before.nonce !== after.nonce || after.version !== before.version + 1)
    throw new InvariantError(
      `Version ${before.version} of intent ${before.id} with nonce ${before.nonce} cannot become version ${after.version} of ${after.id} with ${after.nonce}.`,
    )
  if (before.state === 'reserved' && after.state !== 'foreign')
    throw new InvariantError(`Intent ${before.id} is reserved: it moves by being signed or released, not by evidence.`)
  assertEdge(before.state, after.state)
  await changeRow(tx, epoch, before, after)
  await insertEvent(tx, epoch, after, evidence)
}

/** Writes what was found out about an intent that is still as it was read. */
export async function insertNote(tx: Transaction, epoch: number, intent: Intent, evidence: string): Promise<void> {
  const row = await tx
    .selectFrom('intents')
    .select('version')
    .where('id', '=', intent.id)
    .where('state', '=', intent.state)
    .where('version', '=', intent.version)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw changed(intent)
  await insertEvent(tx, epoch, intent, evidence)
}

/** The row must still be of the version and in the state in which it was read (R-04). */
async function changeRow(tx: Transaction, epoch: number, before: Intent, after: Intent): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('intents')
    .set({ state: after.state, inclusion: inclusionOf(after), version: after.version, epoch })
    .where('id', '=', before.id)
    .where('state', '=', before.state)
    .where('version', '=', before.version)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw changed(before)
}

function changed({ id, state }: Intent): ConflictError {
  return new ConflictError(`Intent ${id} is no longer as it was read (${state}). Reload it.`)
}

function inclusionOf(intent: Intent): string | null {
  return 'inclusion' in intent ? toJson(intent.inclusion) : null
}

/** Which intents are read: those of some cycles, one by its id, or live ones that no cycle asked for. */
export type IntentQuery = { readonly cycleIds: readonly string[] } | { readonly id: string } | 'loose'

/** In the order of writing. */
export async function loadIntents(db: Database | Transaction, which: IntentQuery): Promise<Intent[]> {
  let query = db.selectFrom('intents').selectAll().orderBy('sequence')
  if (which === 'loose')
    query = query.where('cycle_id', 'is', null).where('state', 'in', ['reserved', 'signed', 'mined'])
  else if ('id' in which) query = query.where('id', '=', which.id)
  else query = query.where('cycle_id', 'in', which.cycleIds)
  return intentsOf(db, await query.execute())
}

/** Rows with the attempts that belong to them, in the order of the rows. */
export async function intentsOf(db: Database | Transaction, rows: readonly Selectable<IntentRow>[]): Promise<Intent[]> {
  if (rows.length === 0) return []
  const attempts = await db
    .selectFrom('attempts')
    .selectAll()
    .where(
      'intent_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => intentOf(row, attempts.filter(({ intent_id }) => intent_id === row.id).map(attemptOf)))
}

/** The next nonce of every account that ever got one. */
export async function loadNonces(db: Database): Promise<{ chain: ChainKey; account: Address; next: number }[]> {
  const rows = await db.selectFrom('accounts').selectAll().orderBy('chain').orderBy('account').execute()
  return rows.map(({ chain, account, next_nonce }) => ({
    chain,
    account: account as Address,
    next: Number(next_nonce),
  }))
}

/** Every allowance that was signed for, by the calldata of the approvals: `approve(address,uint256)`. */
export async function loadApprovals(
  db: Database,
  account: Address,
): Promise<{ chain: ChainKey; token: Address; spender: Address }[]> {
  const { rows } = await sql<{ chain: ChainKey; token: Address; spender: Address }>`
    select distinct chain, lower(call ->> 'to') as token, '0x' || lower(substr(call ->> 'data', 35, 40)) as spender
    from intents
    where lower(account) = ${account.toLowerCase()} and kind = 'approve'
      and call ->> 'data' like ${`${APPROVE}%`}
      and exists (select from attempts where attempts.intent_id = intents.id)
    order by chain, token, spender`.execute(db)
  return rows
}

const APPROVE: Hex = '0x095ea7b3'

function intentOf(row: Selectable<IntentRow>, attempts: Attempt[]): Intent {
  const base = {
    id: row.id,
    cycleId: row.cycle_id ?? undefined,
    legId: row.leg_id ?? undefined,
    kind: row.kind,
    ordinal: row.ordinal,
    chain: row.chain,
    account: row.account,
    nonce: Number(row.nonce),
    version: row.version,
    call: fromJson(row.call) as Call,
    gasLimit: BigInt(row.gas_limit),
    reservedAt: row.reserved_at.getTime(),
    expiresAt: row.expires_at?.getTime(),
  }
  switch (row.state) {
    case 'reserved':
    case 'released':
      return { ...base, state: row.state, attempts: [] }
    case 'foreign':
      return { ...base, state: row.state, attempts }
    case 'signed':
      return { ...base, state: row.state, attempts: signed(row.id, attempts) }
    case 'mined':
    case 'final_ok':
    case 'final_reverted':
    case 'final_cancelled':
      return {
        ...base,
        state: row.state,
        attempts: signed(row.id, attempts),
        inclusion: fromJson(row.inclusion) as Inclusion,
      }
  }
}

function signed(id: string, [first, ...rest]: Attempt[]): [Attempt, ...Attempt[]] {
  if (!first) throw new InvariantError(`Intent ${id} is signed, but its signed bytes are missing.`)
  return [first, ...rest]
}

function attemptOf(row: Selectable<AttemptRow>): Attempt {
  return {
    hash: row.hash,
    raw: row.raw,
    gasLimit: BigInt(row.gas_limit),
    maxFeePerGas: BigInt(row.max_fee_per_gas),
    maxPriorityFeePerGas: BigInt(row.max_priority_fee_per_gas),
    signedAt: row.signed_at.getTime(),
    payload: row.payload,
  }
}
