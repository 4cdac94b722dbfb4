import type { AssetKey } from '../assets.js'
import type { TokenAmount } from '../units/amount.js'
import type { Ratio } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import type { Cost } from './cost.js'
import type { LegKind, VenueKey } from './quote.js'

export interface Leg {
  /** `<plan>.<index>`: derived from content, so that a restart finds the same leg under the same name. */
  readonly id: string
  readonly kind: LegKind
  /** Planned amount; a leg that waits for another sells the smaller of this and what arrived. */
  readonly sell: TokenAmount
  readonly expectedOut: TokenAmount
  /** The least that may be received for the planned amount, from our own prices. */
  readonly minimumOut: TokenAmount
  readonly maxLoss: Ratio
  readonly venue: VenueKey
  readonly tool: string
  readonly cost: Cost
  /** The leg whose output this one sells. */
  readonly dependsOn: string | undefined
  /** What the other venues would have cost for the same amount, or why they were not taken. */
  readonly alternatives: readonly {
    readonly venue: VenueKey
    readonly tool: string
    readonly cost: Usd | undefined
    readonly refusal: string | undefined
  }[]
}

export interface UnmetDrift {
  readonly asset: AssetKey
  readonly value: Usd
  readonly reason: string
}

/** An ordered set of legs that explains itself. A leg stands after the one it depends on. */
export interface Plan {
  readonly id: string
  readonly legs: readonly Leg[]
  readonly cost: Cost
  /** Drift the plan leaves in place, and what prevented more. */
  readonly unmet: readonly UnmetDrift[]
  /** Portfolio drift expected after the plan. */
  readonly expectedDrift: Ratio
}
