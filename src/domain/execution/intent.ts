import type { Address, ChainKey, Hex } from '../assets.js'
import { InvariantError } from '../errors.js'
import type { Call } from '../planning/quote.js'
import type { BlockRef } from '../portfolio/snapshot.js'

export const STEP_KINDS = ['approve', 'swap', 'bridge', 'revoke'] as const
export type StepKind = (typeof STEP_KINDS)[number]

export const INTENT_STATES = [
  'reserved',
  'signed',
  'mined',
  'final_ok',
  'final_reverted',
  'final_cancelled',
  'released',
  'foreign',
] as const
export type IntentState = (typeof INTENT_STATES)[number]

/**
 * The only ways an intent moves. From `signed` no edge leads to a state that would allow the step a second nonce
 * before the first one's is consumed: signed bytes are live whether or not anybody heard of them. A mined
 * one may move to another block, or back to none, as often as the chain forks.
 */
const EDGES: Readonly<Record<IntentState, readonly IntentState[]>> = {
  reserved: ['signed', 'released', 'foreign'],
  signed: ['mined', 'foreign'],
  mined: ['mined', 'signed', 'final_ok', 'final_reverted', 'final_cancelled'],
  final_ok: [],
  final_reverted: [],
  final_cancelled: [],
  released: [],
  foreign: [],
}

/** Throws InvariantError for a pair that is not an edge. */
export function assertEdge(from: IntentState, to: IntentState): void {
  if (!EDGES[from].includes(to)) throw new InvariantError(`An intent cannot go from ${from} to ${to}.`)
}

/** One signed transaction for the intent's nonce. Its bytes are written down before anyone sees them. */
export interface Attempt {
  readonly hash: Hex
  readonly raw: Hex
  readonly gasLimit: bigint
  /** Wei per gas. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  /** Milliseconds since 1970. */
  readonly signedAt: number
  /** What the bytes do: the step itself, or a transfer of nothing to ourselves that consumes the nonce. */
  readonly payload: 'step' | 'cancel'
}

/** Units of one token that came to (positive) or left (negative) our account in one transaction. */
export interface Movement {
  readonly token: Address
  readonly units: bigint
}

/** What the chain says about the transaction that consumed the nonce. */
export interface Inclusion {
  readonly hash: Hex
  readonly block: BlockRef
  readonly isSuccess: boolean
  /** Wei paid for gas, all charges of the chain included. */
  readonly gasPaid: bigint
  /** Everything that moved on our account except gas; the native coin under its stand-in address. */
  readonly movements: readonly Movement[]
}

interface IntentBase {
  /** `<leg>.<kind>.<ordinal>`. */
  readonly id: string
  /** Undefined for housekeeping, which no cycle asked for: taking back a forgotten allowance (C-14). */
  readonly cycleId: string | undefined
  readonly legId: string | undefined
  readonly kind: StepKind
  readonly ordinal: number
  readonly chain: ChainKey
  readonly account: Address
  /** Owned until finally consumed. */
  readonly nonce: number
  /** Grows by one with every change that is written, from 1. */
  readonly version: number
  readonly call: Call
  readonly gasLimit: bigint
  /** Milliseconds since 1970. */
  readonly reservedAt: number
  /** When the calldata's own deadline passes, in milliseconds since 1970; undefined where it has none. */
  readonly expiresAt: number | undefined
}

/** One (chain, account, nonce) for one step. */
export type Intent = IntentBase &
  (
    | { readonly state: 'reserved' | 'released'; readonly attempts: readonly [] }
    | { readonly state: 'signed'; readonly attempts: readonly [Attempt, ...Attempt[]] }
    /** Its nonce was consumed, at finality, by bytes that are not ours. */
    | { readonly state: 'foreign'; readonly attempts: readonly Attempt[] }
    | {
        readonly state: 'mined' | 'final_ok' | 'final_reverted' | 'final_cancelled'
        readonly attempts: readonly [Attempt, ...Attempt[]]
        readonly inclusion: Inclusion
      }
  )

export type NewIntent = Omit<IntentBase, 'nonce' | 'version'>

export function isLive(intent: Intent): boolean {
  return intent.state === 'reserved' || intent.state === 'signed' || intent.state === 'mined'
}

export function reservedIntent(intent: NewIntent, nonce: number): Intent {
  return { ...intent, nonce, version: 1, state: 'reserved', attempts: [] }
}

/** The intent after its nonce was given back; nothing may ever have been signed for it. */
export function releasedIntent(intent: Intent): Intent {
  assertEdge(intent.state, 'released')
  return { ...intent, version: intent.version + 1, state: 'released', attempts: [] }
}

/**
 * The intent with one more signed transaction: live from then on. Throws InvariantError for bytes that R-05 does
 * not allow: after a cancel the step is not signed again, and nothing is signed that pays less than what is out already.
 */
export function withAttempt(intent: Intent, attempt: Attempt): Extract<Intent, { state: 'signed' }> {
  if (intent.state !== 'reserved' && intent.state !== 'signed')
    throw new InvariantError(`Intent ${intent.id} is ${intent.state}; nothing more is signed for its nonce.`)
  const earlier: readonly Attempt[] = intent.attempts
  const attempts: readonly [Attempt, ...Attempt[]] =
    intent.state === 'signed' ? [...intent.attempts, attempt] : [attempt]
  if (attempt.payload === 'step' && isCancelling(intent))
    throw new InvariantError(`Intent ${intent.id} is being cancelled; its step cannot be signed again.`)
  const paysLess = earlier.some(
    ({ maxFeePerGas, maxPriorityFeePerGas }) =>
      attempt.maxFeePerGas < maxFeePerGas || attempt.maxPriorityFeePerGas < maxPriorityFeePerGas,
  )
  if (paysLess) throw new InvariantError(`Attempt ${attempt.hash} of ${intent.id} pays less than an earlier one.`)
  return { ...intent, version: intent.version + 1, state: 'signed', attempts }
}

