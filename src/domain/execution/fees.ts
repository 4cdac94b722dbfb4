import type { Hex } from '../assets.js'
import { larger, mulDiv, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'

/** Prices per gas, in wei. */
export interface FeeQuote {
  readonly baseFee: bigint
  readonly priorityFee: bigint
}

/** What a transaction offers per gas, in wei. */
export interface Fee {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** How a chain's transactions are paid and replaced (safety catalogue 4.6). */
export interface FeeRules {
  /** False where no public pool takes replacements: there the same bytes are sent again, and nothing else. */
  readonly isReplaceable: boolean
  /** Factor on both fees of a replacement; at least 1.10, the least that pools take. */
  readonly bump: Ratio
  /** Most a step may offer: this many times the current estimate, and never more than the cap, in wei per gas. */
  readonly ceiling: Ratio
  readonly cap: bigint
  /** Replacements of the step, and again of the cancel; beyond them it is held and sent again as it is. */
  readonly maxReplacements: number
  /** Wait for inclusion before a replacement: so many new blocks, and so long. */
  readonly waitBlocks: number
  readonly waitMs: number
}

/** First offer: pays a base fee that doubles, and the priority fee asked for. */
export function firstFee({ baseFee, priorityFee }: FeeQuote): Fee {
  return { maxFeePerGas: 2n * baseFee + priorityFee, maxPriorityFeePerGas: priorityFee }
}

/** Most that may be offered now, in wei per gas, rounded down. A cancel's is twice the step's, so that it can outbid it. */
export function feeCeiling(quote: FeeQuote, rules: FeeRules, payload: 'step' | 'cancel'): bigint {
  const most = smaller(rules.cap, mulDiv(firstFee(quote).maxFeePerGas, rules.ceiling, RATIO_ONE, 'down'))
  return payload === 'cancel' ? 2n * most : most
}

/**
 * First offer of a cancel: that of a step, held to the ceiling of cancels. Undefined where no block would take that: then
 * nothing is signed yet.
 */
export function cancelFee(quote: FeeQuote, rules: FeeRules): Fee | undefined {
  const first = firstFee(quote)
  const maxFeePerGas = smaller(first.maxFeePerGas, feeCeiling(quote, rules, 'cancel'))
  if (maxFeePerGas < quote.baseFee) return undefined
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(first.maxPriorityFeePerGas, maxFeePerGas) }
}

/**
 * The offer that replaces an earlier one: both fees raised by the bump, rounded up, and at least the fresh estimate.
 * Undefined when that is above the ceiling: then the earlier one is held.
 */
export function replacementFee(
  earlier: Fee,
  quote: FeeQuote,
  rules: FeeRules,
  payload: 'step' | 'cancel',
): Fee | undefined {
  const fresh = firstFee(quote)
  // A pool wants both fees higher, also where one is 0.
  const raise = (fee: bigint, least: bigint) =>
    larger(larger(mulDiv(fee, rules.bump, RATIO_ONE, 'up'), fee + 1n), least)
  const maxPriorityFeePerGas = raise(earlier.maxPriorityFeePerGas, fresh.maxPriorityFeePerGas)
  const maxFeePerGas = larger(raise(earlier.maxFeePerGas, fresh.maxFeePerGas), maxPriorityFeePerGas)
  return maxFeePerGas > feeCeiling(quote, rules, payload) ? undefined : { maxFeePerGas, maxPriorityFeePerGas }
}

/** What has been seen of a chain since an attempt began to wait. */
export interface Wait {
  /** The attempt that waits, by its hash. */
  readonly hash: string
  /** Height at which it was first looked for, the newest since, and when that one was first seen, in ms since 1970. */
  readonly from: bigint
  readonly head: bigint
  readonly headAt: number
}

/** The wait after one more look. A new attempt, or a process that starts anew, waits from the beginning. */
export function afterLook(wait: Wait | undefined, hash: string, head: bigint, now: number): Wait {
  if (wait?.hash !== hash) return { hash, from: head, head, headAt: now }
  return head > wait.head ? { ...wait, head, headAt: now } : wait
}

/**
 * Whether an attempt has waited long enough to be replaced. Time counts up to the newest block alone: on a chain that
 * stands still nothing is outbid.
 */
export function hasWaited({ from, head, headAt }: Wait, signedAt: number, rules: FeeRules): boolean {
  return head - from >= BigInt(rules.waitBlocks) && headAt - signedAt >= rules.waitMs
}

/** Gas limit: a quarter above what the simulation used, rounded up. */
export function gasLimitFor(estimate: bigint): bigint {
  return (estimate * 5n + 3n) / 4n
}

/**
 * Least that a transaction with this data may be given, else no block takes it: 21,000, and 10 or 40 for each byte that is
 * zero or not (EIP-7623, which asks for more than EIP-2028).
 */
export function intrinsicGas(data: Hex): bigint {
  const bytes = data.slice(2).match(/../g) ?? []
  return bytes.reduce((sum, byte) => sum + (byte === '00' ? 10n : 40n), 21_000n)
}

/**
 * Most gas that a cancel is given. It does less than any step, yet gas prices of data may have risen since the step's was
 * reckoned; and an endpoint that exaggerates must not make it dearer than the account can pay.
 */
export function cancelGasCap(stepGasLimit: bigint): bigint {
  return larger(2n * stepGasLimit, gasLimitFor(intrinsicGas('0x')))
}
