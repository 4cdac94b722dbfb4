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

/**
 * Whether a time is due: one that came within the grace period, up to now, and after the last trade that brought everything
 * where it was to be. One that left something, cut off by budgets or limits or for legs that failed, serves no due time.
 * Undefined when one is; otherwise a sentence that says when the next one comes.
 */
export function waitForDue(
  nextDue: NextDue,
  { graceSeconds }: CalendarParameters,
  { now, lastTradedAt, isUnfinished }: PortfolioView,
): (() => string) | undefined {
  const served = isUnfinished ? -Infinity : (lastTradedAt ?? -Infinity)
  const after = Math.min(now, Math.max(now - graceSeconds * 1000, served))
  const due = nextDue(after)
  if (due === undefined) return () => 'The calendar holds no further time.'
  if (!(due > after && due <= LAST_DATE_MS))
    throw new RebalancingInputError(
      'parameters',
      `A due time after ${after} is a later date, got ${due}. Correct the calendar.`,
    )
  return due <= now ? undefined : () => `The calendar is not due before ${new Date(due).toISOString()}.`
}
