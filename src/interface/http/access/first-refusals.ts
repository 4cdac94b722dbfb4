const WINDOW_MS = 60_000

/**
 * Tells the first of the refusals that may be repeated without end, by what they are told apart by. In each minute it
 * remembers so many at most; of those beyond none is a first one, so that whoever has many names fills no log either.
 */
export class FirstRefusals {
  private readonly seen = new Set<string>()
  private endsAt = -Infinity

  constructor(private readonly most: number) {}

  /** `now` in milliseconds since 1970. */
  isFirst(kind: string, now: number): boolean {
    if (now >= this.endsAt) {
      this.seen.clear()
      this.endsAt = now + WINDOW_MS
    }
    if (this.seen.has(kind) || this.seen.size >= this.most) return false
    this.seen.add(kind)
    return true
  }
}
