import { ALL_OPEN } from '../domain/policy/breakers.js'
import type { Clock } from '../ports/clock.js'
import type { Lease } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'

const LOOK_EVERY_MS = 5_000

/**
 * Tells the observer what the records say is stopped, and whether this process may act: of several processes each shows
 * what any of them has paused, resumed or tripped, and one that let go of the lease by itself says so.
 */
export class TellStanding {
  constructor(private readonly deps: { store: Store; lease: Lease; clock: Clock; observer: Observer }) {}

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
  }
}
