import { authorOf } from '../domain/policy/operating.js'
import type { AuditLog } from '../ports/audit-log.js'
import type { Clock } from '../ports/clock.js'
import type { Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { EndProposals } from './end-proposals.js'

/**
 * Tells of pauses that have let go by themselves, and forgets them. They are over for every reader before, whether anybody
 * tells of it or not. A process that dies after writing the audit entry leaves the pause, so that the next one writes it
 * once more: never less than once. With every look proposals to resume are ended that are about something else than what
 * holds by now, whoever changed that.
 */
export class EndPauses {
  constructor(
    private readonly deps: {
      store: Store
      audit: AuditLog
      lease: Lease
      clock: Clock
      observer: Observer
      endProposals: EndProposals
      build: string
      /** Pause between two looks. */
      pollMs: number
    },
  ) {}

  /** Ends when the signal aborts. Only the process with the lease tells. */
  async run(signal: AbortSignal): Promise<void> {
    const { lease, clock, observer, pollMs } = this.deps
    while (!signal.aborted) {
      if (lease.isHeld())
        await this.look().catch((error: unknown) =>
          observer.notify({ type: 'failed', what: 'telling of pauses that are over', isRetried: true, error }),
        )
      await clock.sleep(pollMs, signal)
    }
  }

  async look(): Promise<void> {
    const { store, audit, observer, build } = this.deps
    for (const { id, scope, level, reason, since, expiresAt, author } of await store.expiredPauses()) {
      const held = (await store.operatingStates()).find((one) => one.scope === scope)
      await audit.append({
        actor: 'daemon',
        subject: 'daemon',
        keyId: undefined,
        source: undefined,
        requestId: undefined,
        action: 'pause.expired',
        resource: scope,
        result: 'done',
        detail: {
          level,
          reason,
          by: authorOf({ by: 'operator', ...(author && { author }) }).subject,
          since,
          expiresAt,
          state: held?.level ?? 'running',
        },
        build,
      })
      await store.forgetPause(id)
      const state = held ?? {
        scope,
        level: 'running' as const,
        reason: `A pause was over at ${new Date(expiresAt).toISOString()}: ${reason}`,
        since: expiresAt,
        by: 'operator' as const,
        ...(author && { author }),
      }
      observer.notify({ type: 'scope-changed', state, isEarlier: false, isAudited: true })
    }
    await this.deps.endProposals.look()
  }
}
