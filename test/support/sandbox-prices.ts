import { seededRandom } from '../../src/domain/statistics/seeded-random.js'

const DAY_MS = 86_400_000
const DAILY = { BTC: 0.03, ETH: 0.04, LINK: 0.05, USDC: 0.0005, USDT: 0.0005, DAI: 0.0005 } as const
const START = { BTC: 60_000, ETH: 3_000, LINK: 15, USDC: 1, USDT: 1, DAI: 1 } as const

/** Daily prices of the sandbox's assets that end yesterday where the sandbox begins, as CSV. */
export function sandboxPrices(days: number): string {
  const draw = seededRandom(7)
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())
  const assets = Object.keys(DAILY) as (keyof typeof DAILY)[]
  const yesterday = Math.floor(Date.now() / DAY_MS) - 1
  const now = new Map<string, number>(assets.map((asset) => [asset, START[asset]]))
  const rows: string[] = []
  for (let day = yesterday; day > yesterday - days; day--) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10)
    rows.push([date, ...assets.map((asset) => now.get(asset)!.toPrecision(8))].join(','))
    for (const asset of assets) now.set(asset, now.get(asset)! * Math.exp(-DAILY[asset] * normal()))
  }
  return [['date', ...assets].join(','), ...rows.toReversed()].join('\n')
}
