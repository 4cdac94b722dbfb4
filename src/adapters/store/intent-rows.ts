import { type Selectable, sql } from 'kysely'
import { InvariantError } from '../../domain/errors.js'
import { assertEdge, type Attempt, type Inclusion, type Intent, type NewIntent } from '../../domain/execution/intent.js'
import type { Call } from '../../domain/planning/quote.js'
import { ConflictError, NonceGapError } from '../../ports/store.js'
import type { Transaction } from './database.js'
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
  if (chainNonce > nonce)
    throw new InvariantError(
      `B-04: account ${intent.account} on ${chain} is at nonce ${chainNonce} by the chain and at ${nonce} by our records, so somebody else uses its key. Stop trading from it and find out who.`,
    )
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
      cycle_id: intent.cycleId,
      leg_id: intent.legId,
      kind: intent.kind,
      ordinal: intent.ordinal,
      chain,
      account: intent.account,
      nonce,
      call: toJson(intent.call),
      gas_limit: intent.gasLimit,
      reserved_at: new Date(intent.reservedAt),
      state: 'reserved',
      epoch,
    })
    .execute()
  return { ...intent, nonce, state: 'reserved', attempts: [] }
}

export async function insertAttempt(tx: Transaction, epoch: number, intent: Intent, attempt: Attempt): Promise<Intent> {
  if (intent.state !== 'reserved')
    throw new InvariantError(`Intent ${intent.id} is ${intent.state}; only a reserved one takes its first attempt.`)
  await changeState(tx, epoch, intent, { ...intent, state: 'signed', attempts: [attempt] })
  await tx
    .insertInto('attempts')
    .values({
      intent_id: intent.id,
      ordinal: 1,
      hash: attempt.hash,
      raw: attempt.raw,
      gas_limit: attempt.gasLimit,
      max_fee_per_gas: attempt.maxFeePerGas,
      max_priority_fee_per_gas: attempt.maxPriorityFeePerGas,
      signed_at: new Date(attempt.signedAt),
    })
    .execute()
  return { ...intent, state: 'signed', attempts: [attempt] }
}

/** The row stays, so that its id is never given out again; its nonce is the account's next one again. */
export async function releaseNonce(tx: Transaction, epoch: number, intent: Intent): Promise<Intent> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ next_nonce: intent.nonce })
    .where('chain', '=', intent.chain)
    .where('account', '=', intent.account.toLowerCase())
    .where('next_nonce', '=', String(intent.nonce + 1))
    .executeTakeFirst()
  if (numUpdatedRows !== 1n)
    throw new ConflictError(`Nonce ${intent.nonce} of ${intent.account} on ${intent.chain} is not the last one given.`)
  const released: Intent = { ...intent, state: 'released', attempts: [] }
  await changeState(tx, epoch, intent, released)
  return released
}

/** The chain's evidence on an intent that was signed: mined, unmined by a reorg, mined in another block, final. */
export async function updateIntent(tx: Transaction, epoch: number, before: Intent, after: Intent): Promise<void> {
  if (before.id !== after.id || before.nonce !== after.nonce)
    throw new InvariantError(
      `Intent ${before.id} with nonce ${before.nonce} cannot become ${after.id} with ${after.nonce}.`,
    )
  if (before.state === 'reserved')
    throw new InvariantError(`Intent ${before.id} is reserved: it moves by being signed or released, not by evidence.`)
  await changeState(tx, epoch, before, after)
}

/** The row must still be in the state, and in the block, in which it was read. */
async function changeState(tx: Transaction, epoch: number, before: Intent, after: Intent): Promise<void> {
  const isReincluded = before.state === 'mined' && after.state === 'mined'
  if (!isReincluded) assertEdge(before.state, after.state)
  const { numUpdatedRows } = await tx
    .updateTable('intents')
    .set({ state: after.state, inclusion: inclusionOf(after), version: sql<number>`version + 1`, epoch })
    .where('id', '=', before.id)
    .where('state', '=', before.state)
    .where('inclusion', 'is not distinct from', inclusionOf(before))
    .executeTakeFirst()
  if (numUpdatedRows !== 1n)
    throw new ConflictError(`Intent ${before.id} is no longer as it was read (${before.state}). Reload its cycle.`)
}

function inclusionOf(intent: Intent): string | null {
  return 'inclusion' in intent ? toJson(intent.inclusion) : null
}

/** In the order of writing. */
export async function loadIntents(tx: Transaction, cycleIds: readonly string[]): Promise<Intent[]> {
  const rows = await tx
    .selectFrom('intents')
    .selectAll()
    .where('cycle_id', 'in', cycleIds)
    .orderBy('sequence')
    .execute()
  if (rows.length === 0) return []
  const attempts = await tx
    .selectFrom('attempts')
    .innerJoin('intents', 'intents.id', 'attempts.intent_id')
    .selectAll('attempts')
    .where('intents.cycle_id', 'in', cycleIds)
    .orderBy('attempts.ordinal')
    .execute()
  return rows.map((row) => intentOf(row, attempts.filter(({ intent_id }) => intent_id === row.id).map(attemptOf)))
}

function intentOf(row: Selectable<IntentRow>, attempts: Attempt[]): Intent {
  const base = {
    id: row.id,
    cycleId: row.cycle_id,
    legId: row.leg_id,
    kind: row.kind,
    ordinal: row.ordinal,
    chain: row.chain,
    account: row.account,
    nonce: Number(row.nonce),
    call: fromJson(row.call) as Call,
    gasLimit: BigInt(row.gas_limit),
    reservedAt: row.reserved_at.getTime(),
  }
  switch (row.state) {
    case 'reserved':
    case 'released':
      return { ...base, state: row.state, attempts: [] }
    case 'signed':
      return { ...base, state: row.state, attempts: signed(row.id, attempts) }
    case 'mined':
    case 'final_ok':
    case 'final_reverted':
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
  }
}
