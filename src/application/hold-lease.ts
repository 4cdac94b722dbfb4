import type { Clock } from '../ports/clock.js'
import { type Lease, StaleLeaseError } from '../ports/lease.js'
import type { Observer } from '../ports/observer.js'

/**
 * Keeps trying for the lease and keeps it while it can. `onTaken` runs each time it is taken; losing it ends the
 * process, because work begun under an old epoch must not go on.
 */
export class HoldLease {
  constructor(
    private readonly deps: {
      lease: Lease
      clock: Clock
      observer: Observer
      renewMs: number
      stop: (error: unknown) => void
    },
  ) {}

  async run(signal: AbortSignal, onTaken: () => void): Promise<void> {
    const { lease, clock, observer, renewMs, stop } = this.deps
    let isOurs = false
    while (!signal.aborted) {
      try {
        if (isOurs) await lease.renew()
        else if (await lease.acquire()) {
          isOurs = true
          observer.notify({ type: 'lease-taken', epoch: lease.epoch() })
          onTaken()
        }
      } catch (error) {
        if (error instanceof StaleLeaseError) {
          observer.notify({ type: 'lease-lost', reason: error.message })
          return stop(error)
        }
        observer.notify({ type: 'failed', what: 'holding the lease', isRetried: true, error })
      }
      await clock.sleep(isOurs ? renewMs : Math.min(renewMs, 1_000), signal)
    }
    if (isOurs)
      await lease
        .release()
        .catch((error: unknown) =>
          observer.notify({ type: 'failed', what: 'releasing the lease', isRetried: false, error }),
        )
  }
}
