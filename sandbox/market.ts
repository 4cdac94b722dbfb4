import { setTimeout as sleep } from 'node:timers/promises'
import type { Feeds } from './feeds.js'
import type { PricePath } from './price-path.js'

const tickMs = 2000

/** Moves the reference prices tick by tick and has the feeds follow. */
export interface Market {
  isPathRunning(): boolean
  /** A frozen path keeps its prices; feeds are still refreshed. */
  setPathRunning(running: boolean): void
  stop(): Promise<void>
}

export function startMarket(path: PricePath, feeds: Feeds): Market {
  const stopped = new AbortController()
  let running = true

  const run = async () => {
    let next = Date.now() + tickMs
    for (;;) {
      await sleep(Math.max(0, next - Date.now()), undefined, { signal: stopped.signal }).catch(() => undefined)
      if (stopped.signal.aborted) return
      if (running) path.advance()
      // A feed that could not be written is due again at the next tick that moves its price.
      await feeds.push().catch(() => undefined)
      next += tickMs * Math.max(1, Math.ceil((Date.now() - next) / tickMs))
    }
  }
  const done = run()

  return {
    isPathRunning: () => running,
    setPathRunning(value) {
      running = value
    },
    async stop() {
      stopped.abort()
      await done
    },
  }
}
