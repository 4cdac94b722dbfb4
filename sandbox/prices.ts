export const assets = ['ETH', 'BTC', 'LINK', 'USDC', 'USDT', 'DAI'] as const
export type AssetSymbol = (typeof assets)[number]

/** USD per whole unit, at which every scenario starts. */
export const startPrices: Record<AssetSymbol, number> = {
  ETH: 3000,
  BTC: 90_000,
  LINK: 15,
  USDC: 1,
  USDT: 0.9998,
  DAI: 1.0001,
}

/** The reference prices, as the rest of the sandbox sees them. */
export interface ReferencePrices {
  /** USD per whole unit of an asset now; an unknown asset is an error. */
  usd(asset: string): number
}

export function isAsset(asset: string): asset is AssetSymbol {
  return (assets as readonly string[]).includes(asset)
}
