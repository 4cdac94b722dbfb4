import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { ReadPrices } from './read-prices.js'

/** Reads prices between cycles too, so that a leap is seen within seconds whatever the schedule is. */
export class FollowPrices {
  constructor(
    private readonly deps: {
      readPrices: ReadPrices
      clock: Clock
      observer: Observer
      /** All of them have the same prices; the first is asked for. */
      portfolios: readonly Portfolio[]
      everyMs: number
    },
  ) {}

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { readPrices, clock, observer, portfolios, everyMs } = this.deps
    const [first] = portfolios
    while (first && !signal.aborted) {
      await readPrices
        .run(first)
        .catch((error: unknown) => observer.notify({ type: 'failed', what: 'reading prices', isRetried: true, error }))
      await clock.sleep(everyMs, signal)
    }
  }
}
