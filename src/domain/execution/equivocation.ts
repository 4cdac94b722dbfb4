import { type Address, type Hex, sameAddress } from '../assets.js'
import type { Attempt } from './intent.js'

/**
 * `step` is what the nonce was reserved for, its replacements included; `cancel` a transfer of nothing to ourselves
 * (R-05).
 */
export type PayloadClass = Attempt['payload']

/** What a journal remembers of a signature it allowed. */
export interface JournalEntry {
  readonly chainId: number
  readonly account: Address
  readonly nonce: number
  readonly payload: PayloadClass
  /** keccak256 over what fees do not change: chain id, nonce, to, value, data. */
  readonly digest: Hex
  /** Wei per gas. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  readonly epoch: number
  readonly intentId: string
}

/** What somebody wants to have signed: the entry it would make, and what the transaction does. */
export interface NonceClaim extends JournalEntry {
  readonly to: Address
  readonly value: bigint
  readonly data: Hex
}

/** What was allowed so far, as far as it matters to a claim. */
export interface JournalView {
  /** Highest epoch ever seen, on any account. */
  readonly epoch: number
  /** Highest nonce of the claim's account on its chain; undefined when it never signed there. */
  readonly highest: number | undefined
  /** Every entry of the claim's own nonce. */
  readonly entries: readonly JournalEntry[]
}

/** Why a claim gets no signature. `fenced`: a later leader has begun. `refused`: it contradicts what was signed before. */
export interface Objection {
  readonly kind: 'fenced' | 'refused'
  /** What was expected, what came, what to do. */
  readonly detail: string
}

/**
 * The rule that makes signing one nonce for two things impossible; undefined when the claim may be signed.
 * Per nonce all steps are one payload, and a cancel does nothing but consume the nonce; within either, both fees may
 * stay or grow. An older nonce is open only to those that have an entry already: a replacement or a cancel of it.
 */
export function judgeClaim({ epoch, highest, entries }: JournalView, claim: NonceClaim): Objection | undefined {
  const place = `nonce ${claim.nonce} of ${claim.account} on chain id ${claim.chainId}`
  const refused = (detail: string): Objection => ({ kind: 'refused', detail: `${detail} Nothing was signed.` })
  const fenced = judgeEpoch(epoch, claim.epoch)
  if (fenced) return fenced
  if (claim.payload === 'cancel' && !isNothing(claim))
    return refused(`A cancel is a transfer of nothing to ${claim.account}; for ${place} came something else.`)
  if (highest !== undefined && claim.nonce < highest && entries.length === 0)
    return refused(`Signatures have reached nonce ${highest} and passed ${place} without one; it stays unsigned.`)
  const alike = entries.filter(({ payload }) => payload === claim.payload)
  const other = alike.find(({ digest }) => digest !== claim.digest)
  if (other)
    return refused(`For ${place} the ${claim.payload} ${other.digest} was signed; ${claim.digest} is another one.`)
  const dearer = alike.find(
    (one) => one.maxFeePerGas > claim.maxFeePerGas || one.maxPriorityFeePerGas > claim.maxPriorityFeePerGas,
  )
  if (dearer)
    return refused(
      `For ${place} fees of ${dearer.maxFeePerGas} and ${dearer.maxPriorityFeePerGas} wei were signed; ${claim.maxFeePerGas} and ${claim.maxPriorityFeePerGas} are less.`,
    )
  return undefined
}

/** Epochs are accepted in their order only. */
export function judgeEpoch(highest: number, epoch: number): Objection | undefined {
  if (epoch >= highest) return undefined
  return {
    kind: 'fenced',
    detail: `The signer serves epoch ${highest}, asked for epoch ${epoch}. A process of an earlier lease must end.`,
  }
}

function isNothing({ account, to, value, data }: NonceClaim): boolean {
  return sameAddress(account, to) && value === 0n && data === '0x'
}
