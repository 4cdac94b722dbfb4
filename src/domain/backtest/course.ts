import type { AssetKey } from '../assets.js'

/** One rebalance as it was carried out. Shares are of NAV before it. */
export interface Trade {
  /** Place of its day in the course. */
  readonly at: number
  /** Half the sum of the absolute changes of weight. */
  readonly turnover: number
  /** Proportional, impact and fixed costs together. */
  readonly cost: number
  readonly legs: number
  readonly failedLegs: number
  /** Change of each asset's weight, costs left out. */
  readonly changes: readonly number[]
}

/** What is left of a course where it is only to be measured, as in a sweep. */
export interface CourseOutline {
  /** Days since 1970. */
  readonly days: readonly number[]
  /** NAV at the end of the day after costs; 1 at the first. */
  readonly values: readonly number[]
  /** Value of the portfolio that is set back to its targets every day and pays nothing; 1 at the first. */
  readonly benchmark: readonly number[]
  readonly trades: readonly Trade[]
}

/** What a policy made of a history, a value for each day that was observed. */
export interface Course extends CourseOutline {
  readonly assets: readonly AssetKey[]
  /**
   * Weights at the end of the day, after what was traded; in the order of the assets. They sum to less than one while
   * money waits that is in none of them.
   */
  readonly weights: readonly (readonly number[])[]
  readonly targets: readonly (readonly number[])[]
  /** Distance from the target at which the policy trades; undefined where it has none that day. */
  readonly bands: readonly (readonly (number | undefined)[])[]
  /** Whether an asset was beyond its band at the end of the day, before trading. */
  readonly isOutOfBand: readonly boolean[]
}
