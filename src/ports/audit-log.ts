import type { AuditEntry, AuditFault, AuditRecord, AuditResult } from '../domain/access/audit-entry.js'

export interface AuditQuery {
  readonly subject?: string
  readonly action?: string
  readonly result?: AuditResult
  /** Milliseconds since 1970 by the clock that the records have; `from` included, `to` not. */
  readonly from?: number
  readonly to?: number
  /** Records before this sequence. */
  readonly before?: number
  readonly limit: number
}

/** A record up to which a chain is known to fit. */
export interface AuditPlace {
  readonly sequence: number
  readonly hash: string
}

/** The record at which a chain has to end. */
export interface AuditEnd {
  readonly sequence: number
  /** Undefined where it is not known. */
  readonly hash?: string
}

export type AuditVerdict =
  /** `count` is the sequence of the last record that was read, `head` its hash. */
  | { readonly status: 'intact'; readonly count: number; readonly head: string }
  | {
      readonly status: 'broken'
      /** The first record that does not fit. */
      readonly fault: AuditFault
      /** That one and later ones, judged by what stands before them as it is now; not more than twenty. */
      readonly faults: readonly AuditFault[]
      readonly count: number
      readonly head: string
    }

/** What was done and what was refused, by whom. Rows are only added, each bound to the one before by its hash (5.4). */
export abstract class AuditLog {
  /** Needs no lease. Rejects where it cannot be written: then the deed must not be done. */
  abstract append(entry: AuditEntry): Promise<AuditRecord>
  /** Newest first. */
  abstract records(query: AuditQuery): Promise<readonly AuditRecord[]>
  /**
   * Reads the chain, from the first record on or after one that was read before, to its head or up to a record that was
   * there once, and tells which records do not fit. Rejects soon after the signal aborts.
   */
  abstract verify(
    part?: { readonly after?: AuditPlace; readonly until?: AuditEnd },
    signal?: AbortSignal,
  ): Promise<AuditVerdict>
}
