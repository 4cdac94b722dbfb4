import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'

/** Items that wait at most. */
const MOST_WAITING = 5_000
const BATCH = 200
/** Dropped items that make one line in the log. */
const TOLD_AT_ONCE = 500
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/**
 * Writes down what came up, in order and in batches, behind the back of whoever it came up with: `add` neither waits nor
 * throws. A batch that cannot be written is tried until it can be. What does not fit while that goes on is dropped, counted,
 * and told of at the place where it is missing.
 */
export class WriteBehind<Item> {
  private readonly waiting: Item[] = []
  /** Since the last item that waits. */
  private dropped = 0
  private untold = 0
  private working: Promise<void> | undefined

  constructor(
    private readonly deps: {
      what: string
      place: 'feed' | 'audit'
      write: (items: readonly Item[]) => Promise<void>
      /** What stands in the place of dropped items. */
      gapOf: (count: number) => Item
      clock: Clock
      /** Must not lead back to here. */
      observer: Observer
      most?: number
      batch?: number
    },
  ) {}

  add(item: Item): void {
    if (this.waiting.length >= (this.deps.most ?? MOST_WAITING)) return this.drop()
    this.waiting.push(item)
    this.working ??= this.work()
  }

  /** Resolves once everything that was added is written, or when the signal aborts; it never rejects. */
  async settled(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    if (this.working && !signal.aborted) await Promise.race([this.working, aborted])
  }

  private async work(): Promise<void> {
    const { write, clock, observer, what } = this.deps
    let pauseMs = FIRST_PAUSE_MS
    // Whoever adds something goes on first.
    await Promise.resolve()
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, this.deps.batch ?? BATCH)
      try {
        await write(batch)
        this.waiting.splice(0, batch.length)
        this.closeGap()
        pauseMs = FIRST_PAUSE_MS
      } catch (error) {
        if (pauseMs === FIRST_PAUSE_MS) observer.notify({ type: 'failed', what, isRetried: true, error })
        await clock.sleep(pauseMs)
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
    // In the same turn in which nothing was left, so that whatever comes up begins anew.
    this.working = undefined
  }

  private drop(): void {
    this.dropped += 1
    this.untold += 1
    if (this.dropped === 1 || this.untold >= TOLD_AT_ONCE) this.tellDropped()
  }

  /** Once there is room again. */
  private closeGap(): void {
    if (this.dropped === 0) return
    this.waiting.push(this.deps.gapOf(this.dropped))
    this.dropped = 0
    this.tellDropped()
  }

  private tellDropped(): void {
    const { observer, place } = this.deps
    if (this.untold > 0) observer.notify({ type: 'events-dropped', place, count: this.untold })
    this.untold = 0
  }
}
