import type { AuditRecord } from './api.js'

/** What the numbers of the records that are shown say about the chain. Hashes are reckoned again by the verifier alone. */
export interface ChainSeen {
  readonly newest: Pick<AuditRecord, 'sequence' | 'hash'> | undefined
  readonly oldest: number | undefined
  /** Numbers that are missing between the newest and the oldest. */
  readonly missing: readonly number[]
}

/** `records` are unfiltered and newest first: between two of them no number may be missing. */
export function chainSeen(records: readonly Pick<AuditRecord, 'sequence' | 'hash'>[]): ChainSeen {
  const missing: number[] = []
  for (const [index, { sequence }] of records.entries()) {
    const before = records[index - 1]
    for (let one = (before?.sequence ?? sequence + 1) - 1; one > sequence; one--) missing.push(one)
  }
  return { newest: records[0], oldest: records.at(-1)?.sequence, missing }
}
