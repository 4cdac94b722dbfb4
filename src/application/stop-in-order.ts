import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { RunCycle } from './run-cycle.js'

/** A process that is asked to end waits so long for the steps under way. */
export const DRAIN_MS = 30_000

/** Ends the process in order, and tells when that begins and when it is over. */
export class StopInOrder {
  constructor(private readonly deps: { runCycle: Pick<RunCycle, 'underWay'>; clock: Clock; observer: Observer }) {}

  /** False when `end` took longer than DRAIN_MS: what is left is the next process's. Throws what `end` throws. */
  async run(signal: string, end: () => Promise<void>): Promise<boolean> {
    const { runCycle, clock, observer } = this.deps
    const [waitsFor, startedAt] = [runCycle.underWay(), clock.now()]
    observer.notify({ type: 'daemon-stopping', signal, waitsFor })
    const ended = new AbortController()
    const isComplete = await Promise.race([
      end().then(() => true),
      clock.sleep(DRAIN_MS, ended.signal).then(() => false),
    ])
    ended.abort()
    const seconds = (clock.now() - startedAt) / 1_000
    observer.notify({ type: 'daemon-stopped', waitedFor: waitsFor, seconds, isComplete })
    return isComplete
  }
}
