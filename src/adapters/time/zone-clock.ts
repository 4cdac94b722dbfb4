const SECOND_MS = 1_000
/** No clock is farther from UTC than this, or jumps farther. */
const FARTHEST_MS = 26 * 3_600_000

/** What the clocks of a time zone show, as the milliseconds at which a clock of UTC shows the same. */
export class ZoneClock {
  private readonly format: Intl.DateTimeFormat

  /** By its name in the tz database. Throws RangeError for one that is not known. */
  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  /** At a moment since 1970; to the second below. */
  shown(moment: number): number {
    const parts = new Map(this.format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  }

  /** The first moment at which the clocks show this time or, where they jump over it, a later one. Whole seconds. */
  momentOf(shown: number): number {
    const around = [shown - FARTHEST_MS, shown + FARTHEST_MS]
    const candidates = around.map((moment) => shown - (this.shown(moment) - moment)).toSorted((a, b) => a - b)
    const exact = candidates.find((moment) => this.shown(moment) === shown)
    return exact ?? this.jumpBetween(candidates[0]! - SECOND_MS, candidates[1]!, shown)
  }

  /** The moment in which the clocks jump over a time: they show less at `low`, and more at `high`. */
  private jumpBetween(low: number, high: number, shown: number): number {
    while (high - low > SECOND_MS) {
      const middle = Math.floor((low + high) / (2 * SECOND_MS)) * SECOND_MS
      if (this.shown(middle) > shown) high = middle
      else low = middle
    }
    return high
  }
}
