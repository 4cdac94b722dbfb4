import type { Clock } from '../../ports/clock.js'
import type { TooEarly } from './rate-limiter.js'

/** Failures one after another, none of them older than the window, that open the circuit (D-25). */
const FAILURES = 5
const WINDOW_MS = 30_000
/** A service that keeps failing is left alone twice as long each time, up to this many times the first pause. */
const LONGEST_FACTOR = 8

/**
 * Leaves a service alone that fails (F-16). After five failures in a row it is not asked for a while; then one request
 * tries, and its success opens the way for all others. The pauses double while it goes on failing, and are stretched by
 * chance up to a half, so that several processes do not come back in one moment.
 */
export class Circuit {
  /** When the latest failures in a row were, in milliseconds since 1970. */
  #failures: readonly number[] = []
  #closedUntil = 0
  #pauses = 0
  #isProbing = false

  constructor(
    private readonly clock: Clock,
    private readonly pauseMs: number,
    /** From 0 up to 1. */
    private readonly random: () => number = Math.random,
  ) {}

  /** Undefined when a request may go out now; the one that does after a pause is the probe. */
  admit(): TooEarly | undefined {
    if (this.#pauses === 0) return undefined
    const waitMs = this.#closedUntil - this.clock.now()
    if (waitMs > 0 || this.#isProbing)
      return { reason: `it failed ${FAILURES} times in a row`, waitMs: Math.max(waitMs, 1_000) }
    this.#isProbing = true
    return undefined
  }

  /** Tells how a request ended that was admitted. */
  note(isSuccess: boolean): void {
    const now = this.clock.now()
    const wasProbe = this.#isProbing
    this.#isProbing = false
    if (isSuccess) {
      this.#failures = []
      this.#pauses = 0
      return
    }
    this.#failures = [...this.#failures.filter((at) => now - at < WINDOW_MS), now].slice(-FAILURES)
    // Answers to requests that were sent before the pause say nothing new.
    if (wasProbe || (this.#pauses === 0 && this.#failures.length >= FAILURES)) this.#pause(now)
  }

  #pause(now: number): void {
    const factor = Math.min(2 ** this.#pauses, LONGEST_FACTOR)
    this.#pauses += 1
    this.#failures = []
    this.#closedUntil = now + Math.round(this.pauseMs * factor * (1 + this.random() / 2))
  }
}
