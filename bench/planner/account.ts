import type { Instance } from './instance.js'
import { type Portfolio, tokenKey, tokensOf } from './portfolio.js'
import type { Crossing, NoWay, Route, World } from './world.js'

/** A trade as an account makes it: amounts in whole tokens. */
export interface Trade {
  readonly kind: 'swap' | 'bridge'
  readonly venue: string
  readonly sell: string
  readonly buy: string
  readonly from: string
  readonly to: string
  readonly sold: number
  readonly received: number
  readonly gasUsd: number
  readonly tool: string
}

/** Where an account ended, in USD. Cost is value lost plus gas, all at oracle prices. */
export interface Outcome {
  readonly costUsd: number
  readonly gasUsd: number
  readonly tradedUsd: number
  /** Final value by asset. */
  readonly values: ReadonlyMap<string, number>
  readonly trades: readonly Trade[]
}

/** Balances that trade in a world of their own. Floats: what a trade leaves over is exact to a part in 10¹⁵. */
export class Account {
  private readonly balances = new Map<string, number>()
  private readonly trades: Trade[] = []
  private readonly before: number

  constructor(
    readonly world: World,
    portfolio: Portfolio,
  ) {
    for (const holding of portfolio.holdings)
      this.balances.set(tokenKey(holding.token.asset, holding.token.chain), tokensOf(holding))
    this.before = sumOf(this.values())
  }

  get instance(): Instance {
    return this.world.instance
  }

  balanceOf(asset: string, chain: string): number {
    return this.balances.get(tokenKey(asset, chain)) ?? 0
  }

  /** Sells on one chain, as much as there is; undefined where the venue has no way. */
  swap(venue: string, chain: string, sell: string, buy: string, amount: number): Trade | undefined {
    const sold = Math.min(amount, this.balanceOf(sell, chain))
    if (!(sold > 0)) return undefined
    return this.make({ venue, sell, buy, from: chain, to: chain, sold }, this.world.swap(venue, chain, sell, buy, sold))
  }

  bridge(venue: string, asset: string, from: string, to: string, amount: number): Trade | undefined {
    const sold = Math.min(amount, this.balanceOf(asset, from))
    if (!(sold > 0)) return undefined
    return this.make(
      { venue, sell: asset, buy: asset, from, to, sold },
      this.world.bridge(venue, asset, from, to, sold),
    )
  }

  private make(
    order: Pick<Trade, 'venue' | 'sell' | 'buy' | 'from' | 'to' | 'sold'>,
    way: Route | Crossing | NoWay,
  ): Trade | undefined {
    if (way.kind === 'none') return undefined
    this.world.apply(way)
    this.change(order.sell, order.from, -order.sold)
    this.change(order.buy, order.to, way.out)
    const trade: Trade = {
      ...order,
      kind: way.kind,
      received: way.out,
      gasUsd: this.world.gasCost(order.from, way),
      tool: way.kind === 'bridge' ? way.key : way.pools.join('+'),
    }
    this.trades.push(trade)
    return trade
  }

  private change(asset: string, chain: string, by: number): void {
    const next = this.balanceOf(asset, chain) + by
    this.balances.set(tokenKey(asset, chain), Math.max(0, next))
  }

  /** Value by asset, in USD at oracle prices. */
  values(): Map<string, number> {
    const values = new Map(this.instance.assets.map(({ key }) => [key, 0]))
    for (const { key: asset } of this.instance.assets)
      for (const { key: chain } of this.instance.chains)
        values.set(asset, values.get(asset)! + this.balanceOf(asset, chain) * this.world.priceOf(asset))
    return values
  }

  outcome(): Outcome {
    const values = this.values()
    const gasUsd = this.trades.reduce((sum, trade) => sum + trade.gasUsd, 0)
    return {
      costUsd: this.before - sumOf(values) + gasUsd,
      gasUsd,
      tradedUsd: this.trades.reduce((sum, { sell, sold }) => sum + sold * this.world.priceOf(sell), 0),
      values,
      trades: this.trades,
    }
  }
}

function sumOf(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((sum, value) => sum + value, 0)
}

/** Distance in USD from the reset levels at the end: what lies below a lower and above an upper level, by asset. */
export function unmetOf(instance: Instance, values: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const nav = sumOf(values)
  return new Map(
    instance.targets.map(({ asset, lower, upper }) => {
      const value = values.get(asset)!
      const under = Math.max(0, lower * nav - value)
      return [asset, under > 0 ? under : Math.max(0, value - upper * nav)]
    }),
  )
}
