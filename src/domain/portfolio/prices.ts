import type { AssetKey } from '../assets.js'
import { larger, mulDiv, pointsBeside, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import type { AssetPrice, SourceReading } from './snapshot.js'

export interface PriceRules {
  readonly asset: AssetKey
  /** How many usable sources it takes; one source alone is never a price a fund trades on. */
  readonly quorum: number
  /** Largest distance between any two used sources, as a share of the lower one (C-31). */
  readonly maxDivergence: Ratio
  /** Outside these bounds a price is a broken source, whatever the sources agree on (C-37). USD, scaled by 10^18. */
  readonly minimum: bigint
  readonly maximum: bigint
}

/**
 * One price from several sources (C-30, C-31, C-37): the median of the usable ones, rounded down, or unknown with the
 * reason. Any order of the readings gives the same answer.
 */
export function agreePrice(rules: PriceRules, readings: readonly SourceReading[]): AssetPrice {
  const { asset } = rules
  const unknown = (reason: string): AssetPrice => ({ asset, status: 'unknown', reason, sources: readings })
  const usable = readings
    .filter((reading) => reading.status === 'usable')
    .toSorted((a, b) => (a.price < b.price ? -1 : 1))
  if (usable.length < rules.quorum) {
    const why = readings.flatMap((r) => (r.status === 'unusable' ? [`${r.source}: ${r.reason}`] : [])).join('; ')
    return unknown(
      `${asset} needs ${rules.quorum} price sources, ${usable.length} usable (${why || 'no others configured'}).`,
    )
  }
  const lowest = usable[0]!.price
  const highest = usable.at(-1)!.price
  if (lowest < rules.minimum || highest > rules.maximum)
    return unknown(`${asset} is priced outside its sanity bounds; check the sources or prices.bounds.${asset}.`)
  const divergence = divergenceOf(readings)
  if (divergence !== undefined && divergence > rules.maxDivergence)
    return unknown(
      `Sources of ${asset} differ by ${pointsBeside(divergence, rules.maxDivergence)} bps, policy allows ${pointsBeside(rules.maxDivergence, divergence)} bps.`,
    )
  const middle = usable.length >> 1
  const price =
    usable.length % 2 === 1 ? usable[middle]!.price : (usable[middle - 1]!.price + usable[middle]!.price) / 2n
  return { asset, status: 'known', price, sources: readings }
}

/** How far the usable sources are apart, as a share of the lowest, rounded up; undefined with fewer than two. */
export function divergenceOf(readings: readonly SourceReading[]): Ratio | undefined {
  const prices = readings.flatMap((reading) => (reading.status === 'usable' ? [reading.price] : []))
  if (prices.length < 2) return undefined
  const lowest = prices.reduce(smaller)
  return mulDiv(prices.reduce(larger) - lowest, RATIO_ONE, lowest, 'up')
}
