import type { Scope, ScopeState } from '../../domain/policy/operating.js'
import { timeText } from './figures.js'

/** `state` is the level, under the name that it has always had here. */
export function stateWire({ scope, level, reason, since, by }: ScopeState) {
  return { scope, state: level, reason, since: timeText(since), by }
}

/** The state of a scope that nothing holds. */
export function runningState(scope: Scope): ScopeState {
  return { scope, level: 'running', reason: 'Nothing holds it.', since: 0, by: 'operator' }
}
