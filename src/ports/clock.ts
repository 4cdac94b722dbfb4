export abstract class Clock {
  /** Milliseconds since 1970. */
  abstract now(): number
  /** Ends early, without an error, when the signal aborts. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>
}
