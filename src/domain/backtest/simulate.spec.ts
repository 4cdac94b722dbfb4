import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { solveByPairs } from '../../../test/support/rebalancing.js'
import type { PortfolioState, RebalancingPolicy } from '../rebalancing/rebalancing-policy.js'
import { createPolicy, POLICIES, type PolicyName } from '../rebalancing/registry.js'
import { absolute, type Ratio, ratioOfBasisPoints } from '../units/ratio.js'
import { measureCourse, sum } from './measure.js'
import { dueEvery } from './due-every.js'
import { type Backtest, simulate, simulateOutline } from './simulate.js'

/** Back to the targets when an asset is more than so many basis points away. */
const beyond = (basisPoints: number): RebalancingPolicy => ({
  decide: ({ assets }: PortfolioState) => {
    const band = ratioOfBasisPoints(basisPoints)
    const breached = assets.filter(({ weight, target }) => absolute(weight - target) > band)
    const trade = breached.length > 0
    return {
      trade,
      code: trade ? 'trade' : 'within-band',
      breached: breached.map(({ asset }) => asset),
      levels: trade ? assets.map(({ asset, target }) => ({ asset, lower: target, upper: target })) : [],
      reasons: [],
      figures: assets.map(({ asset, weight, target }) => ({
        asset,
        drift: weight - target,
        band,
        inner: 0n,
        benefitPerYear: undefined,
        costNow: 0,
        costOfWaiting: undefined,
        cost: 0,
        fixedCost: 0,
        volatility: undefined,
      })),
    }
  },
})

const half: readonly Ratio[] = [ratioOfBasisPoints(5_000), ratioOfBasisPoints(5_000)]

const backtest = (prices: readonly (readonly number[])[], changes: Partial<Backtest> = {}): Backtest => ({
  table: { assets: ['ETH', 'USD'], days: prices.map((_, day) => 100 + day), prices },
  policy: beyond(500),
  targetsAt: () => half,
  bandsFor: () => [ratioOfBasisPoints(500), ratioOfBasisPoints(500)],
  covariances: prices.map(() => undefined),
  costs: { rate: () => 0, fixedShare: 0, fixedUsd: 0 },
  hub: 1,
  startValue: 1_000_000,
  settlementDays: 0,
  failureRate: 0,
  seed: 1,
  ...changes,
})

const doubling = [
  [100, 1],
  [200, 1],
  [100, 1],
]

const histories = fc
  .array(fc.tuple(fc.double({ min: 0.6, max: 1.6, noNaN: true }), fc.double({ min: 0.95, max: 1.05, noNaN: true })), {
    minLength: 3,
    maxLength: 40,
  })
  .map((steps) => {
    const rows = [[100, 1]]
    for (const [one, other] of steps) rows.push([rows.at(-1)![0]! * one, rows.at(-1)![1]! * other])
    return rows
  })

