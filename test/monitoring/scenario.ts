import type { Labels } from './observatory.js'
import type { Stage } from './stage.js'

export interface Expected {
  readonly alert: string
  /** Of the alert's labels, those that matter. */
  readonly labels?: Labels
}

/** Something that happens to the daemon, and the alerts it must bring about. */
export interface Scenario {
  /** What happens, as a sentence without its full stop. */
  readonly name: string
  readonly alerts: readonly Expected[]
  /** Nothing but `alerts` may fire until this much time has passed, in seconds. */
  readonly quietFor?: number
  /** Whether money moves, so that the next scenario needs a world of its own. */
  readonly spends?: boolean
  readonly play: (stage: Stage) => Promise<void>
  /** Ends the cause; the alerts have to be resolved then. */
  readonly cure?: (stage: Stage) => Promise<void>
}
