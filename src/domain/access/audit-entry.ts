import { canonicalText } from '../canonical-text.js'

export const AUDIT_RESULTS = ['allowed', 'denied', 'done', 'failed'] as const
export type AuditResult = (typeof AUDIT_RESULTS)[number]

/** What is written of one deed, or of one that was refused. */
export interface AuditEntry {
  /** `person`, `key`, `operator`, `anonymous` or `daemon`. */
  readonly actor: 'person' | 'key' | 'operator' | 'anonymous' | 'daemon'
  readonly subject: string
  readonly keyId: string | undefined
  /** Address of the caller; undefined for the daemon itself. */
  readonly source: string | undefined
  readonly requestId: string | undefined
  /** `pause`, `resume.propose`, `authenticate`, `config.load`, … */
  readonly action: string
  /** What it was done to: `portfolio:core`, a plan, an intent. */
  readonly resource: string
  readonly result: AuditResult
  /** Plain values, without secrets: the request's body, the reason of a refusal, what changed. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly build: string
}

/** An entry in the chain. */
export interface AuditRecord extends AuditEntry {
  /** From 1, without gaps. */
  readonly sequence: number
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
  /** SHA-256 in hexadecimal; of the first record's predecessor 64 zeros. */
  readonly previousHash: string
  readonly hash: string
}

export const FIRST_AUDIT_HASH = '0'.repeat(64)

/** What the hash of a record is taken over: its predecessor's hash and everything else in it, in one canonical text. */
export function auditText({
  hash: _hash,
  ...record
}: AuditRecord | (Omit<AuditRecord, 'hash'> & { hash?: string })): string {
  return canonicalText(record)
}

/** What the daemon did by itself. */
export function daemonEntry(
  { action, resource, detail }: Pick<AuditEntry, 'action' | 'resource' | 'detail'>,
  build: string,
): AuditEntry {
  const nobody = { keyId: undefined, source: undefined, requestId: undefined }
  return { actor: 'daemon', subject: 'daemon', ...nobody, action, resource, result: 'done', detail, build }
}

/** Where a chain is broken. */
export interface AuditFault {
  readonly sequence: number
  readonly reason: string
}
