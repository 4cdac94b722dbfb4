import type { Breaker } from '../policy/breakers.js'
import { isStricter, type OperatingLevel, type Scope, type ScopeState } from '../policy/operating.js'

/** What a resume would let go of, as it was when it was proposed. Plain values: a part of what is approved. */
export interface Held {
  readonly level: OperatingLevel
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly since: number
  /** Levels of the open breakers of the scope, by their codes. */
  readonly breakers: Readonly<Record<string, OperatingLevel>>
}

/** Everything that holds scopes at one moment. */
export interface Stops {
  readonly states: readonly ScopeState[]
  /** Those that are open. */
  readonly breakers: readonly Breaker[]
}

/** Undefined where nothing holds the scope. */
export function heldOf(scope: Scope, { states, breakers }: Stops): Held | undefined {
  const state = states.find((one) => one.scope === scope)
  if (!state) return undefined
  const { level, reason, since } = state
  const open = breakers.filter((one) => one.scope === scope)
  return { level, reason, since, breakers: Object.fromEntries(open.map((one) => [one.code, one.level])) }
}

/**
 * Why a resume that was proposed with this content is void: what it would let go of has ended, or is not what it was
 * any more. Of a resume and a pause at once the pause wins. Undefined while it stands.
 */
export function reasonResumeIsVoid(
  { content, proposedAt }: { readonly content: Readonly<Record<string, unknown>>; readonly proposedAt: number },
  stops: Stops,
): string | undefined {
  const scope = content['scope'] as Scope
  const before = content['held'] as Held | undefined
  const now = heldOf(scope, stops)
  if (!before) return now && now.since > proposedAt ? `${scope} was held anew since: ${now.reason}` : undefined
  if (!now) return `${scope} runs again: nothing is left to let go of.`
  if (now.level !== before.level) {
    const how = isStricter(now.level, before.level) ? 'harder' : 'milder'
    return `${scope} is held ${how} than when this was proposed, ${now.level}: ${now.reason}`
  }
  if (now.since > before.since || now.reason !== before.reason) return `${scope} was held anew since: ${now.reason}`
  const tripped = Object.entries(now.breakers).find(([code, level]) =>
    isStricter(level, before.breakers[code] ?? 'running'),
  )
  return tripped && `${tripped[0]} has tripped on ${scope} since, ${tripped[1]}.`
}
