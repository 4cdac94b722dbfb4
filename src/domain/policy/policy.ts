import type { AssetClass, AssetKey, ChainKey, Token } from '../assets.js'
import { type Ratio, smaller, mulDiv, RATIO_ONE } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'

export interface Target {
  readonly asset: AssetKey
  readonly weight: Ratio
  /** Tolerated distance from the weight as a share of NAV. */
  readonly absoluteBand?: Ratio
  /** Tolerated distance as a share of the weight itself. */
  readonly relativeBand?: Ratio
}

/** What a portfolio wants and what it must never do. */
export interface Policy {
  readonly targets: readonly Target[]
  /** Trades below this are not worth a transaction. */
  readonly minimumTrade: Usd
  /** Largest total cost of a trade between two assets, by the worse class of the two, against our own prices. */
  readonly maxLoss: Readonly<Record<AssetClass, Ratio>>
  /** Largest cost of a bridge transfer, fixed fees included. */
  readonly maxBridgeLoss: Ratio
  /** Largest value of one leg. */
  readonly maxLeg: Usd
  /** Largest gas cost of one transaction. */
  readonly maxGas: Usd
  /** Native base units kept on each chain for gas and never sold. */
  readonly gasReserve: Readonly<Record<ChainKey, bigint>>
  /** The token through which money moves on each chain. */
  readonly hubs: Readonly<Record<ChainKey, Token>>
  /** Assets that trade against another one than the chain's hub, such as a staked coin against the coin itself. */
  readonly assetHubs: Readonly<Record<AssetKey, AssetKey>>
  /** Most legs of one plan. */
  readonly maxLegs: number
  /** Share of NAV that may lie on a chain after a plan. */
  readonly chainShares: Readonly<Record<ChainKey, { readonly minimum: Ratio; readonly maximum: Ratio }>>
  /** Share of NAV that one plan may send over one bridge. */
  readonly maxBridgeShare: Ratio
  /** Smaller shares of bridges that are configured, by key, and of all others. */
  readonly bridgeShares: Readonly<Record<string, Ratio>>
  readonly otherBridgeShare: Ratio
  readonly slicing: SlicingPolicy
  /** What remains of a plan is planned anew once a settled leg or a price has moved this share from the plan. */
  readonly replanMove: Ratio
  readonly planning: PlanningBudget
}

/** Share of NAV that one plan may send over this bridge. */
export function bridgeShareOf({ maxBridgeShare, bridgeShares, otherBridgeShare }: Policy, bridge: string): Ratio {
  return smaller(maxBridgeShare, bridgeShares[bridge] ?? otherBridgeShare)
}

/** When a sale is spread over time. */
export interface SlicingPolicy {
  /** A leg whose price impact is a larger share of its sale is cut into slices. */
  readonly maxImpact: Ratio
  readonly maxSlices: number
  /** In this time a pool that was hit regains half of its distance from the market. */
  readonly recoveryHalfLifeSeconds: number
  /** Weight of the variance of waiting against its saving, per USD of NAV: λ of Almgren and Chriss, times NAV. */
  readonly riskAversion: number
}

/** What making one plan may use. */
export interface PlanningBudget {
  readonly maxQuotes: number
  /** Quotes that have not come by then are not waited for. */
  readonly deadlineMs: number
  /** Wall-clock bound of one search of the solver; undefined bounds it by nodes alone. */
  readonly solverSeconds: number | undefined
}

/** Half-width of the band: the tighter of the two configured distances; without either, any distance is too much. */
export function bandOf(target: Target): Ratio {
  const relative =
    target.relativeBand === undefined ? undefined : mulDiv(target.weight, target.relativeBand, RATIO_ONE, 'down')
  if (target.absoluteBand === undefined) return relative ?? 0n
  return relative === undefined ? target.absoluteBand : smaller(target.absoluteBand, relative)
}
