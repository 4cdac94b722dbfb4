import type { Clock } from '../ports/clock.js'
import type { Denials } from '../ports/denials.js'
import type { Observer } from '../ports/observer.js'

/** With the 20 seconds of a stream of events less than the 30 that A-06 allows. */
const FRESH_MS = 5_000
/** How long a caller waits for what was read before to be read anew. */
const PATIENCE_MS = 250

/**
 * Who is shut out, read together and kept for five seconds.
 *
 * Guarantees: a person who is shut out, or let in again, is so within five seconds and the time of one read. While the
 * records cannot be read, what was read last counts and is tried anew at each call, none of which waits longer than 250 ms:
 * a pause has to be heard then, and whatever else changes something needs the same records. Rejects where nothing was ever
 * read: then nobody knows who is shut out.
 */
export class DenyList {
  private known: { readonly subjects: ReadonlySet<string>; readonly readAt: number } | undefined
  private reading: Promise<void> | undefined
  private isWell = true

  constructor(private readonly deps: { denials: Denials; clock: Clock; observer: Observer }) {}

  /** Keeps it read, so that it is known when the records fail. Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.read().catch(() => undefined)
      await this.deps.clock.sleep(FRESH_MS, signal)
    }
  }

  async has(subject: string): Promise<boolean> {
    if (!this.known) await this.read()
    else if (!this.isFresh(this.known.readAt)) await this.readSoon()
    return this.known!.subjects.has(subject)
  }

  /** A clock that was set back makes nothing fresh. */
  private isFresh(readAt: number): boolean {
    const age = this.deps.clock.now() - readAt
    return age >= 0 && age < FRESH_MS
  }

  private async readSoon(): Promise<void> {
    const waiting = new AbortController()
    const read = this.read().catch(() => undefined)
    await Promise.race([read, this.deps.clock.sleep(PATIENCE_MS, waiting.signal)])
    waiting.abort()
  }

  /** One read at a time serves all who ask. Of failures in a row the first one is told. */
  private read(): Promise<void> {
    this.reading ??= this.readAll().finally(() => (this.reading = undefined))
    return this.reading
  }

  private async readAll(): Promise<void> {
    const { denials, clock, observer } = this.deps
    const readAt = clock.now()
    try {
      const subjects = new Set((await denials.list()).map(({ subject }) => subject))
      this.known = { subjects, readAt }
      this.isWell = true
    } catch (error) {
      if (this.isWell) observer.notify({ type: 'failed', what: 'reading who is shut out', isRetried: true, error })
      this.isWell = false
      throw error
    }
  }
}
