import type { AssetKey } from '../assets.js'
import type { Drift } from '../portfolio/drift.js'
import { absolute, larger, mulDiv, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import type { Policy } from './policy.js'

/** The weights between which an asset should end, as shares of NAV: `L ≤ target ≤ U` of the planning theory. */
export interface ResetLevel {
  readonly asset: AssetKey
  readonly lower: Ratio
  readonly upper: Ratio
}

/**
 * Levels that need no more than `share` of NAV to be traded, each moved toward where its asset is now by the same
 * proportion; the same levels when they need no more. A sale and the purchase it pays for are counted both, because money
 * passes through a hub, and once more for every asset's own hub on the way. Rounds toward where the assets are.
 */
export function levelsWithin(
  levels: readonly ResetLevel[],
  drift: Drift,
  share: Ratio,
  { assetHubs }: Pick<Policy, 'assetHubs'>,
): readonly ResetLevel[] {
  const weightOf = (asset: AssetKey) => drift.assets.find((one) => one.asset === asset)?.weight ?? 0n
  const distance = ({ asset, lower, upper }: ResetLevel): Ratio => {
    const weight = weightOf(asset)
    return weight < lower ? lower - weight : weight > upper ? upper - weight : 0n
  }
  const tradesFor = (asset: AssetKey | undefined): bigint =>
    asset === undefined ? 0n : 1n + tradesFor(assetHubs[asset])
  const needed = levels.reduce((sum, level) => sum + absolute(distance(level)) * tradesFor(level.asset), 0n)
  if (needed <= share) return levels
  return levels.map((level) => {
    const allowed = mulDiv(distance(level), share, needed, 'zero')
    const end = weightOf(level.asset) + allowed
    return allowed === 0n && distance(level) === 0n
      ? level
      : { asset: level.asset, lower: smaller(level.lower, end), upper: larger(level.upper, end) }
  })
}

/** The largest distance of an asset from its levels, in USD, rounded down; zero where every asset is between them. */
export function farthestFrom(levels: readonly ResetLevel[], { assets, nav }: Pick<Drift, 'assets' | 'nav'>): Usd {
  return levels.reduce((most, { asset, lower, upper }) => {
    const weight = assets.find((one) => one.asset === asset)?.weight ?? 0n
    const distance = larger(larger(lower - weight, weight - upper), 0n)
    return larger(most, mulDiv(distance, nav, RATIO_ONE, 'down'))
  }, 0n)
}
