import { ALL_OPEN, type Breaker, type BreakerCode, BY_PERSON, holdingBack } from '../domain/policy/breakers.js'
import type { OperatingLevel, Scope, ScopeState } from '../domain/policy/operating.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'

export interface ResumeOrder {
  readonly scope: Scope
  readonly reason: string
  /** Grave breakers that the operator has looked at and clears by name. */
  readonly clear: readonly BreakerCode[]
  /** When it was asked for, in milliseconds since 1970; now when absent. What was said later is not let go. */
  readonly askedAt?: number
}

export type ResumeAnswer =
  | { readonly status: 'resumed'; readonly state: ScopeState; readonly cleared: readonly Breaker[] }
  /** Nothing was changed: these say that keys, records or chain are wrong, and were not named to be cleared. */
  | { readonly status: 'refused'; readonly holding: readonly Breaker[] }

/**
 * What an operator may tell the daemon to do. A pause is in force for every signature asked for after it was accepted, by
 * whichever process: each reads the states in the records right before it signs.
 */
export class Operations {
  constructor(private readonly deps: { store: Store; clock: Clock; observer: Observer; failpoints: Failpoints }) {}

  /**
   * `paused_new`: no leg begins, what is signed is finished. `paused_hard`: what is signed is cancelled where it still can
   * be. A scope that is held harder already stays so. At `expiresAt` (milliseconds since 1970), if any, it lets go by
   * itself, and of nothing that anything else holds.
   */
  pause(scope: Scope, level: 'paused_new' | 'paused_hard', reason: string, expiresAt?: number): Promise<ScopeState> {
    return this.hold(scope, level, reason, expiresAt)
  }

  /** Nothing is signed any more, whatever it is for; until `expiresAt`, if any. */
  halt(scope: Scope, reason: string, expiresAt?: number): Promise<ScopeState> {
    return this.hold(scope, 'halted', reason, expiresAt)
  }

  /** A build that has not worked on these records yet begins nothing until a person has looked at it (D-01, C-55). */
  async holdNewBuild(portfolio: string, build: string, last: string | undefined): Promise<void> {
    const reason = `D-01: build ${build} follows ${last ?? 'none'} and has not traded yet. Look at what it would do, then resume.`
    const { store, clock, observer } = this.deps
    const scope = `portfolio:${portfolio}` as const
    const state = { scope, level: 'paused_new', reason, since: clock.now(), by: 'breaker' } as const
    await store.setOperatingState(state)
    observer.notify({ type: 'scope-changed', state, isEarlier: false })
  }

  /**
   * Lets a scope go and clears its breakers, which is a person's word that their causes were looked at. Refused while a
   * grave one is open that the order does not name (F-79). A breaker that trips in the same moment holds on.
   */
  async resume({ scope, reason, clear, askedAt }: ResumeOrder): Promise<ResumeAnswer> {
    const { store, clock, observer } = this.deps
    const at = clock.now()
    const holding = await this.holding({ scope, clear })
    if (holding.length > 0) return { status: 'refused', holding }
    const open = await store.breakers({ isOpen: true, limit: ALL_OPEN })
    const cleared: Breaker[] = []
    for (const code of new Set(open.filter((one) => one.scope === scope).map((one) => one.code)))
      cleared.push(...(await store.clearBreakers(scope, code, `${BY_PERSON}${reason}`, at)))
    await store.setOperatingState({ scope, level: 'running', reason, since: askedAt ?? at, by: 'operator' })
    for (const breaker of cleared)
      observer.notify({ type: 'breaker-cleared', code: breaker.code, scope, by: breaker.clearedBy ?? '' })
    const state = await this.stateOf(scope, reason, at)
    observer.notify({ type: 'scope-changed', state, isEarlier: false, isAudited: true })
    return { status: 'resumed', state, cleared }
  }

  /** Grave breakers that a resume of the scope would have to clear and does not name. */
  async holding({ scope, clear }: Pick<ResumeOrder, 'scope' | 'clear'>): Promise<readonly Breaker[]> {
    return holdingBack(await this.deps.store.breakers({ isOpen: true, limit: ALL_OPEN }), scope, clear)
  }

  private async hold(
    scope: Scope,
    level: Exclude<OperatingLevel, 'running'>,
    reason: string,
    expiresAt: number | undefined,
  ): Promise<ScopeState> {
    const { store, clock, observer, failpoints } = this.deps
    const since = clock.now()
    const until = expiresAt === undefined ? {} : { expiresAt }
    await store.setOperatingState({ scope, level, reason, since, by: 'operator', ...until })
    await failpoints.reach('K-29')
    const state = await this.stateOf(scope, reason, since)
    observer.notify({ type: 'scope-changed', state, isEarlier: false, isAudited: true })
    return state
  }

  private async stateOf(scope: Scope, reason: string, since: number): Promise<ScopeState> {
    const written = (await this.deps.store.operatingStates()).find((one) => one.scope === scope)
    return written ?? { scope, level: 'running', reason, since, by: 'operator' }
  }
}
