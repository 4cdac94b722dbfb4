import type { AssetKey } from '../domain/assets.js'
import { dayOf } from '../domain/portfolio/price-table.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { fundParts, unitDay } from '../domain/portfolio/unit-value.js'
import type { Snapshot } from '../domain/portfolio/snapshot.js'
import type { Price } from '../domain/units/usd.js'
import type { History } from '../ports/history.js'

/**
 * Writes what a snapshot saw into the history: the known prices, and the value of one unit of the fund where it can be
 * told. Called once for each snapshot, also where nothing is traded: the last one of a day is the day's close.
 */
export class RecordHistory {
  /** What this process wrote last, by asset: a price that has not moved since is not written again. */
  private readonly written = new Map<AssetKey, { readonly at: number; readonly price: Price }>()

  constructor(private readonly deps: { history: History }) {}

  async run(portfolio: Portfolio, snapshot: Snapshot): Promise<void> {
    await this.recordPrices(snapshot)
    await this.recordUnit(portfolio, snapshot)
  }

  private async recordPrices({ prices, takenAt }: Snapshot): Promise<void> {
    const day = dayOf(takenAt)
    const news = prices.flatMap((one) => {
      if (one.status !== 'known') return []
      const last = this.written.get(one.asset)
      if (last && (last.at > takenAt || (dayOf(last.at) === day && last.price === one.price))) return []
      return [{ asset: one.asset, price: one.price }]
    })
    if (news.length === 0) return
    await this.deps.history.recordPrices(news, takenAt)
    for (const { asset, price } of news) this.written.set(asset, { at: takenAt, price })
  }

  private async recordUnit({ id, account, assets, policy }: Portfolio, snapshot: Snapshot): Promise<void> {
    const { history } = this.deps
    const { takenAt: observedAt } = snapshot
    const day = dayOf(observedAt)
    const counted = new Set(policy.targets.map(({ asset }) => asset))
    const tokens = assets.flatMap((asset) => asset.tokens)
    const parts = fundParts({ tokens, counted }, snapshot, await history.bookedFunds(account))
    if (!parts) return
    await history.recordUnit(id, unitDay(parts, counted, { day, observedAt }, await history.unitBefore(id, day)))
  }
}
