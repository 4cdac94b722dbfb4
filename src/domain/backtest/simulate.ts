import type { AssetState, PortfolioState, RebalancingPolicy } from '../rebalancing/rebalancing-policy.js'
import type { Matrix } from '../statistics/matrix.js'
import { seededRandom } from '../statistics/seeded-random.js'
import { absolute, type Ratio, ratioToNumber } from '../units/ratio.js'
import type { Course, Trade } from './course.js'
import { sum } from './measure.js'
import { weightsWithin } from './moves.js'
import { DAY_MS, type PriceTable } from './price-table.js'

/** What trading costs. */
export interface CostModel {
  /** Share of `notional` USD that a leg in this asset loses, one way. */
  readonly rate: (place: number, notional: number) => number
  /** What a leg costs whatever its size, as a share of NAV and in USD. */
  readonly fixedShare: number
  readonly fixedUsd: number
}

/** What is known when the targets of a day are set: nothing of it lies after that day. */
export interface TargetView {
  /** Place of the day in the table. */
  readonly at: number
  readonly value: number
  /** Highest NAV so far, this day included. */
  readonly highWater: number
  /** Targets of the day before; undefined on the first. */
  readonly previous: readonly Ratio[] | undefined
}

export interface Backtest {
  /** Every price known; a gap between days is one long day. */
  readonly table: PriceTable
  readonly policy: RebalancingPolicy
  readonly targetsAt: (view: TargetView) => readonly Ratio[]
  /** Configured half-widths for these targets. */
  readonly bandsFor: (targets: readonly Ratio[]) => readonly Ratio[]
  /** Covariance by what was known at the end of each day of the table. */
  readonly covariances: readonly (Matrix | undefined)[]
  readonly costs: CostModel
  /** Place of the asset through which money moves: it is bought and sold at no cost. Undefined where it is none of them. */
  readonly hub: number | undefined
  /** NAV at the start, in USD. */
  readonly startValue: number
  /** Days from a decision to its trades: they are done at the prices of that later day. */
  readonly settlementDays: number
  /** Share of the legs that fail and change nothing. */
  readonly failureRate: number
  readonly seed: number
}

/** What was decided and not yet carried out. */
interface Order {
  readonly due: number
  /** Units to sell of each asset, and USD to spend on it at the prices of the decision. */
  readonly sales: readonly number[]
  readonly purchases: readonly number[]
}

/**
 * Runs a policy over a history: at the end of each day it sees that day's prices and what came before, decides, and what
 * it decides is traded at the prices of the day on which it settles. The portfolio begins on its targets.
 */
export function simulate(backtest: Backtest): Course {
  return new Simulation(backtest).run()
}

class Simulation {
  private readonly units: number[]
  /** USD that a failed purchase left, or a sale whose purchase failed. */
  private idle = 0
  private order: Order | undefined
  private lastTradedAt: number | undefined
  private readonly trades: Trade[] = []
  private readonly draw: () => number

  constructor(private readonly backtest: Backtest) {
    this.units = backtest.table.assets.map(() => 0)
    this.draw = seededRandom(backtest.seed)
  }

  run(): Course {
    const { table, startValue, targetsAt, bandsFor } = this.backtest
    const course = {
      values: [] as number[],
      benchmark: [] as number[],
      weights: [] as (readonly number[])[],
      targets: [] as (readonly number[])[],
      bands: [] as (readonly (number | undefined)[])[],
      isOutOfBand: [] as boolean[],
    }
    let previous: readonly Ratio[] | undefined
    let benchmark = 1
    let highWater = startValue
    for (const [at, day] of table.days.entries()) {
      const prices = table.prices[at] as readonly number[]
      if (at > 0) {
        const before = table.prices[at - 1] as readonly number[]
        benchmark *= sum(prices.map((price, place) => (course.targets.at(-1)![place]! * price) / before[place]!))
        this.settle(at, prices)
      }
      const value = at === 0 ? startValue : this.valueAt(prices)
      highWater = Math.max(highWater, value)
      const targets = targetsAt({ at, value, highWater, previous })
      const shares = targets.map(ratioToNumber)
      if (at === 0) for (const [place, price] of prices.entries()) this.units[place] = (shares[place]! * value) / price
      const state = this.stateAt(at, day, prices, value, targets, bandsFor(targets))
      const { trade, levels, figures } = this.backtest.policy.decide(state)
      if (trade) {
        const weights = this.weightsAt(prices, value)
        this.decideOn(at, prices, value, weightsWithin(table.assets, weights, shares, levels, this.backtest.hub))
      }
      course.values.push(this.valueAt(prices) / startValue)
      course.benchmark.push(benchmark)
      course.weights.push(this.weightsAt(prices, this.valueAt(prices)))
      course.targets.push(shares)
      course.bands.push(
        table.assets.map((asset) => {
          const band = figures.find((one) => one.asset === asset)?.band
          return band === undefined ? undefined : ratioToNumber(band)
        }),
      )
      course.isOutOfBand.push(figures.some(({ drift, band }) => absolute(drift) > band))
      previous = targets
    }
    return { assets: table.assets, days: table.days, trades: this.trades, ...course }
  }

