import type { AssetKey } from '../domain/assets.js'
import type { SourceReading } from '../domain/portfolio/snapshot.js'

/** One independent source of prices. */
export abstract class PriceSource {
  abstract readonly name: string
  /** One reading for every asset the source is configured for; whatever goes wrong is an `unusable` reading. */
  abstract read(assets: readonly AssetKey[]): Promise<readonly SourceReading[]>
}

/** All configured sources. */
export class PriceSources {
  constructor(readonly sources: readonly PriceSource[]) {}
}