describe('a backtest', () => {
  test('without costs and bands is the benchmark itself', () => {
    fc.assert(
      fc.property(histories, (prices) => {
        const { values, benchmark } = simulate(backtest(prices, { policy: beyond(0) }))
        for (const [day, value] of values.entries()) expect(value / benchmark[day]!).toBeCloseTo(1, 9)
      }),
    )
  })

  test('sells what rose at the prices of the day, and books what that costs', () => {
    const costs = { rate: () => 0.01, fixedShare: 0.0001, fixedUsd: 150 }
    const { values, trades, weights } = simulate(backtest(doubling.slice(0, 2), { costs }))
    expect(trades).toHaveLength(1)
    // 1,000,000 of ETH and 500,000 of USD: a sale of 250,000 at one percent, a leg of 0.01 % and 150 USD.
    expect(trades[0]!.cost).toBeCloseTo((2_500 + 150 + 150) / 1_500_000, 12)
    expect(values[1]).toBeCloseTo(1.5 - 0.0028, 12)
    expect(trades[0]).toMatchObject({ at: 1, legs: 1, failedLegs: 0 })
    expect(weights[1]![0]).toBeCloseTo(750_000 / 1_497_200, 12)
  })

  test('creates and destroys nothing but costs', () => {
    fc.assert(
      fc.property(
        histories,
        fc.boolean(),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        (prices, hasHub, failureRate) => {
          const plain = { failureRate, hub: hasHub ? 1 : undefined }
          const costs = { rate: () => 0.003, fixedShare: 0.00002, fixedUsd: 0 }
          const { values, weights, trades } = simulate(backtest(prices, { ...plain, costs }))
          for (const [day, row] of weights.entries()) {
            expect(Number.isFinite(values[day]!) && values[day]! > 0).toBe(true)
            expect(sum(row)).toBeLessThanOrEqual(1 + 1e-9)
          }
          for (const { cost, turnover } of trades) expect(cost >= 0 && cost <= turnover * 0.0061 + 0.00005).toBe(true)
        },
      ),
    )
  })

  test('trades at the prices of the day on which it settles, and decides nothing about what settles', () => {
    const prices = [...doubling, [100, 1], [100, 1]]
    const seen: (number | undefined)[][] = []
    const policy: RebalancingPolicy = {
      decide: (state) => {
        seen.push(state.assets.map(({ settlesAt }) => settlesAt))
        return seen.length === 2 ? beyond(500).decide(state) : beyond(9_999).decide(state)
      },
    }
    const { trades, values } = simulate(backtest(prices, { policy, settlementDays: 1 }))
    expect(trades.map(({ at }) => at)).toEqual([2])
    // A quarter of the units was sold at 100 instead of 200.
    expect(values[2]).toBeCloseTo(1, 12)
    expect(seen[1]).toEqual([undefined, undefined])
    expect(seen[2]).toEqual([undefined, undefined])
  })

  test('a leg that fails changes nothing, and its chance depends on the seed alone', () => {
    const [all, none] = [simulate(backtest(doubling, { failureRate: 1 })), simulate(backtest(doubling))]
    expect(all.trades[0]).toMatchObject({ legs: 1, failedLegs: 1, turnover: 0 })
    expect(none.trades[0]).toMatchObject({ legs: 1, failedLegs: 0 })
    const some = (seed: number) => simulate(backtest(doubling, { failureRate: 0.5, seed }))
    expect(some(7)).toEqual(some(7))
  })

  test('a trade of which a leg failed serves no due time', () => {
    const seen = (failureRate: number) => {
      const served: (number | undefined)[] = []
      const policy: RebalancingPolicy = {
        decide: (state) => {
          served.push(state.servedAt)
          return beyond(500).decide(state)
        },
      }
      simulate(backtest(doubling, { policy, failureRate }))
      return served
    }
    const endOf = (day: number) => day * 86_400_000
    // On the first day everything is in place.
    expect(seen(1)).toEqual([undefined, endOf(101), endOf(101)])
    expect(seen(0)).toEqual([undefined, endOf(101), endOf(102)])
  })

  test('looks at nothing that lies ahead: another future changes nothing before it', () => {
    fc.assert(
      fc.property(histories, histories, fc.nat(), fc.nat({ max: 2 }), (prices, others, place, settlementDays) => {
        const until = 1 + (place % (prices.length - 1))
        const last = prices[until - 1]!
        const future = others.slice(1).map((row) => [row[0]! * last[0]! * 0.01, row[1]! * last[1]!])
        const changes = { settlementDays, costs: { rate: () => 0.002, fixedShare: 0.0001, fixedUsd: 1 } }
        const [one, other] = [prices, [...prices.slice(0, until), ...future]].map((rows) =>
          simulate(backtest(rows, changes)),
        )
        for (const key of ['values', 'benchmark', 'weights', 'targets', 'bands', 'isOutOfBand'] as const)
          expect(other![key].slice(0, until)).toEqual(one![key].slice(0, until))
        expect(other!.trades.filter(({ at }) => at < until)).toEqual(one!.trades.filter(({ at }) => at < until))
      }),
    )
  })

  test('an asset that goes to nothing leaves the rest', () => {
    const crash = [
      [100, 1],
      [1, 1],
      [1e-9, 1],
      [1e-12, 1],
    ]
    const { values } = simulate(backtest(crash, { costs: { rate: () => 0.003, fixedShare: 0, fixedUsd: 0 } }))
    expect(values.every((value) => Number.isFinite(value) && value > 0)).toBe(true)
  })

  test('an outline is the course without what is not measured', () => {
    const prices = [...doubling, [150, 1], [90, 1]]
    const changes = { costs: { rate: () => 0.002, fixedShare: 0.0001, fixedUsd: 1 }, failureRate: 0.3 }
    const { days, values, benchmark, trades } = simulate(backtest(prices, changes))
    expect(simulateOutline(backtest(prices, changes))).toEqual({ days, values, benchmark, trades })
  })
})

