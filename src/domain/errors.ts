/**
 * Something that must never happen did. Whoever meets it stops the portfolio it belongs to; nobody catches it to
 * carry on.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/**
 * The reasons for which Evenkeel declines to trade. A refusal is an ordinary value: returned, counted, shown. The
 * codes are a closed set, the same in records, API and metrics.
 */
export const REFUSAL_CODES = [
  'POLICY_DENIED',
  'QUOTE_SCHEMA',
  'QUOTE_MISMATCH',
  'QUOTE_STALE',
  'TARGET_NOT_ALLOWED',
  'SELECTOR_NOT_ALLOWED',
  'CODE_HASH_CHANGED',
  'CALLDATA_NOT_CANONICAL',
  'RECEIVER_MISMATCH',
  'CALLDATA_MISMATCH',
  'DESTINATION_MISMATCH',
  'DEADLINE_TOO_FAR',
  'SPENDER_NOT_ALLOWED',
  'ALLOWANCE_NOT_EXACT',
  'VALUE_MISMATCH',
  'MIN_OUT_TOO_LOW',
  'QUOTE_ORACLE_DIVERGENCE',
  'GAS_CAP',
  'SIMULATION_FAILED',
  'SIMULATION_DELTA',
  'SIMULATION_ALLOWANCE',
  'SIMULATION_DISAGREES',
  'BUDGET_EXCEEDED',
  'BRIDGE_CAP',
  'SIGNER_REFUSED',
  'NO_QUOTE',
  'CHAIN_UNAVAILABLE',
] as const

export type RefusalCode = (typeof REFUSAL_CODES)[number]

export interface Refusal {
  readonly code: RefusalCode
  /** What was expected, what came, what to do. */
  readonly detail: string
}
