import type { Assessment } from './assessment.js'
import { expectPositive } from './parameters.js'
import type { PolicyTerm } from './policy-kind.js'
import type { PortfolioView } from './portfolio-view.js'
import { RebalancingInputError } from './rebalancing-error.js'

/**
 * The first due time after the given one, both in milliseconds since 1970; undefined when there is none. Whoever gives it
 * has read the calendar, its time zone included; the same time always gives the same answer.
 */
export type NextDue = (after: number) => number | undefined

export interface CalendarParameters {
  /** How long after a due time it may still be traded for, so that a daemon that was down does not miss it. */
  readonly graceSeconds: number
}

export const USUAL_GRACE_SECONDS = 86_400

export const GRACE_TERM: PolicyTerm = {
  kind: 'number',
  about: 'How many seconds after a due time it may still be traded for.',
}

/** No later time has a date. */
const LAST_DATE_MS = 8.64e15

/** Throws RebalancingInputError when there is no calendar to go by. */
export function calendarOf(
  policy: string,
  nextDue: NextDue | undefined,
  { graceSeconds }: CalendarParameters,
): NextDue {
  expectPositive('graceSeconds', graceSeconds)
  if (!nextDue)
    throw new RebalancingInputError(
      'parameters',
      `The ${policy} policy needs due times, got none. Configure a calendar.`,
    )
  return nextDue
}

/** A cycle that traded, or that looked and found everything in place, as due times see it. */
export interface PastLook {
  /** Milliseconds since 1970. */
  readonly endedAt: number
  /** It traded, and left something that was to be traded. */
  readonly isUnfinished: boolean
}

/** So many trades in a row may follow one that left something, before what is left counts as out of reach. */
export const MOST_FOLLOW_UPS = 5

/**
 * When due times were last served, by the last looks, newest first: by the last one that left nothing. What the later ones
 * left is still due, unless they are more than may follow each other: then the last one served it, whatever it left.
 */
export function servedAt(looks: readonly PastLook[]): number | undefined {
  const finished = looks.findIndex(({ isUnfinished }) => !isUnfinished)
  const inRow = finished < 0 ? looks.length : finished
  return looks[inRow > MOST_FOLLOW_UPS ? 0 : finished]?.endedAt
}

/**
 * What a calendar says of now. A time is due that came within the grace period, up to now, and was not served yet: then
 * nothing waits, and the notes name it. Otherwise what waits says when the next one comes.
 */
export function byDueTimes(
  nextDue: NextDue,
  { graceSeconds }: CalendarParameters,
  { now, servedAt: served }: PortfolioView,
): Pick<Assessment, 'waits' | 'notes'> {
  const after = Math.min(now, Math.max(now - graceSeconds * 1000, served ?? -Infinity))
  const due = nextDue(after)
  const wait = (why: string) => ({ waits: () => why, notes: () => [] })
  if (due === undefined) return wait('The calendar holds no further time.')
  if (!(due > after && due <= LAST_DATE_MS))
    throw new RebalancingInputError(
      'parameters',
      `A due time after ${after} is a later date, got ${due}. Correct the calendar.`,
    )
  const time = new Date(due).toISOString()
  if (due > now) return wait(`The calendar is not due before ${time}.`)
  return { waits: undefined, notes: () => [`The calendar was due at ${time}.`] }
}
