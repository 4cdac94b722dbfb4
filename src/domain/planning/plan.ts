import type { AssetKey } from '../assets.js'
import type { TokenAmount } from '../units/amount.js'
import type { Ratio } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import type { Cost } from './cost.js'
import type { LegKind, VenueKey } from './quote.js'

/** A part of a leg's sale that another leg has to deliver first. */
export interface Funding {
  readonly leg: string
  /** Base units of the sold token counted on from that leg; never more than it is expected to deliver. */
  readonly units: bigint
}

/** One of several sales in time that together are one order. */
export interface Slice {
  /** From 1. */
  readonly index: number
  readonly of: number
  /** Milliseconds since 1970 before which this slice does not begin. */
  readonly notBefore: number
}

export interface Leg {
  /** `<plan>.<index>`: derived from content, so that a restart finds the same leg under the same name. */
  readonly id: string
  readonly kind: LegKind
  /** Planned amount; of what other legs fund, the smaller of this and what arrived is sold. */
  readonly sell: TokenAmount
  readonly expectedOut: TokenAmount
  /** The least that may be received for the planned amount, from our own prices. */
  readonly minimumOut: TokenAmount
  readonly maxLoss: Ratio
  readonly venue: VenueKey
  readonly tool: string
  /** Exchanges the order may not use, because the other part of a split market does. */
  readonly without?: readonly string[]
  readonly cost: Cost
  /** Legs that deliver part or all of what this one sells; the rest of the sale lies on the account already. */
  readonly funding: readonly Funding[]
  readonly slice: Slice | undefined
  /** Why this leg is in the plan, in one sentence with its numbers. */
  readonly reason: string
  /** The quote behind the expectation: its age when the plan was made, and the block it stands for where known. */
  readonly quote: { readonly ageMs: number; readonly block: bigint | undefined }
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
  /** Distance that stays to the level the decision asked for; below zero where the asset stays under it. */
  readonly value: Usd
  readonly reason: string
}

/** How the legs were found, from the best method to the last resort. */
export const PLAN_METHODS = ['milp', 'rounding', 'water-filling', 'greedy'] as const
export type PlanMethod = (typeof PLAN_METHODS)[number]

/**
 * What else could have been done, reckoned on the same quotes. `nothing`: no trade. `naive`: every asset in one order
 * through one aggregator. `greedy`: every asset on its best single chain and venue, largest first.
 */
export interface Alternative {
  readonly name: 'nothing' | 'naive' | 'greedy'
  /** Undefined when it has no way to reach the levels at all. */
  readonly cost: Usd | undefined
  /** Distance from the levels that it would leave. */
  readonly unmet: Usd
}

/** Why two aggregators may both be used on one side of an asset's market on one chain. */
export interface SeparatePools {
  /** `<asset> on <chain>, <side>`. */
  readonly group: string
  readonly venues: readonly [VenueKey, VenueKey]
  readonly proof: 'fill-lists' | 'joint-simulation'
  readonly detail: string
}

/** An ordered set of legs that explains itself. A leg stands after those that fund it. */
export interface Plan {
  readonly id: string
  readonly legs: readonly Leg[]
  readonly cost: Cost
  /** Drift the plan leaves in place, and what prevented more. */
  readonly unmet: readonly UnmetDrift[]
  /** Portfolio drift expected after the plan. */
  readonly expectedDrift: Ratio
  readonly method: PlanMethod
  readonly alternatives: readonly Alternative[]
  /**
   * No plan on the same quotes costs less than this, what is left undone priced in; never above the plan's own score.
   * Undefined when no relaxation could be solved, and when the plan costs less than what was solved.
   */
  readonly lowerBound: Usd | undefined
  /** Why there is no lower bound, in one sentence. */
  readonly noBound?: string
  readonly separatePools: readonly SeparatePools[]
  readonly quotes: { readonly asked: number; readonly failed: number; readonly rounds: number }
}
