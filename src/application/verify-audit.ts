import type { AuditFault } from '../domain/access/audit-entry.js'
import { ALL_OPEN, BY_PERSON } from '../domain/policy/breakers.js'
import type { AuditLog, AuditPlace } from '../ports/audit-log.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { TripBreaker } from './trip-breaker.js'

const EVERY_MS = 3_600_000
const AGAIN_MS = 60_000
/** Old records that are read again with each look. */
const PART = 50_000
const MOST_NAMED = 10

/**
 * Reads the audit log at the start and every hour, and halts everything where a record does not fit (B-16, F-81).
 *
 * The first look reads the whole chain. Each later one reads what is new, and old records again from where the one before
 * stopped, so that an edit of any record is found, in a long log after some hours. What a person has looked at and cleared
 * does not trip again; whatever else is wrong does.
 */
export class VerifyAudit {
  /** Up to here everything was read, since the start. */
  private read: AuditPlace | undefined
  /** Up to here once more. */
  private reread: AuditPlace | undefined

  constructor(
    private readonly deps: {
      audit: AuditLog
      tripBreaker: TripBreaker
      store: Store
      clock: Clock
      observer: Observer
      part?: number
    },
  ) {}

  /** Ends when the signal aborts. Every process looks, whether it leads or not. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, observer } = this.deps
    while (!signal.aborted) {
      const isDone = await this.look(signal).then(
        () => true,
        (error: unknown) => {
          if (!signal.aborted)
            observer.notify({ type: 'failed', what: 'verifying the audit log', isRetried: true, error })
          return false
        },
      )
      await clock.sleep(isDone ? EVERY_MS : AGAIN_MS, signal)
    }
  }

  async look(signal?: AbortSignal): Promise<void> {
    const { audit, tripBreaker, clock, observer } = this.deps
    const { read } = this
    const part = read && this.nextPart(read)
    const old = part && (await audit.verify(part, signal))
    const fresh = await audit.verify(read ? { after: read } : {}, signal)
    const faults = await this.unknown([old, fresh].flatMap((one) => (one?.status === 'broken' ? one.faults : [])))
    if (faults.length > 0)
      return tripBreaker.run({ code: 'B-16', scope: 'all', level: 'halted', reason: reasonOf(faults) })
    this.read = { sequence: fresh.count, hash: fresh.head }
    this.reread = old && part?.until !== read ? { sequence: old.count, hash: old.head } : undefined
    observer.notify({ type: 'audit-verified', count: fresh.count, at: clock.now() })
  }

  /** Of what was read, what comes after the part before, and from the beginning after the last one. */
  private nextPart(read: AuditPlace) {
    const { reread: after } = this
    const sequence = (after?.sequence ?? 0) + (this.deps.part ?? PART)
    return { ...(after && { after }), until: sequence < read.sequence ? { sequence } : read }
  }

  /** Those that no person has cleared by name. */
  private async unknown(faults: readonly AuditFault[]): Promise<readonly AuditFault[]> {
    if (faults.length === 0) return []
    const all = await this.deps.store.breakers({ isOpen: false, limit: ALL_OPEN })
    const cleared = all.filter(({ code, clearedBy }) => code === 'B-16' && clearedBy?.startsWith(BY_PERSON))
    return faults.filter((fault) => !cleared.some(({ reason }) => reason.includes(clauseOf(fault))))
  }
}

function reasonOf(faults: readonly AuditFault[]): string {
  const named = faults.slice(0, MOST_NAMED).map(clauseOf).join(' ')
  const more = faults.length > MOST_NAMED ? ` And ${faults.length - MOST_NAMED} more.` : ''
  return `The audit log does not verify: ${named}${more} Compare it with a backup and with heads noted elsewhere, and find out who wrote to the database.`
}

function clauseOf({ sequence, reason }: AuditFault): string {
  return `[record ${sequence}] ${reason}`
}
