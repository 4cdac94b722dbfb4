import { daemonEntry } from '../domain/access/audit-entry.js'
import type { AuditLog } from '../ports/audit-log.js'
import type { Clock } from '../ports/clock.js'

/** What the audit log calls a process that ended because the signer serves a later leader. */
export const FENCED_LEADER = 'signer.fenced'
/** The process must end (B-14), whether the entry is written or not. */
const LONGEST_MS = 1_000

/**
 * Ends a process to whom the signer says that somebody leads after it (B-14). What it has counted ends with it, so that it
 * leaves an entry of the audit log, which the others count.
 */
export class EndFenced {
  constructor(
    private readonly deps: {
      audit: Pick<AuditLog, 'append'>
      clock: Clock
      build: string
      stop: (error: unknown) => void
    },
  ) {}

  async run(error: Error): Promise<void> {
    const { audit, clock, build, stop } = this.deps
    const entry = daemonEntry({ action: FENCED_LEADER, resource: 'signer', detail: { reason: error.message } }, build)
    const late = new AbortController()
    const written = audit.append(entry).catch(() => undefined)
    await Promise.race([written, clock.sleep(LONGEST_MS, late.signal)])
    late.abort()
    stop(error)
  }
}
