import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { Operations } from './operations.js'

const TRY_EVERY_MS = 2_000

/** Writes down what people stopped while the records could not be written, as soon as they can be: then every process has it. */
export class WriteHolds {
  constructor(private readonly deps: { store: Store; operations: Operations; clock: Clock; observer: Observer }) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, operations, clock, observer } = this.deps
    while (!signal.aborted) {
      if (store.holds.all().length > 0)
        await operations
          .writeHolds()
          .catch((error: unknown) =>
            observer.notify({ type: 'failed', what: 'writing down what is stopped', isRetried: true, error }),
          )
      await clock.sleep(TRY_EVERY_MS, signal)
    }
  }
}
