import type {
  AssetState,
  PortfolioState,
  RebalancingDecision,
  RebalancingPolicy,
} from '../rebalancing/rebalancing-policy.js'
import { MOST_FOLLOW_UPS, type PastLook, servedAt } from '../rebalancing/due-times.js'
import type { Matrix } from '../statistics/matrix.js'
import { seededRandom } from '../statistics/seeded-random.js'
import { absolute, type Ratio, ratioToNumber } from '../units/ratio.js'
import type { Course, CourseOutline, Trade } from './course.js'
import { type CostModel, Holdings, type Order, type Terms } from './holdings.js'
import { sum } from './measure.js'
import { weightsWithin } from './moves.js'
import { DAY_MS, type PriceTable } from '../portfolio/price-table.js'

/** What is known when the targets of a day are set: nothing of it lies after that day. */
export interface TargetView {
  /** Place of the day in the table. */
  readonly at: number
  readonly value: number
  /** Highest NAV so far, this day included. */
  readonly highWater: number
}

export interface Backtest {
  /** Every price known and positive; a gap between days is one long day. */
  readonly table: PriceTable
  readonly policy: RebalancingPolicy
  /** Asked once for each day, in their order. */
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

/** A day as it was decided about. */
interface Decided {
  readonly prices: readonly number[]
  readonly targets: Targets
  /** Undefined on a day on which all money waited, or as good as none was left: there was nothing to decide about. */
  readonly decision: RebalancingDecision | undefined
}

/** Targets with what follows from them, kept while they stay the same. */
interface Targets {
  readonly weights: readonly Ratio[]
  readonly shares: readonly number[]
  readonly bands: readonly Ratio[]
  readonly bandShares: readonly number[]
}

/**
 * Runs a policy over a history: at the end of each day it sees that day's prices and what came before, decides, and what
 * it decides is traded at the prices of the day on which it settles. The portfolio begins on its targets.
 *
 * One order at a time, as the daemon carries one cycle at a time: while an order is under way nothing else is begun, and
 * what is wanted then is decided anew, from what is seen by then, on the day it has settled. Money that waits (see
 * `Holdings`) is spent on the next day on what is below its target; meanwhile the policy sees the weights of what is
 * invested. A fund that its costs have ruined trades no more: what is left of it follows its prices.
 */
export function simulate(backtest: Backtest): Course {
  const weights: (readonly number[])[] = []
  const targets: (readonly number[])[] = []
  const bands: (readonly (number | undefined)[])[] = []
  const isOutOfBand: boolean[] = []
  const { assets } = backtest.table
  const outline = new Simulation(backtest, (holdings, day) => {
    const figures = day.decision?.figures ?? []
    weights.push(holdings.sharesOf(holdings.valueAt(day.prices), day.prices))
    targets.push(day.targets.shares)
    bands.push(
      assets.map((asset) => {
        const band = figures.find((one) => one.asset === asset)?.band
        return band === undefined ? undefined : ratioToNumber(band)
      }),
    )
    isOutOfBand.push(day.decision === undefined || figures.some(({ drift, band }) => absolute(drift) > band))
  }).run()
  return { assets, ...outline, weights, targets, bands, isOutOfBand }
}

/** The same, without what is not measured: for many settings of one policy. */
export function simulateOutline(backtest: Backtest): CourseOutline {
  return new Simulation(backtest, undefined).run()
}

class Simulation {
  private readonly holdings: Holdings
  private readonly terms: Terms
  private order: Order | undefined
  private lastTradedAt: number | undefined
  /** When everything was found in place, since the last trade. */
  private lookedAt: number | undefined
  /** Trades and the looks before them, newest first. */
  private past: readonly PastLook[] = []
  private served: number | undefined
  private readonly trades: Trade[] = []

  constructor(
    private readonly backtest: Backtest,
    private readonly record: ((holdings: Holdings, day: Decided) => void) | undefined,
  ) {
    this.holdings = new Holdings(backtest.table.assets.length)
    const { costs, hub, failureRate } = backtest
    const draw = seededRandom(backtest.seed)
    this.terms = { costs, hub, isFailing: () => draw() < failureRate }
  }

  run(): CourseOutline {
    const { table, startValue, targetsAt } = this.backtest
    const { holdings } = this
    const values: number[] = []
    const benchmarks: number[] = []
    let targets: Targets | undefined
    let benchmark = 1
    let highWater = startValue
    for (const at of table.days.keys()) {
      // Whoever made the table left no price out.
      const prices = table.prices[at] as readonly number[]
      if (targets) {
        const before = table.prices[at - 1] as readonly number[]
        benchmark *= sum(targets.shares.map((share, place) => (share * prices[place]!) / before[place]!))
        this.settle(at, prices)
      }
      const value = at === 0 ? startValue : holdings.valueAt(prices)
      highWater = Math.max(highWater, value)
      targets = this.targetsOf(targetsAt({ at, value, highWater }), targets)
      if (at === 0)
        for (const [place, price] of prices.entries()) holdings.units[place] = (targets.shares[place]! * value) / price
      const decision = this.decide(at, prices, targets)
      this.investIdle(at, prices, targets)
      values.push(holdings.valueAt(prices) / startValue)
      benchmarks.push(benchmark)
      this.record?.(holdings, { prices, targets, decision })
    }
    return { days: table.days, values, benchmark: benchmarks, trades: this.trades }
  }

