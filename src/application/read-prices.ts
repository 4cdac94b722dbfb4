import { agreePrice } from '../domain/portfolio/prices.js'
import type { AssetPrice, SourceReading } from '../domain/portfolio/snapshot.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { PriceSources } from '../ports/prices.js'

/** Asks every source at once and agrees on one price per asset. */
export class ReadPrices {
  constructor(private readonly deps: { prices: PriceSources }) {}

  async run(portfolio: Portfolio): Promise<readonly AssetPrice[]> {
    const assets = portfolio.assets.map(({ key }) => key)
    const readings = await Promise.all(
      this.deps.prices.sources.map((source) =>
        source.read(assets).catch((error: unknown) =>
          assets.map((asset): SourceReading => ({
            asset,
            source: source.name,
            status: 'unusable',
            reason: String(error),
          })),
        ),
      ),
    )
    return portfolio.priceRules.map((rules) =>
      agreePrice(
        rules,
        readings.flat().filter(({ asset }) => asset === rules.asset),
      ),
    )
  }
}
