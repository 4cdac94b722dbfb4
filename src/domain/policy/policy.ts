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
  /** No new cycle starts trading sooner than this after the last one that traded. */
  readonly cooldownMs: number
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
}

/** Half-width of the band: the tighter of the two configured distances; without either, any distance is too much. */
export function bandOf(target: Target): Ratio {
  const relative =
    target.relativeBand === undefined ? undefined : mulDiv(target.weight, target.relativeBand, RATIO_ONE, 'down')
  if (target.absoluteBand === undefined) return relative ?? 0n
  return relative === undefined ? target.absoluteBand : smaller(target.absoluteBand, relative)
}