describe('money that is in no asset', () => {
  const rising = [
    [100, 100],
    [200, 100],
    [200, 100],
    [200, 100],
    [200, 100],
  ]
  const withoutHub = (changes: Partial<Backtest>) =>
    backtest(rising, {
      table: { assets: ['ETH', 'BTC'], days: [1, 2, 3, 4, 5], prices: rising },
      hub: undefined,
      ...changes,
    })

  /** A seed with which the first leg succeeds and the second fails. */
  const seed = Array.from({ length: 100 }, (_, one) => one).find((one) => {
    const { trades } = simulate(withoutHub({ seed: one, failureRate: 0.5 }))
    return trades[0]?.legs === 2 && trades[0].failedLegs === 1 && trades[0].changes[0]! < 0
  })!

  test('belongs to NAV, is seen in no weight, and is spent the next day on what is below its target', () => {
    const seen: bigint[] = []
    const policy: RebalancingPolicy = {
      decide: (state) => {
        seen.push(state.assets.reduce((total, { weight }) => total + weight, 0n))
        return beyond(500).decide(state)
      },
    }
    const { values, weights, trades } = simulate(withoutHub({ seed, failureRate: 0.5, policy }))
    // Sold a quarter of the ETH; nothing was lost, and it is not in the weights.
    expect(values[1]).toBeCloseTo(1.5, 12)
    expect(sum(weights[1]!)).toBeCloseTo(5 / 6, 12)
    expect(trades[1]).toMatchObject({ at: 2 })
    expect(trades[1]!.changes[0]).toBe(0)
    for (const total of seen) expect(Number(total) / 1e18).toBeCloseTo(1, 9)
  })

  const names = Object.keys(POLICIES) as PolicyName[]

  test('lets every policy decide, with and without a hub, whatever fails and however late it settles', () => {
    fc.assert(
      fc.property(
        histories,
        fc.constantFrom(...names),
        fc.record({
          hub: fc.constantFrom(undefined, 1),
          failureRate: fc.constantFrom(0, 0.3, 0.9, 1),
          settlementDays: fc.nat({ max: 4 }),
          seed: fc.nat(),
        }),
        (prices, name, changes) => {
          const policy = createPolicy({ name, parameters: {} }, { nextDue: dueEvery(3, 100), solve: solveByPairs })
          const costs = { rate: () => 0.003, fixedShare: 0.0001, fixedUsd: 20 }
          const covariances = prices.map((_, day) =>
            day > 4
              ? [
                  [0.5, 0],
                  [0, 0.0001],
                ]
              : undefined,
          )
          const { values, weights } = simulate(backtest(prices, { policy, costs, covariances, ...changes }))
          for (const [day, value] of values.entries()) {
            expect(Number.isFinite(value) && value > 0).toBe(true)
            expect(sum(weights[day]!)).toBeLessThanOrEqual(1 + 1e-9)
          }
        },
      ),
    )
  })
})

