import { isOverdue } from '../domain/execution/transfer.js'
import { ALL_OPEN } from '../domain/policy/breakers.js'
import type { AuditLog } from '../ports/audit-log.js'
import type { Clock } from '../ports/clock.js'
import type { Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import { FENCED_LEADER } from './end-fenced.js'

const LOOK_EVERY_MS = 5_000
/** More fenced leaders than that between two looks are told as so many. */
const MOST_FENCED = 20

/**
 * Tells the observer what the records say is stopped and which late transfers somebody looked into, and whether this process
 * may act: of several processes each shows what any of them has paused, resumed, tripped or been told, and one that let go of the lease by itself says so.
 */
export class TellStanding {
  /** Last entry of a fenced leader that was seen; undefined before the first look, which tells of none. */
  private lastFenced: number | undefined

  constructor(
    private readonly deps: {
      store: Store
      audit: Pick<AuditLog, 'records'>
      lease: Lease
      clock: Clock
      observer: Observer
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, observer } = this.deps
    while (!signal.aborted) {
      await this.look().catch((error: unknown) =>
        observer.notify({ type: 'failed', what: 'telling what is stopped', isRetried: true, error }),
      )
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  async look(): Promise<void> {
    const { store, lease, clock, observer } = this.deps
    // Known even where the database does not answer.
    observer.notify({ type: 'lease-seen', isHeld: lease.isHeld() })
    const states = await store.operatingStates()
    const trips = await store.breakers({ isOpen: true, limit: ALL_OPEN })
    observer.notify({ type: 'stops-seen', states, trips, at: clock.now() })
    await this.tellFenced()
    const overdue = (await store.openTransfers()).filter(isOverdue)
    const marks = overdue.length === 0 ? [] : await store.investigations(overdue.map(({ id }) => id))
    const investigated = overdue.filter(({ id }) => marks.some(({ transferId }) => transferId === id))
    observer.notify({
      type: 'investigations-seen',
      transfers: investigated.map(({ id, bridge, state }) => ({ id, bridge, state })),
    })
  }

  /** Those of the time of this process: whoever is fenced ends, and what it counted itself with it. */
  private async tellFenced(): Promise<void> {
    const { audit, observer } = this.deps
    const entries = await audit.records({ action: FENCED_LEADER, limit: MOST_FENCED })
    const { lastFenced } = this
    this.lastFenced = Math.max(lastFenced ?? 0, ...entries.map(({ sequence }) => sequence))
    if (lastFenced === undefined) return
    const count = entries.filter(({ sequence }) => sequence > lastFenced).length
    if (count > 0) observer.notify({ type: 'leaders-fenced', count })
  }
}
