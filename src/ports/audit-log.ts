import type { AuditEntry, AuditFault, AuditRecord, AuditResult } from '../domain/access/audit-entry.js'

export interface AuditQuery {
  readonly subject?: string
  readonly action?: string
  readonly result?: AuditResult
  /** Records before this sequence. */
  readonly before?: number
  readonly limit: number
}

/** What was done and what was refused, by whom. Rows are only added, each bound to the one before by its hash (5.4). */
export abstract class AuditLog {
  /** Needs no lease. Rejects where it cannot be written: then the deed must not be done. */
  abstract append(entry: AuditEntry): Promise<AuditRecord>
  /** Newest first. */
  abstract records(query: AuditQuery): Promise<readonly AuditRecord[]>
  /** Reads the whole chain, from the first record on; resolves to its head, or to the first record that does not fit. */
  abstract verify(): Promise<
    | { readonly status: 'intact'; readonly count: number; readonly head: string }
    | { readonly status: 'broken'; readonly fault: AuditFault }
  >
}
