const TIME = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
const DAY = { day: 'numeric', month: 'short' } as const

/** A time in UTC and, where that differs, in the zone of whoever reads. */
export interface MomentTexts {
  /** `14:03:22 UTC` on the same day, `26 Nov 14:03:22 UTC` on another one of the year. */
  readonly utc: string
  /** `15:03`; undefined where it is the same. */
  readonly local: string | undefined
  /** Both in full. */
  readonly full: string
}

/** `at` and `now` in milliseconds since 1970; `zone` as the platform names it, `Europe/Zurich`. */
export function momentTexts(at: number, now: number, zone: string): MomentTexts {
  const day = dayOf(at)
  const isToday = day === dayOf(now)
  const isThisYear = day.slice(0, 4) === dayOf(now).slice(0, 4)
  const utcTime = inZone(at, 'UTC', TIME)
  const utcDay = isToday ? '' : `${isThisYear ? inZone(at, 'UTC', DAY) : day} `
  const localTime = inZone(at, zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const isSame = inZone(at, zone, { ...DAY, ...TIME }) === inZone(at, 'UTC', { ...DAY, ...TIME })
  const localFull = inZone(at, zone, { year: 'numeric', ...DAY, ...TIME })
  return {
    utc: `${utcDay}${utcTime} UTC`,
    local: isSame ? undefined : localTime,
    full: `${new Date(at).toISOString()}${isSame ? '' : ` (${localFull} in ${zone})`}`,
  }
}

const STEPS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const

/** How long ago, or how long until: `3 min ago`, `in 12 s`, `just now`. Milliseconds since 1970. */
export function agoText(at: number, now: number): string {
  const seconds = Math.round(Math.abs(now - at) / 1000)
  // Clocks of page and daemon are not told apart so finely.
  if (seconds < 2) return 'just now'
  const text = durationText(seconds)
  return at > now ? `in ${text}` : `${text} ago`
}

/** The two largest units are enough: `1 d 4 h`, `3 min`, `12 s`. */
export function durationText(seconds: number): string {
  for (const [index, [size, name]] of STEPS.entries()) {
    if (seconds < size) continue
    const [finer, finerName] = STEPS[index + 1] ?? [1, 's']
    const rest = Math.floor((seconds % size) / finer)
    return `${Math.floor(seconds / size)} ${name}${rest > 0 ? ` ${rest} ${finerName}` : ''}`
  }
  return `${Math.floor(seconds)} s`
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function inZone(at: number, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone }).format(at)
}
