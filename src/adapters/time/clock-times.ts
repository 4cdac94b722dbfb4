import { CronTime } from 'cron'

const SECOND_MS = 1_000
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000]
/** A Sunday, and the first day of a year. */
const REFERENCE_MS = Date.UTC(2023, 0, 1)
/** The longest that a date may be away, such as a 29th of February. */
const MOST_DAYS = 8 * 366 + 1

/**
 * The six fields of an expression, seconds first: the expression in which one stands alone, how long one of its values and
 * all of them last from the reference on, and which value a time has.
 */
const FIELDS = [
  {
    alone: (field: string) => `${field} * * * * *`,
    one: SECOND_MS,
    all: MINUTE_MS,
    of: (date: Date) => date.getUTCSeconds(),
  },
  {
    alone: (field: string) => `0 ${field} * * * *`,
    one: MINUTE_MS,
    all: HOUR_MS,
    of: (date: Date) => date.getUTCMinutes(),
  },
  {
    alone: (field: string) => `0 0 ${field} * * *`,
    one: HOUR_MS,
    all: DAY_MS,
    of: (date: Date) => date.getUTCHours(),
  },
  {
    alone: (field: string) => `0 0 0 ${field} 1 *`,
    one: DAY_MS,
    all: 31 * DAY_MS,
    of: (date: Date) => date.getUTCDate(),
  },
  {
    alone: (field: string) => `0 0 0 1 ${field} *`,
    one: 28 * DAY_MS,
    all: 365 * DAY_MS,
    of: (date: Date) => date.getUTCMonth(),
  },
  {
    alone: (field: string) => `0 0 0 * * ${field}`,
    one: DAY_MS,
    all: 7 * DAY_MS,
    of: (date: Date) => date.getUTCDay(),
  },
] as const

/**
 * The times on a clock that a cron expression names, as milliseconds at which a clock of UTC shows them. Each field is
 * read by `cron` itself, once; going from time to time with it would take it a step for every second in between. As there,
 * a day matches by its date or by its weekday where both are named.
 */
export class ClockTimes {
  private readonly seconds: readonly number[]
  private readonly minutes: readonly number[]
  private readonly hours: readonly number[]
  private readonly dates: ReadonlySet<number>
  private readonly months: ReadonlySet<number>
  private readonly weekdays: ReadonlySet<number>

  /** With five fields or six, or a name such as `@weekly`. Throws CronError for anything else. */
  constructor(schedule: string) {
    const whole = new CronTime(schedule, 'UTC')
    const text = schedule.trim().startsWith('@') ? whole.toString() : schedule
    const fields = text.trim().split(/\s+/)
    if (fields.length === FIELDS.length - 1) fields.unshift('0')
    const [seconds, minutes, hours, dates, months, weekdays] = FIELDS.map((field, place) =>
      valuesOf(field, fields[place]!),
    )
    this.seconds = seconds!
    this.minutes = minutes!
    this.hours = hours!
    this.dates = new Set(dates)
    this.months = new Set(months)
    this.weekdays = new Set(weekdays)
  }

  /** The first time after this one, in whole seconds; undefined where none comes within eight years. */
  nextAfter(shown: number): number | undefined {
    const from = (Math.floor(shown / SECOND_MS) + 1) * SECOND_MS
    const first = Math.floor(from / DAY_MS)
    for (let day = first; day < first + MOST_DAYS; day++) {
      if (!this.isOn(new Date(day * DAY_MS))) continue
      const time = this.timeFrom(day === first ? from - day * DAY_MS : 0)
      if (time !== undefined) return day * DAY_MS + time
    }
    return undefined
  }

  private isOn(day: Date): boolean {
    if (!this.months.has(day.getUTCMonth())) return false
    const isDate = this.dates.has(day.getUTCDate())
    const isWeekday = this.weekdays.has(day.getUTCDay())
    if (this.weekdays.size === 7) return isDate
    return this.dates.size === 31 ? isWeekday : isDate || isWeekday
  }

  /** The first time of a day that is not before this one, both since its midnight. */
  private timeFrom(since: number): number | undefined {
    for (const hour of this.hours) {
      if ((hour + 1) * HOUR_MS <= since) continue
      for (const minute of this.minutes) {
        const start = hour * HOUR_MS + minute * MINUTE_MS
        if (start + MINUTE_MS <= since) continue
        const second = this.seconds.find((one) => start + one * SECOND_MS >= since)
        if (second !== undefined) return start + second * SECOND_MS
      }
    }
    return undefined
  }
}

/** Values that a field allows, rising. `cron` goes by steps of a second at first, so it is sent to the end of each value. */
function valuesOf({ alone, one, all, of }: (typeof FIELDS)[number], field: string): number[] {
  const expression = new CronTime(alone(field), 'UTC')
  const values: number[] = []
  for (let at = REFERENCE_MS - SECOND_MS; ; at += one - SECOND_MS) {
    at = expression.getNextDateFrom(new Date(at), 'UTC').toMillis()
    if (at >= REFERENCE_MS + all) return values
    values.push(of(new Date(at)))
  }
}
