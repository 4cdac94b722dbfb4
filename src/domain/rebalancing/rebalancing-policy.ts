import type { AssetKey } from '../assets.js'
import type { ResetLevel } from '../policy/levels.js'
import type { Matrix } from '../statistics/matrix.js'
import type { Ratio } from '../units/ratio.js'

/** One asset as a rebalancing policy sees it. */
export interface AssetState {
  readonly asset: AssetKey
  /** Actual and wanted share of NAV. */
  readonly weight: Ratio
  readonly target: Ratio
  /** Half-width of the configured band, as a share of NAV: what threshold policies go by. */
  readonly band: Ratio
  /** What trading one more dollar of the asset costs now, one way, as a share; at the size its band suggests. */
  readonly cost: number
  /** Until then legs of this asset may still be settling, in milliseconds since 1970; undefined when none are. */
  readonly settlesAt: number | undefined
}

/** Everything a rebalancing policy may look at. The same state gives the same decision. */
export interface PortfolioState {
  /** Milliseconds since 1970. */
  readonly now: number
  /** When a policy last decided to trade; undefined when none did. */
  readonly lastTradedAt: number | undefined
  readonly assets: readonly AssetState[]
  /** Annual covariance of daily log returns in the order of `assets`; undefined while prices are too few to tell. */
  readonly covariance: Matrix | undefined
  /** What one more leg costs whatever its size, as a share of NAV. */
  readonly fixedCost: number
  /** When due times were last served, as `servedAt` reckons it; undefined when none was. */
  readonly servedAt: number | undefined
  /** A person asked, or a cycle goes on where another one stopped: neither bands nor times hold it back. */
  readonly isAsked?: boolean
}

/** What a decision about one asset rests on. Shares of NAV; rates are per year. */
export interface AssetFigures {
  readonly asset: AssetKey
  /** Weight less target. */
  readonly drift: Ratio
  /** A distance beyond this is a reason to trade, and how far from its target an asset is brought back to then. */
  readonly band: Ratio
  readonly inner: Ratio
  /** Penalty for the distance that would end with a trade now, per year. Undefined where volatility is unknown. */
  readonly benefitPerYear: number | undefined
  /** Proportional and fixed cost of bringing the asset back now. */
  readonly costNow: number
  /** Penalty of waiting for one more day at this distance. Undefined where volatility is unknown. */
  readonly costOfWaiting: number | undefined
  /**
   * What a band follows from: proportional cost of the pair, fixed cost of a leg, annual volatility against the rest.
   * Undefined where they are unknown; records of earlier builds have none of them.
   */
  readonly cost: number | undefined
  readonly fixedCost: number | undefined
  readonly volatility: number | undefined
}

/** `in-place`: what was asked for is where it should be already. `too-few`: there is nothing to trade against. */
export const REBALANCING_CODES = ['trade', 'within-band', 'not-due', 'cooldown', 'in-place', 'too-few'] as const
export type RebalancingCode = (typeof REBALANCING_CODES)[number]

export interface RebalancingDecision {
  readonly trade: boolean
  readonly code: RebalancingCode
  /** `L` and `U` of every asset when it trades; empty otherwise. */
  readonly levels: readonly ResetLevel[]
  /** Assets that are the reason. */
  readonly breached: readonly AssetKey[]
  /** Sentences with the numbers that were compared. */
  readonly reasons: readonly string[]
  readonly figures: readonly AssetFigures[]
}

/** When to trade and how far: a pure function of the state. */
export interface RebalancingPolicy {
  readonly decide: (state: PortfolioState) => RebalancingDecision
}
