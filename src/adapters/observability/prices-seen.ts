import type { AssetKey } from '../../domain/assets.js'
import type { AssetPrice } from '../../domain/portfolio/snapshot.js'
import { mulDiv, RATIO_ONE, ratioToNumber } from '../../domain/units/ratio.js'

export interface PriceSeen {
  readonly asset: AssetKey
  readonly source: string
  /** Seconds since 1970, as the price carries it; undefined when the source gave none. */
  readonly timestamp: number | undefined
  /** Over the consensus, minus 1; undefined when the source gave no price. */
  readonly deviation: number | undefined
}

/**
 * What each source said about one asset. The consensus is the agreed price; where the sources do not agree it is the
 * middle of what they said, so that a source that runs away is seen while the asset is paused for it.
 */
export function pricesSeen({ asset, ...agreed }: AssetPrice): PriceSeen[] {
  const usable = agreed.sources.flatMap((reading) => (reading.status === 'usable' ? [reading.price] : []))
  const consensus = agreed.status === 'known' ? agreed.price : middleOf(usable)
  return agreed.sources.map((reading) =>
    reading.status === 'unusable'
      ? { asset, source: reading.source, timestamp: undefined, deviation: undefined }
      : {
          asset,
          source: reading.source,
          timestamp: reading.timestamp,
          deviation: ratioToNumber(mulDiv(reading.price - consensus, RATIO_ONE, consensus, 'zero')),
        },
  )
}

/** The median, of an even number the mean of the middle two; 0 of nothing. */
function middleOf(prices: readonly bigint[]): bigint {
  const sorted = prices.toSorted((a, b) => (a < b ? -1 : 1))
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0n
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0n) + upper) / 2n
}
