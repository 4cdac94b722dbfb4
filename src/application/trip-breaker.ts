import type { BreakerCode, Trip } from '../domain/policy/breakers.js'
import type { Scope } from '../domain/policy/operating.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'

/** Stops a scope for a reason that the daemon found by itself. Tripping what holds already changes nothing. */
export class TripBreaker {
  constructor(private readonly deps: { store: Store; clock: Clock; observer: Observer }) {}

  async run(trip: Trip): Promise<void> {
    const { store, clock, observer } = this.deps
    const at = clock.now()
    if (!(await store.tripBreaker(trip, at))) return
    observer.notify({ type: 'breaker-tripped', trip, at })
    observer.notify({
      type: 'scope-changed',
      state: { scope: trip.scope, level: trip.level, reason: `${trip.code}: ${trip.reason}`, since: at, by: 'breaker' },
      isEarlier: false,
    })
  }

  /** Lets go of a breaker whose condition has passed. */
  async clear(scope: Scope, code: BreakerCode): Promise<void> {
    const { store, clock, observer } = this.deps
    const cleared = await store.clearBreakers(scope, code, 'the daemon: the condition has passed', clock.now())
    for (const breaker of cleared)
      observer.notify({
        type: 'breaker-cleared',
        code: breaker.code,
        scope: breaker.scope,
        by: breaker.clearedBy ?? '',
      })
  }
}
