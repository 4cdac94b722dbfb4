import type { AssetKey } from '../assets.js'
import type { ResetLevel } from '../policy/levels.js'
import { ratioToNumber } from '../units/ratio.js'

/**
 * Weights that reach the levels with little turnover and few legs: an asset outside goes to its nearer level, and what that
 * frees or needs is taken from others within their levels. From the hub first, which costs no leg; then from those that
 * are furthest on the other side of their target, no further than that; then, in the same order, up to their levels. In
 * the order of the assets, as shares of NAV and of the same sum.
 */
export function weightsWithin(
  assets: readonly AssetKey[],
  weights: readonly number[],
  targets: readonly number[],
  levels: readonly ResetLevel[],
  hub: number | undefined,
): number[] {
  const bounds = assets.map((asset, place) => {
    const level = levels.find((one) => one.asset === asset)
    return level
      ? { lower: ratioToNumber(level.lower), upper: ratioToNumber(level.upper) }
      : { lower: weights[place]!, upper: weights[place]! }
  })
  const moved = weights.map((weight, place) => Math.min(Math.max(weight, bounds[place]!.lower), bounds[place]!.upper))
  let open = moved.reduce((sum, weight) => sum + weight, 0) - weights.reduce((sum, weight) => sum + weight, 0)
  // Above zero others have to give, below they have to take.
  const side = Math.sign(open)
  const take = (place: number, limit: number) => {
    const part = Math.min(Math.abs(open), Math.max(0, (moved[place]! - limit) * side))
    moved[place]! -= side * part
    open -= side * part
  }
  const boundOf = (place: number) => (side > 0 ? bounds[place]!.lower : bounds[place]!.upper)
  if (hub !== undefined) take(hub, boundOf(hub))
  const excess = (place: number) => (weights[place]! - targets[place]!) * side
  const order = assets.map((_, place) => place).toSorted((a, b) => excess(b) - excess(a) || a - b)
  for (const place of order)
    take(place, side > 0 ? Math.max(targets[place]!, boundOf(place)) : Math.min(targets[place]!, boundOf(place)))
  for (const place of order) take(place, boundOf(place))
  return moved
}