/** Whether a cancel is signed for its nonce; whichever of the two lands first decides. */
export function isCancelling({ attempts }: Intent): boolean {
  return attempts.some(({ payload }) => payload === 'cancel')
}

/** The attempt that offers the network most; of equals the latest. Undefined when nothing is signed. */
export function bestAttempt({ attempts }: Intent): Attempt | undefined {
  const all: readonly Attempt[] = attempts
  return all.reduce<Attempt | undefined>(
    (best, one) => (best && best.maxFeePerGas > one.maxFeePerGas ? best : one),
    undefined,
  )
}

/** Whether its step succeeded in a block that is part of the chain as far as is known. A mined cancel did nothing. */
export function isCarriedOut(intent: Intent): intent is Extract<Intent, { inclusion: unknown }> {
  return 'inclusion' in intent && intent.inclusion.isSuccess && payloadOf(intent, intent.inclusion.hash) === 'step'
}

function payloadOf({ id, attempts }: Intent, hash: Hex): Attempt['payload'] {
  const all: readonly Attempt[] = attempts
  const winner = all.find((one) => one.hash === hash)
  if (!winner) throw new InvariantError(`Transaction ${hash} is not one of those signed for ${id}.`)
  return winner.payload
}

/** What one look at the chain showed about an intent whose nonce may be consumed. */
export interface ChainSight {
  /** A receipt of one of the attempts whose block is canonical right now, if there is one. */
  readonly inclusion: Inclusion | undefined
  /** Height of the finalised block, read before the receipts were looked for. */
  readonly finalizedBlock: bigint
  /** The account's next nonce by the finalised block, read before the receipts were looked for. */
  readonly finalizedNonce: number
  /** Hash of the transaction that consumed the nonce, where the endpoints can tell. */
  readonly consumer: Hex | undefined
  /** For how long it has been on record that the nonce is finally consumed and no receipt of ours is known. */
  readonly unexplainedMs: number
}

/**
 * Where endpoints cannot tell who consumed a nonce, receipts of ours may still turn up for this long: an index that lags
 * is likelier than a stolen key, and nothing is signed meanwhile (F-30).
 */
export const FOREIGN_GRACE_MS = 20 * 60_000

/** Evidence under which the wait for a missing receipt is written down; the wait counts from its writing. */
export const UNEXPLAINED = 'The nonce is finally consumed and no receipt of ours is known.'

/** Evidence that a signed step is cancelled because a person has paused the work: its leg is held, it has not failed (B-13). */
export const HELD_BY_PERSON = 'A person has paused the work: the step is to be cancelled.'

/** Whether the sight shows a finally consumed nonce without a receipt of ours. */
export function isUnexplained(intent: Intent, { inclusion, finalizedNonce }: ChainSight): boolean {
  return intent.state === 'signed' && !inclusion && finalizedNonce > intent.nonce
}

/**
 * Where the evidence moves an intent; the same intent when it moves nothing. A mined transaction whose block is gone
 * is live again; only a canonical block at or below the finalised one ends it, by what the attempt in it does (R-06, R-07,
 * A nonce that is finally consumed by other bytes is foreign: at once where the chain names them or
 * where none of ours were ever written down, and else after the grace.
 */
export function judgeIntent(intent: Intent, sight: ChainSight): Intent {
  if (!isLive(intent)) return intent
  const version = intent.version + 1
  const isConsumed = sight.finalizedNonce > intent.nonce
  if (intent.state === 'reserved') return isConsumed ? { ...intent, version, state: 'foreign' } : intent
  if (!sight.inclusion) {
    if (intent.state === 'mined')
      return { ...withoutBlock(intent), version, state: 'signed', attempts: intent.attempts }
    if (!isConsumed || intent.state !== 'signed') return intent
    const isOurs = intent.attempts.some(({ hash }) => hash === sight.consumer)
    const isOver = sight.consumer === undefined ? sight.unexplainedMs >= FOREIGN_GRACE_MS : !isOurs
    return isOver ? { ...intent, version, state: 'foreign' } : intent
  }
  if (intent.state !== 'signed' && intent.state !== 'mined') return intent
  const base = { ...withoutBlock(intent), version, attempts: intent.attempts }
  const payload = payloadOf(intent, sight.inclusion.hash)
  const inclusion = payload === 'cancel' ? { ...sight.inclusion, movements: [] } : sight.inclusion
  if (intent.state === 'signed' || intent.inclusion.block.hash !== inclusion.block.hash)
    return { ...base, state: 'mined', inclusion }
  if (inclusion.block.number > sight.finalizedBlock) return intent
  if (payload === 'cancel') return { ...base, state: 'final_cancelled', inclusion }
  return { ...base, state: inclusion.isSuccess ? 'final_ok' : 'final_reverted', inclusion }
}

function withoutBlock(intent: Intent): IntentBase {
  if (!('inclusion' in intent)) return intent
  const { inclusion: _undone, ...rest } = intent
  return rest
}
