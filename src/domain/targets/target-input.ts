import type { AssetClass, AssetKey, ChainKey } from '../assets.js'
import type { Matrix } from '../statistics/matrix.js'
import type { Ratio } from '../units/ratio.js'

/** One asset that may be given a weight. */
export interface TargetAsset {
  readonly key: AssetKey
  readonly class: AssetClass
  /** Who answers for its tokens, such as the company behind a stable coin; undefined where nobody does. */
  readonly issuer: string | undefined
  /**
   * Share of the asset that lies on each chain, or would if it were bought now. Together at most one; what is missing
   * lies where no limit of a chain counts it.
   */
  readonly chains: Readonly<Record<ChainKey, number>>
}

/**
 * What NAV did, in values of one unit of the fund: a deposit is neither gain nor loss. What leaves the account by other
 * hands is a loss once it is booked as one, a withdrawal as well (see `unitDay`). Only proportions of the values count.
 */
export interface NavFigures {
  readonly value: number
  /** Highest value so far. */
  readonly highWater: number
  /** Value when the floor was set, and that time in milliseconds since 1970. */
  readonly startValue: number
  readonly startedAt: number
}

/** Targets in force. */
export interface CurrentTargets {
  /** Sum to `RATIO_ONE`. An asset that is not named has none. */
  readonly weights: Readonly<Record<AssetKey, Ratio>>
  /** Milliseconds since 1970. */
  readonly setAt: number
  /** What the setter gave as `exposure` when these were set; undefined where it gave none. */
  readonly exposure: number | undefined
}

/** Everything a target setter may look at. The same input gives the same weights, in whatever order the assets come. */
export interface TargetInput {
  readonly assets: readonly TargetAsset[]
  /** Annual, in the order of `assets`; undefined while prices are too few to tell. */
  readonly covariance: Matrix | undefined
  /**
   * Before the first targets were set, the configured weights as if set a day before: see `currentTargetsOf`. Undefined
   * where there is nothing to come from, so that nothing is smoothed.
   */
  readonly current: CurrentTargets | undefined
  /** Undefined where no history of NAV is kept. */
  readonly nav: NavFigures | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}
