import type { Address, ChainKey } from '../domain/assets.js'
import { ALL_OPEN, type BreakerCode, lastClearedByPerson, type Trip } from '../domain/policy/breakers.js'
import { DAEMON, type Scope } from '../domain/policy/operating.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'

/** Stops a scope for a reason that the daemon found by itself. Tripping what holds already changes nothing. */
export class TripBreaker {
  /** Nonces of others beyond ours, by account and chain: how far, and when this process saw that first. */
  private readonly foreign = new Map<string, { readonly latest: number; readonly since: number }>()

  constructor(private readonly deps: { store: Store; clock: Clock; observer: Observer }) {}

  async run(trip: Trip): Promise<void> {
    const { store, clock, observer } = this.deps
    const at = clock.now()
    if (!(await store.tripBreaker(trip, at))) return
    observer.notify({ type: 'breaker-tripped', trip, at, isEarlier: false })
    observer.notify({
      type: 'scope-changed',
      state: {
        scope: trip.scope,
        level: trip.level,
        reason: `${trip.code}: ${trip.reason}`,
        since: at,
        by: 'breaker',
        author: DAEMON,
      },
      isEarlier: false,
    })
  }

  /**
   * The chain expects a nonce beyond ours: somebody else uses the key (B-04), or our records lost what we signed (B-15),
   * and everything halts. Where a person has cleared that since this very nonce was seen, the account goes on at it
   * instead; a later one halts anew. A process that starts has seen nothing, so that it halts once more. An account
   * without a nonce of its own in the records (`isRecorded` false) begins where the chain is, with nothing to adopt.
   * Resolves to whether the account may go on.
   */
  async foreignNonce(
    { chain, account }: { readonly chain: ChainKey; readonly account: Address },
    latest: number,
    reason: string,
    { code = 'B-04', isRecorded = true }: { readonly code?: 'B-04' | 'B-15'; readonly isRecorded?: boolean } = {},
  ): Promise<boolean> {
    const { store, clock, observer } = this.deps
    const key = `${code} ${chain} ${account.toLowerCase()}`
    const seen = this.foreign.get(key)
    const cleared = lastClearedByPerson(await store.breakers({ isOpen: false, limit: ALL_OPEN }), code, ['all'])
    const isAccepted = seen?.latest === latest && cleared !== undefined && cleared.clearedAt >= seen.since
    if (isAccepted && (!isRecorded || (await store.adoptNonce(chain, account, latest)))) {
      this.foreign.delete(key)
      observer.notify({ type: 'nonce-adopted', chain, account, next: latest, by: cleared.clearedBy })
      return true
    }
    if (seen?.latest !== latest) this.foreign.set(key, { latest, since: clock.now() })
    await this.run({ code, scope: 'all', level: 'halted', reason })
    return false
  }

  /** Lets go of a breaker whose condition has passed. */
  async clear(scope: Scope, code: BreakerCode): Promise<void> {
    const { store, clock, observer } = this.deps
    const at = clock.now()
    const cleared = await store.clearBreakers(scope, code, 'the daemon: the condition has passed', at)
    for (const breaker of cleared)
      observer.notify({
        type: 'breaker-cleared',
        code: breaker.code,
        scope: breaker.scope,
        by: breaker.clearedBy ?? '',
      })
    if (cleared.length === 0) return
    // Something else may hold the scope still.
    const held = (await store.operatingStates()).find((one) => one.scope === scope)
    const reason = `${code} has let go: its condition has passed.`
    const state = held ?? {
      scope,
      level: 'running' as const,
      reason,
      since: at,
      by: 'breaker' as const,
      author: DAEMON,
    }
    if (cleared.some(({ level }) => level !== state.level))
      observer.notify({ type: 'scope-changed', state, isEarlier: false })
  }
}
