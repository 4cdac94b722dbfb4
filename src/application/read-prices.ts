import { agreePrice } from '../domain/portfolio/prices.js'
import type { AssetPrice, SourceReading } from '../domain/portfolio/snapshot.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { PriceSources } from '../ports/prices.js'
import type { PriceBoard } from './price-board.js'
import type { WatchPrices } from './watch-prices.js'

/** Asks every source at once, agrees on one price per asset, and has whoever watches judge them before anybody uses them. */
export class ReadPrices {
  constructor(
    private readonly deps: {
      prices: PriceSources
      /** Absent where nothing is executed and nothing has to be stopped. */
      watchPrices?: Pick<WatchPrices, 'judge'>
      /** Where somebody looks at prices. */
      board?: Pick<PriceBoard, 'keep'>
    },
  ) {}

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
    const agreed = portfolio.priceRules.map((rules) =>
      agreePrice(
        rules,
        readings.flat().filter(({ asset }) => asset === rules.asset),
      ),
    )
    this.deps.board?.keep(agreed)
    await this.deps.watchPrices?.judge(agreed)
    return agreed
  }
}
