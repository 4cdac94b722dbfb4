import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import type { OperatingState, Store } from '../ports/store.js'

/** What an operator may tell the daemon to do. */
export class Operations {
  constructor(private readonly deps: { store: Store; clock: Clock; observer: Observer }) {}

  /** No new legs from now on; transactions and transfers under way are finished. */
  async pause(reason: string): Promise<OperatingState> {
    const state: OperatingState = { state: 'paused_new', reason, since: this.deps.clock.now() }
    await this.deps.store.setOperatingState(state)
    this.deps.observer.notify({ type: 'paused', reason, by: 'operator' })
    return state
  }

  async resume(reason: string): Promise<OperatingState> {
    const state: OperatingState = { state: 'running', reason, since: this.deps.clock.now() }
    await this.deps.store.setOperatingState(state)
    this.deps.observer.notify({ type: 'resumed', reason })
    return state
  }
}
