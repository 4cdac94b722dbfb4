import type { AssetKey } from '../../src/domain/assets.js'
import type { PriceTable } from '../../src/domain/portfolio/price-table.js'
import { seededRandom } from '../../src/domain/statistics/seeded-random.js'
import type { ImportedPrice } from '../../src/ports/history.js'

export interface Walk {
  readonly asset: AssetKey
  /** Standard deviation of a day's return. */
  readonly daily: number
  /** What it shares with the others that do, 0 to 1. */
  readonly shared?: number
}

/** Random walks that depend on nothing but the seed, a price for every day from `first` to `last`. */
export function aPriceTable(walks: readonly Walk[], first: number, last: number, seed = 1): PriceTable {
  const draw = seededRandom(seed)
  // Sum of twelve uniform numbers less six: variance one.
  const normal = () => Array.from({ length: 12 }, draw).reduce((sum, one) => sum + one, -6)
  const logs = walks.map(() => Math.log(100))
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const prices = days.map(() => {
    const common = normal()
    return walks.map(({ daily, shared = 0 }, place) => {
      logs[place]! += daily * (Math.sqrt(shared) * common + Math.sqrt(1 - shared) * normal())
      return Math.exp(logs[place]!)
    })
  })
  return { assets: walks.map(({ asset }) => asset), days, prices }
}

/** The known prices of a table as rows to import, rounded to a millionth of a dollar. */
export function rowsOf({ assets, days, prices }: PriceTable): ImportedPrice[] {
  return days.flatMap((day, row) =>
    assets.flatMap((asset, place) => {
      const price = prices[row]![place]
      return price === undefined ? [] : [{ asset, day, price: BigInt(Math.round(price * 1e6)) * 10n ** 12n }]
    }),
  )
}
