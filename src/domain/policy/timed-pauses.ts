import { isStricter, type ScopeState } from './operating.js'

/** Longest time for which a pause may be set beforehand. */
export const LONGEST_TIMED_PAUSE_MS = 30 * 86_400_000

/** A person's pause that lets go by itself. It holds beside whatever else holds its scope, and lets go of nothing else. */
export interface TimedPause extends ScopeState {
  readonly id: number
  /** It holds until the millisecond before, by the clock of the records. */
  readonly expiresAt: number
}

/**
 * The state of every scope, of all words that hold it: the strictest one's; of equal ones that which holds longest. It is
 * held since the last word on it. A pause that expires at `now` is over.
 */
export function statesOf(holds: readonly ScopeState[], now: number): ScopeState[] {
  const states = new Map<string, ScopeState>()
  for (const hold of holds) {
    if (hold.level === 'running' || isOver(hold, now)) continue
    const other = states.get(hold.scope)
    if (!other) states.set(hold.scope, hold)
    else {
      const holding = holdsMore(hold, other) ? hold : other
      states.set(hold.scope, { ...holding, since: Math.max(hold.since, other.since) })
    }
  }
  return [...states.values()].toSorted((a, b) => (a.scope < b.scope ? -1 : 1))
}

export function isOver({ expiresAt }: Pick<ScopeState, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt
}

function holdsMore(one: ScopeState, other: ScopeState): boolean {
  if (one.level !== other.level) return isStricter(one.level, other.level)
  return (one.expiresAt ?? Infinity) > (other.expiresAt ?? Infinity)
}