  private stateAt(
    at: number,
    day: number,
    prices: readonly number[],
    value: number,
    targets: readonly Ratio[],
    bands: readonly Ratio[],
  ): PortfolioState {
    const { table, costs, covariances } = this.backtest
    const weights = this.weightsAt(prices, value)
    const now = (day + 1) * DAY_MS
    const { order } = this
    return {
      now,
      lastTradedAt: this.lastTradedAt,
      covariance: covariances[at],
      fixedCost: costs.fixedShare + (value > 0 ? costs.fixedUsd / value : 0),
      assets: table.assets.map((asset, place): AssetState => {
        const isSettling = order !== undefined && (order.sales[place]! > 0 || order.purchases[place]! > 0)
        return {
          asset,
          weight: ratioOf(weights[place]!),
          target: targets[place]!,
          band: bands[place]!,
          cost: this.rateOf(place, ratioToNumber(bands[place]!) * value),
          settlesAt: isSettling ? now + (order.due - at) * DAY_MS : undefined,
        }
      }),
    }
  }

  private decideOn(at: number, prices: readonly number[], value: number, wanted: readonly number[]): void {
    const { settlementDays } = this.backtest
    const weights = this.weightsAt(prices, value)
    const changes = wanted.map((weight, place) => (weight - weights[place]!) * value)
    if (changes.every((change) => Math.abs(change) < value * 1e-9)) return
    this.lastTradedAt = (this.backtest.table.days[at]! + 1) * DAY_MS
    this.order = {
      due: at + settlementDays,
      sales: changes.map((change, place) => (change < 0 ? Math.min(this.units[place]!, -change / prices[place]!) : 0)),
      purchases: changes.map((change) => Math.max(0, change)),
    }
    this.settle(at, prices)
  }

  /** Carries out what is due: sales first, then purchases with what they brought, the rest to the hub. */
  private settle(at: number, prices: readonly number[]): void {
    const { order } = this
    if (!order || order.due > at) return
    this.order = undefined
    const { costs, hub } = this.backtest
    const value = this.valueAt(prices)
    const before = this.weightsAt(prices, value)
    let [legs, failedLegs, cost, money] = [0, 0, 0, this.idle]
    const isCarriedOut = (place: number) => {
      if (place === hub) return true
      const isFailed = this.draw() < this.backtest.failureRate
      legs += 1
      if (isFailed) failedLegs += 1
      return !isFailed
    }
    for (const [place, units] of order.sales.entries()) {
      if (units === 0 || !isCarriedOut(place)) continue
      const notional = units * prices[place]!
      const lost = notional * this.rateOf(place, notional)
      this.units[place]! -= units
      money += notional - lost
      cost += lost
    }
    const wanted = order.purchases.map((usd, place) => (usd > 0 && isCarriedOut(place) ? usd : 0))
    const fixed = Math.min(money, legs * (costs.fixedShare * value + costs.fixedUsd))
    money -= fixed
    cost += fixed
    const total = sum(wanted)
    // Without a hub everything is spent; with one, no more than was wanted, and it takes what is left.
    const scale = total === 0 ? 0 : hub === undefined ? money / total : Math.min(1, money / total)
    for (const [place, usd] of wanted.entries()) {
      if (usd === 0 || place === hub) continue
      const spent = usd * scale
      const lost = spent * this.rateOf(place, spent)
      this.units[place]! += (spent - lost) / prices[place]!
      money -= spent
      cost += lost
    }
    if (hub === undefined) this.idle = Math.max(0, money)
    else {
      this.units[hub]! += money / prices[hub]!
      this.idle = 0
    }
    const after = this.weightsAt(prices, this.valueAt(prices))
    const changes = after.map((weight, place) => weight - before[place]!)
    const turnover = sum(changes.map(Math.abs)) / 2
    this.trades.push({ at, turnover, cost: cost / value, legs, failedLegs, changes })
  }

  private rateOf(place: number, notional: number): number {
    return place === this.backtest.hub ? 0 : this.backtest.costs.rate(place, notional)
  }

  private valueAt(prices: readonly number[]): number {
    return prices.reduce((total, price, place) => total + price * this.units[place]!, this.idle)
  }

  private weightsAt(prices: readonly number[], value: number): number[] {
    return prices.map((price, place) => (value > 0 ? (price * this.units[place]!) / value : 0))
  }
}

/** To the nearest millionth of a millionth. */
function ratioOf(share: number): Ratio {
  return BigInt(Math.round(share * 1e12)) * 1_000_000n
}
