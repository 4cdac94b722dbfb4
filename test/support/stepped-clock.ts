import { setImmediate } from 'node:timers/promises'
import { Clock } from '../../src/ports/clock.js'
import { NOW } from './builders.js'

/** Time passes only when a test says so; sleepers wake in the order of their times, each at its own. */
export class SteppedClock extends Clock {
  private readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()

  constructor(private time = NOW) {
    super()
  }

  override now(): number {
    return this.time
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { at: this.time + ms, wake: resolve }
      this.sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        this.sleepers.delete(sleeper)
        resolve()
      })
    })
  }

  /** Resolves when everybody has gone as far as they get by then. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms
    for (;;) {
      await setImmediate()
      const [next] = [...this.sleepers].toSorted((a, b) => a.at - b.at)
      if (!next || next.at > end) break
      this.sleepers.delete(next)
      this.time = next.at
      next.wake()
    }
    this.time = end
  }
}
