/** Broken by the chains alone. */
export type ChainFindingKind =
  | 'double-spend'
  | 'failed-transaction'
  | 'foreign-approval'
  | 'foreign-receiver'
  | 'leftover-allowance'
  | 'nonce-gap'
  | 'paid-twice'
  | 'too-much-sold'
  | 'unexplained-balance'
  | 'unexplained-payout'
  | 'unknown-call'
  | 'unlimited-approval'
  | 'unsettled-deposit'

/** Broken between the chains and what is written down. */
export type RowFindingKind =
  | 'unknown-nonce'
  | 'shared-nonce'
  | 'unknown-bytes'
  | 'wrong-bytes'
  | 'wrong-state'
  | 'wrong-inclusion'
  | 'stuck-intent'
  | 'stuck-transfer'
  | 'second-payload'
  | 'unjournaled'
  | 'too-many-signatures'
  | 'epoch-went-back'
  | 'ledger-differs'
  | 'provisional-left'
  | 'unbalanced'
  | 'budget-wrong'
  | 'transfer-missing'
  | 'transfer-wrong'
  | 'transfer-unbalanced'

export type FindingKind = ChainFindingKind | RowFindingKind

/** One broken invariant, with the ids and numbers that show it. */
export interface Finding {
  readonly kind: FindingKind
  readonly chain: string
  readonly detail: string
}
