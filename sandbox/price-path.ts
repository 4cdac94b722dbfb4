import { assets, isAsset, startPrices, type AssetSymbol, type ReferencePrices } from './prices.js'
import { gaussian, seedFor, seededRandom } from './randomness.js'
import { scenarios, type Scenario, type ScenarioName } from './scenarios.js'

const stable: ReadonlySet<AssetSymbol> = new Set(['USDC', 'USDT', 'DAI'])

/** Standard deviation of one tick's noise, as a share of the price. */
const volatilePerTick = 0.0002
const stablePerTick = 0.00002
/** The share of its distance from the start price that a stablecoin's noise loses per tick. */
const stableReversion = 0.1

/**
 * The one truth about prices, which feeds, price service and arbitrage follow. The noise of tick k depends on the seed
 * alone; a scenario started at the same tick and the same commands give the same prices at every tick.
 */
export class PricePath implements ReferencePrices {
  readonly #draw: () => number
  readonly #scenario: ScenarioName
  /** Logarithms of the factors that make up a price. */
  readonly #noise = new Map<AssetSymbol, number>()
  readonly #command = new Map<AssetSymbol, number>()
  #tick = 0
  #startedAt: number | undefined

  constructor(seed: number, scenario: ScenarioName) {
    this.#draw = gaussian(seededRandom(seedFor(seed, 'prices')))
    this.#scenario = scenario
  }

  get tick(): number {
    return this.#tick
  }

  /** Whether the scenario's moves have begun. */
  get isScenarioStarted(): boolean {
    return this.#startedAt !== undefined
  }

  advance(): void {
    this.#tick += 1
    for (const asset of assets) {
      const before = this.#noise.get(asset) ?? 0
      const after = stable.has(asset)
        ? before * (1 - stableReversion) + stablePerTick * this.#draw()
        : before + volatilePerTick * this.#draw()
      this.#noise.set(asset, after)
    }
  }

  /** Begins the scenario's moves with the next tick. Later calls change nothing. */
  startScenario(): void {
    this.#startedAt ??= this.#tick
  }

  /** Makes the asset's price this from now on; noise and the scenario's moves continue from there. */
  jump(asset: AssetSymbol, usd: number): void {
    this.#command.set(asset, (this.#command.get(asset) ?? 0) + Math.log(usd / this.usd(asset)))
  }

  usd(asset: string): number {
    if (!isAsset(asset)) throw new Error(`There is no price of ${asset}; there are prices of ${assets.join(', ')}.`)
    const exponent = (this.#noise.get(asset) ?? 0) + (this.#command.get(asset) ?? 0) + this.#scenarioMove(asset)
    return startPrices[asset] * Math.exp(exponent)
  }

  #scenarioMove(asset: AssetSymbol): number {
    if (this.#startedAt === undefined) return 0
    const { moves, ticks }: Scenario = scenarios[this.#scenario]
    const progress = ticks === 0 ? 1 : Math.min(1, (this.#tick - this.#startedAt) / ticks)
    return progress * Math.log(1 + (moves[asset] ?? 0))
  }
}
