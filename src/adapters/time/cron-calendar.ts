import type { NextDue } from '../../domain/rebalancing/due-times.js'
import type { Calendar } from '../../domain/rebalancing/registry.js'
import { ClockTimes } from './clock-times.js'
import { ZoneClock } from './zone-clock.js'

/** Answers that are kept: as many as there are days in a long history. */
const MOST_KEPT = 20_000

/**
 * Due times of a cron expression, by the clocks of its time zone: each time on the clock is due once a day that it is on.
 * One that comes twice, when clocks are set back, is due the first time; one that is skipped, when they are set forward, is
 * due in the moment of the jump. Undefined where no date matches within eight years. Throws CronError for an expression
 * and RangeError for a time zone that is none.
 *
 * `cron` reads the fields and does not search: where clocks are set back it is due twice for one time (seen with two o'clock in
 * New York), and it goes to a far date in steps of a second.
 *
 * Answers are kept, so that many runs over the same days cost little more than one.
 */
export function nextDueOf({ schedule, timeZone }: Calendar): NextDue {
  const times = new ClockTimes(schedule)
  const clock = new ZoneClock(timeZone)
  const search = (after: number): number | undefined => {
    let shown = clock.shown(after)
    for (;;) {
      const next = times.nextAfter(shown)
      if (next === undefined) return undefined
      const due = clock.momentOf(next)
      if (due > after) return due
      shown = next
    }
  }
  const known = new Stretches()
  return (after) => {
    const found = known.find(after)
    if (found !== undefined) return found
    const due = search(after)
    if (due !== undefined) known.add(after, due)
    return due
  }
}

/** Stretches of time that have the same next due time: from one that was asked for until that due time. */
class Stretches {
  private readonly dues: number[] = []
  private readonly starts: number[] = []

  find(after: number): number | undefined {
    const place = this.placeOf(after)
    return place < this.dues.length && this.starts[place]! <= after ? this.dues[place] : undefined
  }

  add(after: number, due: number): void {
    const place = this.placeOf(after)
    if (this.dues[place] === due) this.starts[place] = after
    else if (this.dues.length < MOST_KEPT) {
      this.dues.splice(place, 0, due)
      this.starts.splice(place, 0, after)
    }
  }

  /** Of the first due time after the given one. */
  private placeOf(after: number): number {
    let [low, high] = [0, this.dues.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.dues[middle]! > after) high = middle
      else low = middle + 1
    }
    return low
  }
}
