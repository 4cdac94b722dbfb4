import { ALL_OPEN, type Breaker, BY_PERSON } from '../domain/policy/breakers.js'
import {
  type Author,
  DAEMON,
  OPERATOR,
  type OperatingLevel,
  type Scope,
  type ScopeState,
} from '../domain/policy/operating.js'
import { COOL_DOWN_MS, LOSS_ACCEPTED, type Obstacle, obstacleTo, type ResumeWord } from '../domain/policy/resume.js'
import type { Clock } from '../ports/clock.js'
import type { Failpoints } from '../ports/failpoints.js'
import type { Observer } from '../ports/observer.js'
import type { Store } from '../ports/store.js'
import type { EndProposals } from './end-proposals.js'

export interface ResumeOrder extends ResumeWord {
  readonly reason: string
  /** When it was asked for, in milliseconds since 1970; now when absent. What was said later is not let go. */
  readonly askedAt?: number
  /** Who lets it go: the operator when absent. */
  readonly author?: Author
}

export type ResumeAnswer =
  | { readonly status: 'resumed'; readonly state: ScopeState; readonly cleared: readonly Breaker[] }
  /** Nothing was changed. */
  | { readonly status: 'refused'; readonly obstacle: Obstacle }

/** The scope is held by this process, and by no other one: the records could not be written. It is tried again. */
export class HeldHereError extends Error {
  override readonly name = 'HeldHereError'
  constructor(
    readonly state: ScopeState,
    cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${state.scope} is ${state.level} in this process only; the record could not be written: ${why}`, { cause })
  }
}

/**
 * What an operator may tell the daemon to do. A pause is in force for every signature asked for after it was accepted, by
 * whichever process: each reads the states in the records right before it signs. In the process that was told it is in
 * force before it is written, and stays so where it cannot be.
 */
export class Operations {
  constructor(
    private readonly deps: {
      store: Store
      clock: Clock
      observer: Observer
      failpoints: Failpoints
      endProposals: EndProposals
      /** How long after a breaker has tripped nobody resumes what it holds. */
      coolDownMs?: number
    },
  ) {}

  /**
   * `paused_new`: no leg begins, what is signed is finished. `paused_hard`: what is signed is cancelled where it still can
   * be. A scope that is held harder already stays so. At `expiresAt` (milliseconds since 1970), if any, it lets go by
   * itself, and of nothing that anything else holds. Rejects with HeldHereError where it holds in this process alone.
   */
  pause(
    scope: Scope,
    level: 'paused_new' | 'paused_hard',
    reason: string,
    expiresAt?: number,
    author: Author = OPERATOR,
  ): Promise<ScopeState> {
    return this.hold({ scope, level, reason, author, expiresAt })
  }

  /** Nothing is signed any more, whatever it is for; until `expiresAt`, if any. */
  halt(scope: Scope, reason: string, expiresAt?: number, author: Author = OPERATOR): Promise<ScopeState> {
    return this.hold({ scope, level: 'halted', reason, author, expiresAt })
  }

  /** A build that has not worked on these records yet begins nothing until a person has looked at it (D-01, C-55). */
  async holdNewBuild(portfolio: string, build: string, last: string | undefined): Promise<void> {
    const reason = `D-01: build ${build} follows ${last ?? 'none'} and has not traded yet. Look at what it would do, then resume.`
    const { store, clock, observer } = this.deps
    const scope = `portfolio:${portfolio}` as const
    const state = { scope, level: 'paused_new', reason, since: clock.now(), by: 'breaker', author: DAEMON } as const
    await store.setOperatingState(state)
    observer.notify({ type: 'scope-changed', state, isEarlier: false })
  }

  /**
   * Lets a scope go and clears its breakers, which is a person's word that their causes were looked at. Refused while a
   * grave one is open that the order does not name, while the books are short and nobody gives up what is missing, and
   * until the breakers have cooled down (F-79). A breaker that trips in the same moment holds on.
   */
  async resume(order: ResumeOrder): Promise<ResumeAnswer> {
    const { scope, reason, acceptLoss, askedAt, author = OPERATOR } = order
    const { store, clock, observer, endProposals } = this.deps
    const at = clock.now()
    await this.writeHolds()
    const obstacle = await this.obstacleTo(order)
    if (obstacle) return { status: 'refused', obstacle }
    const open = (await store.breakers({ isOpen: true, limit: ALL_OPEN })).filter(
      (one) => one.scope === scope && one.trippedAt <= (askedAt ?? at),
    )
    const cleared: Breaker[] = []
    for (const code of new Set(open.map((one) => one.code))) {
      const by = code === 'B-03' && acceptLoss ? LOSS_ACCEPTED : BY_PERSON
      cleared.push(...(await store.clearBreakers(scope, code, `${by}${reason}`, at)))
    }
    await store.setOperatingState({ scope, level: 'running', reason, since: askedAt ?? at, by: 'operator', author })
    for (const breaker of cleared)
      observer.notify({ type: 'breaker-cleared', code: breaker.code, scope, by: breaker.clearedBy ?? '' })
    const state = await this.stateOf({ scope, reason, author }, at)
    observer.notify({ type: 'scope-changed', state, isEarlier: false, isAudited: true })
    await endProposals.lookAfter()
    return { status: 'resumed', state, cleared }
  }

  /** What keeps the order from being done now, if anything. */
  async obstacleTo({ askedAt, ...word }: ResumeOrder): Promise<Obstacle | undefined> {
    const { store, clock, coolDownMs = COOL_DOWN_MS } = this.deps
    const [open, looks] = await Promise.all([store.breakers({ isOpen: true, limit: ALL_OPEN }), store.lastReconciled()])
    const now = clock.now()
    return obstacleTo(word, { open, looks }, { now, askedAt: askedAt ?? now, coolDownMs })
  }

  /** Writes down what holds in this process alone. Rejects, and goes on holding the rest, where that cannot be written. */
  async writeHolds(): Promise<void> {
    const { store } = this.deps
    for (const state of store.holds.all()) {
      await store.setOperatingState(state)
      store.holds.drop(state)
    }
  }

  private async hold({
    expiresAt,
    ...word
  }: {
    readonly scope: Scope
    readonly level: Exclude<OperatingLevel, 'running'>
    readonly reason: string
    readonly author: Author
    readonly expiresAt: number | undefined
  }): Promise<ScopeState> {
    const { store, clock, observer, failpoints, endProposals } = this.deps
    const since = clock.now()
    const until = expiresAt === undefined ? {} : { expiresAt }
    const said: ScopeState = { ...word, since, by: 'operator', ...until }
    store.holds.add(said)
    try {
      await store.setOperatingState(said)
    } catch (error) {
      observer.notify({ type: 'failed', what: `writing down that ${said.scope} is stopped`, isRetried: true, error })
      observer.notify({ type: 'scope-changed', state: said, isEarlier: false })
      throw new HeldHereError(said, error)
    }
    store.holds.drop(said)
    await failpoints.reach('K-29')
    const state = await this.stateOf(word, since)
    observer.notify({ type: 'scope-changed', state, isEarlier: false, isAudited: true })
    await endProposals.lookAfter()
    return state
  }

  private async stateOf(word: Pick<ScopeState, 'scope' | 'reason' | 'author'>, since: number): Promise<ScopeState> {
    const written = (await this.deps.store.operatingStates()).find(({ scope }) => scope === word.scope)
    const { scope, reason, author = OPERATOR } = word
    return written ?? { scope, level: 'running', reason, since, by: 'operator', author }
  }
}
