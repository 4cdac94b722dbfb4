import type { InvariantError } from '../domain/errors.js'
import { DAEMON, type ScopeState } from '../domain/policy/operating.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import { ForeignNonceError, type Store } from '../ports/store.js'
import type { TripBreaker } from './trip-breaker.js'

/**
 * Ends all signing for a portfolio about which something is wrong that must never be; for everything when somebody else
 * uses a key of ours (B-04). Rejects as the store does.
 */
export async function haltPortfolio(
  deps: { store: Store; clock: Clock; observer: Observer; tripBreaker: TripBreaker },
  portfolio: string,
  error: InvariantError,
): Promise<void> {
  const { store, clock, observer, tripBreaker } = deps
  if (error instanceof ForeignNonceError) {
    await tripBreaker.foreignNonce(error, error.chainNonce, error.trip.reason)
    return
  }
  const state: ScopeState = {
    scope: `portfolio:${portfolio}`,
    level: 'halted',
    reason: `An invariant broke: ${error.message}`,
    since: clock.now(),
    by: 'breaker',
    author: DAEMON,
  }
  await store.setOperatingState(state)
  observer.notify({ type: 'scope-changed', state, isEarlier: false })
}
