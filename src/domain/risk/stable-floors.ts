import type { AssetClass, AssetKey } from '../assets.js'
import { STABLE_VOLATILITY_FLOOR } from '../statistics/covariance.js'

/** Least annual volatility of each asset: that of stable ones, undefined of all others. */
export function stableFloors(
  assets: readonly AssetKey[],
  classes: ReadonlyMap<AssetKey, AssetClass>,
): (number | undefined)[] {
  return assets.map((asset) => (classes.get(asset) === 'stable' ? STABLE_VOLATILITY_FLOOR : undefined))
}
