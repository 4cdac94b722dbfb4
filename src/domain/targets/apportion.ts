import { larger, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'

/** Weights are written in parts of a trillionth, so that they can be read. */
const GRID: Ratio = 10n ** 6n
const PARTS = 1e12

/**
 * Shares as ratios that sum to exactly `RATIO_ONE`, each from `lower` to `upper`. Rounded down to a trillionth and moved
 * into their bounds; what is then left over goes, a trillionth each, to the largest remainders with room, and what is too
 * much is taken from the smallest, equal ones in the order of their keys (Hamilton's method); only where bounds leave no
 * room for that, more goes to the first that has room. Without bounds that bind each is within a trillionth of its share.
 *
 * Shares are finite, not negative and sum to one; lower bounds sum to no more than `RATIO_ONE` and upper bounds to no less.
 */
export function apportion(
  keys: readonly string[],
  shares: readonly number[],
  lower: readonly Ratio[],
  upper: readonly Ratio[],
): Ratio[] {
  const parts = shares.map((share) => share * PARTS)
  const weights = parts.map((part, index) =>
    smaller(larger(BigInt(Math.floor(part)) * GRID, lower[index]!), upper[index]!),
  )
  const byRemainder = [...keys.keys()].toSorted(
    (a, b) => remainderOf(parts[b]!) - remainderOf(parts[a]!) || (keys[a]! < keys[b]! ? -1 : 1),
  )
  let left = RATIO_ONE - weights.reduce((sum, weight) => sum + weight, 0n)
  for (const most of [GRID, RATIO_ONE])
    for (const index of left > 0n ? byRemainder : byRemainder.toReversed()) {
      const weight = weights[index]!
      const change =
        left > 0n
          ? smaller(smaller(left, most), upper[index]! - weight)
          : larger(larger(left, 0n - most), lower[index]! - weight)
      weights[index] = weight + change
      left -= change
    }
  return weights
}

function remainderOf(part: number): number {
  return part - Math.floor(part)
}
