import type { ScopeState } from '../domain/policy/operating.js'
import { statesOf } from '../domain/policy/timed-pauses.js'

/**
 * What people have stopped and this process could not write down yet. It holds here from the moment it was said, whatever
 * the records do; a process that dies takes it along. One with an end holds until it is written, and then by its end.
 */
export class Holds {
  private held: readonly ScopeState[] = []

  all(): readonly ScopeState[] {
    return this.held
  }

  add(state: ScopeState): void {
    this.held = [...this.held, state]
  }

  /** Once the records have it. */
  drop(state: ScopeState): void {
    this.held = this.held.filter((one) => one !== state)
  }

  /** The states of the records with what holds beside them. */
  beside(recorded: readonly ScopeState[]): readonly ScopeState[] {
    return this.held.length === 0 ? recorded : statesOf([...recorded, ...this.held], -Infinity)
  }
}