describe('an order under way', () => {
  test('is carried out as it was decided: what is wanted meanwhile waits and is decided anew', () => {
    // ETH leaves its band on the second day, BTC on the third; three days pass before anything settles.
    const prices = [
      [100, 100, 1],
      [130, 100, 1],
      [130, 150, 1],
      [130, 150, 1],
      [130, 150, 1],
      [130, 150, 1],
      [130, 150, 1],
      [130, 150, 1],
    ]
    const targets = [3_000, 3_000, 4_000].map(ratioOfBasisPoints)
    const decided: (readonly string[])[] = []
    /** Only who is outside returns to its target, against USD. */
    const policy: RebalancingPolicy = {
      decide: (state) => {
        const risky = state.assets.slice(0, 2).filter(({ settlesAt }) => settlesAt === undefined)
        const decision = beyond(400).decide({ ...state, assets: risky })
        decided.push(decision.breached)
        const outside = decision.levels.filter(({ asset }) => decision.breached.includes(asset))
        return { ...decision, levels: [...outside, { asset: 'USD', lower: 0n, upper: 10n ** 18n }] }
      },
    }
    const { trades } = simulate({
      ...backtest([], {}),
      table: { assets: ['ETH', 'BTC', 'USD'], days: prices.map((_, day) => day), prices },
      policy,
      targetsAt: () => targets,
      bandsFor: () => targets.map(() => ratioOfBasisPoints(400)),
      covariances: prices.map(() => undefined),
      hub: 2,
      settlementDays: 3,
    })
    expect(decided.slice(0, 4)).toEqual([[], ['ETH'], ['BTC'], ['BTC']])
    // The sale of ETH of the second day, and then one of BTC that was decided when it had settled.
    expect(trades.map(({ at }) => at)).toEqual([4, 7])
    expect(trades[0]!.changes[0]).toBeLessThan(-0.01)
    expect(trades[1]!.changes[1]).toBeLessThan(-0.01)
  })

  test('counts as the last trade from the day it settled', () => {
    const seen: (number | undefined)[] = []
    const policy: RebalancingPolicy = {
      decide: (state) => {
        seen.push(state.lastTradedAt)
        return beyond(500).decide(state)
      },
    }
    simulate(backtest([...doubling, [100, 1]], { policy, settlementDays: 1 }))
    expect(seen.slice(0, 3)).toEqual([undefined, undefined, 103 * 86_400_000])
  })
})

describe('odd histories', () => {
  test('a single asset trades nothing and follows its benchmark', () => {
    const prices = [[100], [50], [75]]
    const policy = createPolicy({ name: 'impulse-band', parameters: {} })
    const one = [ratioOfBasisPoints(10_000)]
    const course = simulate({
      ...backtest([], {}),
      table: { assets: ['ETH'], days: [1, 2, 3], prices },
      policy,
      targetsAt: () => one,
      bandsFor: () => [ratioOfBasisPoints(500)],
      covariances: [undefined, undefined, [[0.4]]],
      hub: undefined,
    })
    expect(course.values).toEqual([1, 0.5, 0.75])
    expect(course.benchmark).toEqual(course.values)
    expect(course.trades).toEqual([])
  })

  test('fixed costs never take all that is left', () => {
    const costs = { rate: () => 0.003, fixedShare: 0.001, fixedUsd: 1e9 }
    const { values } = simulate(backtest([...doubling, [400, 1], [10, 1]], { costs }))
    expect(values.every((value) => value > 0)).toBe(true)
  })

  test('a fund that its costs ruin is told of costs no larger than itself, and trades no more in the end', () => {
    const prices = Array.from({ length: 400 }, (_, day) => [day % 2 === 0 ? 100 : 200, 1])
    const told: number[] = []
    const { decide } = createPolicy({ name: 'absolute-threshold', parameters: {} })
    const policy: RebalancingPolicy = {
      decide: (state) => {
        told.push(state.fixedCost)
        return decide(state)
      },
    }
    const costs = { rate: () => 0.003, fixedShare: 0.5, fixedUsd: 1e6 }
    const course = simulate(backtest(prices, { policy, costs }))
    expect(Math.max(...told)).toBe(1)
    expect(course.values.every((value) => value > 1e-14)).toBe(true)
    expect(course.values.at(-1)).toBeLessThan(1e-12)
    expect(course.trades.at(-1)!.at).toBeLessThan(300)
    expect(Object.values(measureCourse(course)).flat().filter(Number.isNaN)).toEqual([])
  })
})
