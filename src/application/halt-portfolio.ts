import type { InvariantError } from '../domain/errors.js'
import type { ScopeState } from '../domain/policy/operating.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'

/** Ends all signing for a portfolio about which something is wrong that must never be. Rejects as the store does. */
export async function haltPortfolio(
  { store, clock, observer }: { store: Store; clock: Clock; observer: Observer },
  portfolio: string,
  error: InvariantError,
): Promise<void> {
  const state: ScopeState = {
    scope: `portfolio:${portfolio}`,
    level: 'halted',
    reason: `An invariant broke: ${error.message}`,
    since: clock.now(),
    by: 'breaker',
  }
  await store.setOperatingState(state)
  observer.notify({ type: 'scope-changed', state, isEarlier: false })
}
