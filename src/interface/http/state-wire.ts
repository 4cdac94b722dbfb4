import type { Scope, ScopeState } from '../../domain/policy/operating.js'
import { timeText } from './figures.js'

/** `state` is the level, under the name that it has always had here. */
export function stateWire({ scope, level, reason, since, by, expiresAt }: ScopeState) {
  return {
    scope,
    state: level,
    reason,
    since: timeText(since),
    by,
    expiresAt: expiresAt === undefined ? null : timeText(expiresAt),
  }
}

/** The state of a scope that nothing holds. */
export function runningState(scope: Scope): ScopeState {
  return { scope, level: 'running', reason: 'Nothing holds it.', since: 0, by: 'operator' }
}
