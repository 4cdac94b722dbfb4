import type { Address, ChainKey, Hex } from '../assets.js'
import { InvariantError } from '../errors.js'
import type { Call } from '../planning/quote.js'
import type { BlockRef } from '../portfolio/snapshot.js'

export const STEP_KINDS = ['approve', 'swap', 'bridge', 'revoke'] as const
export type StepKind = (typeof STEP_KINDS)[number]

export const INTENT_STATES = ['reserved', 'signed', 'mined', 'final_ok', 'final_reverted', 'released'] as const
export type IntentState = (typeof INTENT_STATES)[number]

/**
 * The only ways an intent moves. From `signed` no edge leads to a state that would allow the step a second nonce
 * before the first one's is consumed: signed bytes are live whether or not anybody heard of them.
 */
const EDGES: Readonly<Record<IntentState, readonly IntentState[]>> = {
  reserved: ['signed', 'released'],
  signed: ['mined'],
  mined: ['signed', 'final_ok', 'final_reverted'],
  final_ok: [],
  final_reverted: [],
  released: [],
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
  readonly cycleId: string
  readonly legId: string
  readonly kind: StepKind
  readonly ordinal: number
  readonly chain: ChainKey
  readonly account: Address
  /** Owned until finally consumed. */
  readonly nonce: number
  readonly call: Call
  readonly gasLimit: bigint
  /** Milliseconds since 1970. */
  readonly reservedAt: number
}

/** One (chain, account, nonce) for one step. */
export type Intent = IntentBase &
  (
    | { readonly state: 'reserved' | 'released'; readonly attempts: readonly [] }
    | { readonly state: 'signed'; readonly attempts: readonly [Attempt, ...Attempt[]] }
    | {
        readonly state: 'mined' | 'final_ok' | 'final_reverted'
        readonly attempts: readonly [Attempt, ...Attempt[]]
        readonly inclusion: Inclusion
      }
  )

export type NewIntent = Omit<IntentBase, 'nonce'>

export function isLive(intent: Intent): boolean {
  return intent.state === 'reserved' || intent.state === 'signed' || intent.state === 'mined'
}

/** What one look at the chain showed about an intent that may have been broadcast. */
export interface ChainSight {
  /** A receipt of one of the attempts whose block is canonical right now, if there is one. */
  readonly inclusion: Inclusion | undefined
  readonly finalizedBlock: bigint
}

/**
 * Where the evidence moves an intent; the same intent when it moves nothing. A mined transaction whose block is gone
 * is live again; only a canonical block at or below the finalised one ends it.
 */
export function judgeIntent(intent: Intent, sight: ChainSight): Intent {
  if (intent.state !== 'signed' && intent.state !== 'mined') return intent
  const { inclusion } = sight
  if (!inclusion) return intent.state === 'mined' ? withoutBlock(intent) : intent
  const base: IntentBase & { attempts: readonly [Attempt, ...Attempt[]] } = intent
  if (intent.state === 'signed' || intent.inclusion.block.hash !== inclusion.block.hash)
    return { ...base, state: 'mined', inclusion }
  if (inclusion.block.number > sight.finalizedBlock) return intent
  return { ...base, state: inclusion.isSuccess ? 'final_ok' : 'final_reverted', inclusion }
}

function withoutBlock({ inclusion: _undone, ...intent }: Extract<Intent, { inclusion: unknown }>): Intent {
  return { ...intent, state: 'signed' }
}
