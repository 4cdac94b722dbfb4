import { authorOf, DAEMON, type Scope, type ScopeState } from '../../domain/policy/operating.js'
import { timeText } from './figures.js'

/** `state` is the level, under the name that it has always had here. */
export function stateWire(state: ScopeState) {
  const { scope, level, reason, since, expiresAt } = state
  const { kind, subject } = authorOf(state)
  return {
    scope,
    state: level,
    reason,
    since: timeText(since),
    by: subject,
    byKind: kind,
    expiresAt: expiresAt === undefined ? null : timeText(expiresAt),
  }
}

/** The state of a scope that nothing holds: nobody's word, of no time. */
export function runningState(scope: Scope): ScopeState {
  return { scope, level: 'running', reason: 'Nothing holds it.', since: 0, by: 'operator', author: DAEMON }
}
