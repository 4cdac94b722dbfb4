import { readFileSync } from 'node:fs'
import type { HistoryRequest } from '../../src/application/lay-out-history.js'
import type { PriceTable } from '../../src/domain/portfolio/price-table.js'
import type { SharedParameters } from '../../src/domain/rebalancing/parameters.js'
import { type Calendar, DEFAULT_POLICY, type PolicyName } from '../../src/domain/rebalancing/registry.js'
import { seededRandom } from '../../src/domain/statistics/seeded-random.js'
import type { TargetSetting } from '../../src/domain/targets/target-setting.js'
import { NO_LIMITS } from '../../src/domain/targets/weight-limits.js'
import { ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { aPolicy, aToken } from './builders.js'

type HistoryPortfolio = HistoryRequest['portfolio']

export interface HistoryPortfolioSpec {
  /** Target weights in basis points. */
  readonly weights?: Readonly<Record<string, number>>
  readonly stables?: readonly string[]
  readonly policy?: PolicyName
  readonly parameters?: Partial<SharedParameters>
  readonly calendar?: Calendar
  readonly shadow?: PolicyName
  readonly targetSetting?: Partial<TargetSetting>
}

/** A portfolio as far as a backtest looks at it: 40 % BTC, 40 % ETH and the rest in USD, by the default policy. */
export function aHistoryPortfolio({
  weights = { BTC: 4_000, ETH: 4_000, USD: 2_000 },
  stables = ['USD'],
  policy = DEFAULT_POLICY,
  parameters = {},
  calendar,
  shadow,
  targetSetting,
}: HistoryPortfolioSpec = {}): HistoryPortfolio {
  const keys = Object.keys(weights)
  return {
    assets: keys.map((key) => ({
      key,
      class: stables.includes(key) ? 'stable' : 'major',
      tokens: [aToken({ asset: key, symbol: key })],
    })),
    policy: aPolicy({
      targets: keys.map((asset) => ({
        asset,
        weight: ratioOfBasisPoints(weights[asset]!),
        absoluteBand: ratioOfBasisPoints(300),
      })),
    }),
    rebalancing: { choice: { name: policy, parameters }, calendar },
    shadow: shadow && { choice: { name: shadow, parameters: {} }, calendar },
    targetSetting: {
      setter: 'fixed',
      parameters: { weights: Object.fromEntries(keys.map((key) => [key, weights[key]! / 10_000])) },
      limits: NO_LIMITS,
      maxChangePerDay: undefined,
      source: undefined,
      issuers: {},
      ...targetSetting,
    },
    assumedCost: ratioOfBasisPoints(30),
  }
}

/** Prices from 100 on that move by about four percent a day, half of it together; the same for the same seed. */
export function randomWalk(assets: readonly string[], days: number, seed: number): PriceTable {
  const draw = seededRandom(seed)
  const step = () => (draw() + draw() + draw() - 1.5) * 0.056
  const latest = assets.map(() => 100)
  const prices: number[][] = []
  for (let day = 0; day < days; day++) {
    prices.push([...latest])
    const common = step()
    for (const place of latest.keys()) latest[place]! *= Math.exp(common + step())
  }
  return { assets, days: prices.map((_, day) => 17_500 + day), prices }
}

/** The real prices of BTC and ETH that are kept with the tests, as CSV. */
export function realPrices(): string {
  return readFileSync(new URL('../fixtures/prices-btc-eth.csv', import.meta.url), 'utf8')
}
