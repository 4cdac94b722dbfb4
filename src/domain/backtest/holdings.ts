import { sum } from './measure.js'

/** What trading costs. */
export interface CostModel {
  /** Share of `notional` USD that a leg in this asset loses, one way: at least zero and below one. */
  readonly rate: (place: number, notional: number) => number
  /** What a leg costs whatever its size, as a share of NAV and in USD. */
  readonly fixedShare: number
  readonly fixedUsd: number
}

/** What was decided and not yet carried out. */
export interface Order {
  /** Place of the day whose prices it is traded at. */
  readonly due: number
  /** Units to sell of each asset, and USD to spend on it. */
  readonly sales: readonly number[]
  readonly purchases: readonly number[]
}

/** What became of an order. Shares are of NAV before it. */
export interface Execution {
  readonly turnover: number
  readonly cost: number
  readonly legs: number
  readonly failedLegs: number
  readonly changes: readonly number[]
}

export interface Terms {
  readonly costs: CostModel
  /** Place of the asset through which money moves: it is bought and sold at no cost. Undefined where it is none of them. */
  readonly hub: number | undefined
  /** Asked once for each leg, in the order of the assets, sales first. */
  readonly isFailing: () => boolean
}

/** No more than this share of what an order moves is taken by fixed costs, so that NAV stays above zero. */
const MOST_FIXED = 0.5

/** Units of each asset, and the money that waits to be invested. */
export class Holdings {
  readonly units: number[]
  /**
   * USD that a purchase left which failed, where no hub takes it. It belongs to NAV and is in no asset: what it costs to be
   * out of the market shows. Money never goes back into what was sold, for that leg is done and paid for.
   */
  idle = 0

  constructor(private readonly size: number) {
    this.units = Array.from({ length: size }, () => 0)
  }

  /** NAV, the money that waits included. */
  valueAt(prices: readonly number[]): number {
    return this.investedAt(prices) + this.idle
  }

  investedAt(prices: readonly number[]): number {
    let total = 0
    for (let place = 0; place < this.size; place++) total += prices[place]! * this.units[place]!
    return total
  }

  /** Value of each asset as a share of `whole`; zeros for a whole of nothing. */
  sharesOf(whole: number, prices: readonly number[]): number[] {
    return this.units.map((units, place) => (whole > 0 ? (prices[place]! * units) / whole : 0))
  }

  /**
   * Carries out an order at these prices: sales first, then purchases with what they brought. What is left goes to the
   * hub; without one everything is spent, and what cannot be waits. A leg that fails changes nothing but pays its fixed
   * cost, as far as there is money for it.
   */
  carryOut(order: Order, prices: readonly number[], terms: Terms): Execution {
    const { costs, hub, isFailing } = terms
    const value = this.valueAt(prices)
    const flows = this.units.map(() => 0)
    let [legs, failedLegs, cost, money] = [0, 0, 0, this.idle]
    const succeeds = (place: number): boolean => {
      if (place === hub) return true
      legs += 1
      if (!isFailing()) return true
      failedLegs += 1
      return false
    }
    const lossOf = (place: number, notional: number) => (place === hub ? 0 : notional * costs.rate(place, notional))
    for (const [place, wanted] of order.sales.entries()) {
      if (wanted === 0 || !succeeds(place)) continue
      const units = Math.min(wanted, this.units[place]!)
      const notional = units * prices[place]!
      const lost = lossOf(place, notional)
      this.units[place]! -= units
      flows[place]! -= notional
      money += notional - lost
      cost += lost
    }
    const wanted = order.purchases.map((usd, place) => (usd > 0 && succeeds(place) ? usd : 0))
    const reserve = hub === undefined ? 0 : this.units[hub]! * prices[hub]!
    const fixed = Math.min(legs * (costs.fixedShare * value + costs.fixedUsd), MOST_FIXED * (money + reserve))
    cost += fixed
    money -= fixed
    if (hub !== undefined && money < 0) {
      this.units[hub]! = Math.max(0, this.units[hub]! + money / prices[hub]!)
      money = 0
    }
    const total = sum(wanted)
    const scale = total === 0 ? 0 : hub === undefined ? money / total : Math.min(1, money / total)
    for (const [place, usd] of wanted.entries()) {
      if (usd === 0 || place === hub) continue
      const spent = usd * scale
      const lost = lossOf(place, spent)
      this.units[place]! += (spent - lost) / prices[place]!
      flows[place]! += spent
      money -= spent
      cost += lost
    }
    const rest = Math.max(0, money)
    if (hub !== undefined) {
      this.units[hub]! += rest / prices[hub]!
      flows[hub] = 0
      flows[hub] = -sum(flows)
    }
    this.idle = hub === undefined ? rest : 0
    const changes = flows.map((flow) => flow / value)
    return { turnover: sum(changes.map(Math.abs)) / 2, cost: cost / value, legs, failedLegs, changes }
  }
}
