import type { Asset, AssetKey } from '../assets.js'
import type { Valuation } from '../portfolio/valuation.js'
import { mulDiv, type Ratio, RATIO_ONE } from '../units/ratio.js'
import type { Price } from '../units/usd.js'

/** Whole units of a position, scaled by 10^18; negative where it is short. */
export type Units = bigint & { readonly unit?: 'units' }

/** What one unit of a position follows of one asset. */
export interface Underlying {
  readonly asset: AssetKey
  /** The rate: as many units of the asset one unit of the position is worth now. Negative where it is short of it. */
  readonly unitsPerUnit: Ratio
  /**
   * What the rate gains for a move of the asset's price by 100 %, at its present slope: minus half of the rate for the
   * liquidity of a constant product, which sells what rises. Nothing where it is left out.
   */
  readonly gamma?: Ratio
}

/** `pool` is the liquidity of a pool. */
export type PositionKind = 'spot' | 'staked' | 'pool' | 'derivative'

/** Something in the book that gains or loses with the price of assets. */
export interface BookPosition {
  readonly kind: PositionKind
  /** The asset that is held, or a name of the position for people. */
  readonly asset: string
  readonly units: Units
  readonly underlying: readonly Underlying[]
}

/** What a source of positions answers. What is unknown is never taken for none. */
export type PositionsReading =
  | { readonly status: 'known'; readonly positions: readonly BookPosition[] }
  | { readonly status: 'unknown'; readonly reason: string }

/**
 * A form of another asset is worth between half and twice as much as that one. Anything else that trades against it, such
 * as a token whose deep pools are against ETH, is an asset of its own.
 */
const LEAST_RATE: Ratio = RATIO_ONE / 2n
const MOST_RATE: Ratio = 2n * RATIO_ONE

/**
 * The asset whose price one follows: the one it is staked, which is its hub by the configuration, as far as prices of both
 * are known and say so; itself otherwise. A stable hub is money and no coin that is staked.
 */
export function followed(
  asset: AssetKey,
  { assetHubs, assets, prices }: Bookkeeping,
): { readonly asset: AssetKey; readonly rate: Ratio } {
  let coin = asset
  for (const seen = new Set([asset]); ; seen.add(coin)) {
    const hub = Object.hasOwn(assetHubs, coin) ? assetHubs[coin]! : undefined
    if (hub === undefined || seen.has(hub)) break
    if (assets.find(({ key }) => key === hub)?.class === 'stable') break
    const rate = rateBetween(prices.get(asset), prices.get(hub))
    if (rate === undefined || rate < LEAST_RATE || rate > MOST_RATE) break
    coin = hub
  }
  const rate = coin === asset ? undefined : rateBetween(prices.get(asset), prices.get(coin))
  return { asset: coin, rate: rate ?? RATIO_ONE }
}

/** What is needed to tell what a holding follows. */
export interface Bookkeeping {
  readonly assets: readonly Asset[]
  /** Assets that have a hub of their own, such as a staked coin the coin itself. */
  readonly assetHubs: Readonly<Record<AssetKey, AssetKey>>
  readonly prices: ReadonlyMap<AssetKey, Price>
}

/** Known prices of a valuation. */
export function pricesIn(valuation: Valuation): Map<AssetKey, Price> {
  return new Map(valuation.assets.flatMap((one) => (one.status === 'known' ? [[one.asset, one.price] as const] : [])))
}

/**
 * What is held and in transit of each asset whose value is known and not nothing. Units round down, so that a position is
 * never worth more than the valuation says.
 */
export function positionsOf(valuation: Valuation, bookkeeping: Bookkeeping): BookPosition[] {
  return valuation.assets.flatMap((one): BookPosition[] => {
    if (one.status === 'unknown' || one.value === 0n) return []
    const { asset, rate } = followed(one.asset, bookkeeping)
    return [
      {
        kind: asset === one.asset ? 'spot' : 'staked',
        asset: one.asset,
        units: mulDiv(one.value, RATIO_ONE, one.price, 'down'),
        underlying: [{ asset, unitsPerUnit: rate }],
      },
    ]
  })
}

/** Units of one for a unit of the other, rounded down; undefined without both prices. */
function rateBetween(price: Price | undefined, per: Price | undefined): Ratio | undefined {
  return price === undefined || per === undefined || per <= 0n ? undefined : mulDiv(price, RATIO_ONE, per, 'down')
}