  private targetsOf(weights: readonly Ratio[], before: Targets | undefined): Targets {
    if (before?.weights === weights) return before
    const bands = this.backtest.bandsFor(weights)
    return { weights, shares: weights.map(ratioToNumber), bands, bandShares: bands.map(ratioToNumber) }
  }

  private decide(at: number, prices: readonly number[], targets: Targets): RebalancingDecision | undefined {
    const { table, policy, hub, startValue } = this.backtest
    const { holdings } = this
    const invested = holdings.investedAt(prices)
    if (!(invested > startValue * RUINED)) return undefined
    const weights = holdings.sharesOf(invested, prices)
    const decision = policy.decide(this.stateAt(at, invested, weights, targets))
    if (decision.code === 'within-band' || decision.code === 'in-place') this.lookedAt = endOfDay(table.days[at]!)
    if (!decision.trade || this.order) return decision
    const wanted = weightsWithin(table.assets, weights, targets.shares, decision.levels, hub)
    this.begin(at, prices, invested, weights, wanted)
    return decision
  }

  private stateAt(at: number, invested: number, weights: readonly number[], targets: Targets): PortfolioState {
    const { table, costs, covariances } = this.backtest
    const now = endOfDay(table.days[at]!)
    const { order } = this
    return {
      now,
      lastTradedAt: this.lastTradedAt,
      servedAt: this.lookedAt ?? this.served,
      covariance: covariances[at],
      fixedCost: Math.min(1, costs.fixedShare + costs.fixedUsd / invested),
      assets: table.assets.map((asset, place): AssetState => {
        const isSettling = order !== undefined && (order.sales[place]! > 0 || order.purchases[place]! > 0)
        return {
          asset,
          weight: ratioOf(weights[place]!),
          target: targets.weights[place]!,
          band: targets.bands[place]!,
          cost: this.rateOf(place, targets.bandShares[place]! * invested),
          settlesAt: isSettling ? now + (order.due - at) * DAY_MS : undefined,
        }
      }),
    }
  }

  private begin(
    at: number,
    prices: readonly number[],
    invested: number,
    weights: readonly number[],
    wanted: readonly number[],
  ): void {
    const changes = wanted.map((weight, place) => (weight - weights[place]!) * invested)
    if (changes.every((change) => Math.abs(change) < invested * 1e-9)) return
    const { units } = this.holdings
    this.order = {
      due: at + this.backtest.settlementDays,
      sales: changes.map((change, place) => (change < 0 ? Math.min(units[place]!, -change / prices[place]!) : 0)),
      purchases: changes.map((change) => Math.max(0, change)),
    }
    this.settle(at, prices)
  }

  /** Orders money that waits to be spent on the next day on what is below its target then known. */
  private investIdle(at: number, prices: readonly number[], { shares }: Targets): void {
    const { holdings } = this
    if (holdings.idle === 0 || this.order) return
    const value = holdings.valueAt(prices)
    const purchases = holdings
      .sharesOf(value, prices)
      .map((share, place) => Math.max(0, shares[place]! - share) * value)
    this.order = { due: at + 1, sales: shares.map(() => 0), purchases }
  }

  /** Carries out what is due. */
  private settle(at: number, prices: readonly number[]): void {
    const { order } = this
    if (!order || order.due > at) return
    this.order = undefined
    this.lastTradedAt = endOfDay(this.backtest.table.days[at]!)
    const trade = this.holdings.carryOut(order, prices, this.terms)
    const last = { endedAt: this.lastTradedAt, isUnfinished: trade.failedLegs > 0 }
    const look = this.lookedAt === undefined ? [] : [{ endedAt: this.lookedAt, isUnfinished: false }]
    this.past = [last, ...look, ...this.past].slice(0, MOST_FOLLOW_UPS + 1)
    this.served = servedAt(this.past)
    this.lookedAt = undefined
    this.trades.push({ at, ...trade })
  }

  private rateOf(place: number, notional: number): number {
    return place === this.backtest.hub ? 0 : this.backtest.costs.rate(place, notional)
  }
}

function endOfDay(day: number): number {
  return (day + 1) * DAY_MS
}

/** With this share of the start left, costs have taken the rest. */
const RUINED = 1e-12

/** To the nearest millionth of a millionth. */
function ratioOf(share: number): Ratio {
  return BigInt(Math.round(share * 1e12)) * 1_000_000n
}
