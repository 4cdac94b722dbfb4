import type { Course, Trade } from '../../src/domain/backtest/course.js'
import { type Measures, measureCourse } from '../../src/domain/backtest/measure.js'
import type { BacktestReport, PolicyResult, SweepPoint, TuneReport } from '../../src/domain/backtest/result.js'
import type { PolicyName } from '../../src/domain/rebalancing/registry.js'
import { seededRandom } from '../../src/domain/statistics/seeded-random.js'

export const FIRST_DAY = 17_400

export interface CourseShape {
  readonly assets: readonly string[]
  readonly days: number
  /** Share of the days on which something is traded. */
  readonly tradeRate: number
  /** Undefined for a policy without bands. */
  readonly band: number | undefined
  readonly seed: number
}

/** A course of random prices that looks like one, made without any policy. */
export function aCourse({ assets, days, tradeRate, band, seed }: CourseShape): Course {
  const draw = seededRandom(seed)
  const target = 1 / assets.length
  let weights = assets.map(() => target)
  let [value, benchmark] = [1, 1]
  const course = {
    values: [value],
    benchmark: [benchmark],
    weights: [weights],
    targets: [assets.map(() => target)],
    bands: [assets.map(() => band)],
    isOutOfBand: [false],
  }
  const trades: Trade[] = []
  for (let at = 1; at < days; at++) {
    const returns = assets.map(() => (draw() - 0.498) * 0.08)
    const growth = weights.reduce((sum, weight, place) => sum + weight * (1 + returns[place]!), 0)
    benchmark *= returns.reduce((sum, one) => sum + (1 + one) * target, 0)
    value *= growth
    weights = weights.map((weight, place) => (weight * (1 + returns[place]!)) / growth)
    if (draw() < tradeRate) {
      const changes = weights.map((weight) => target - weight)
      const turnover = changes.reduce((sum, change) => sum + Math.abs(change), 0) / 2
      trades.push({ at, turnover, cost: turnover * 0.006, legs: assets.length, failedLegs: 0, changes })
      value *= 1 - turnover * 0.006
      weights = assets.map(() => target)
    }
    course.values.push(value)
    course.benchmark.push(benchmark)
    course.weights.push(weights)
    course.targets.push(assets.map(() => target))
    course.bands.push(assets.map(() => (band === undefined ? undefined : band * (1 + 0.3 * Math.sin(at / 40)))))
    course.isOutOfBand.push(draw() < 0.05)
  }
  const observed = Array.from({ length: days }, (_, at) => FIRST_DAY + at)
  return { assets, days: observed, trades, ...course }
}

export function aPolicyResult(course: Course, changes: Partial<PolicyResult> = {}): PolicyResult {
  const measures: Measures = measureCourse(course)
  const sweep = [0.3, 1, 3].map((factor, index): SweepPoint => ({
    parameter: 10 ** index,
    trackingError: measures.trackingError * factor,
    costPerYear: measures.costPerYear / factor,
    finalValue: measures.finalValue,
    turnoverPerYear: measures.turnoverPerYear / factor,
    tradesPerYear: measures.tradesPerYear / factor,
  }))
  const around = (value: number) => ({ low: value * 0.8, high: value * 1.3 })
  return {
    policy: 'impulse-band',
    label: 'impulse-band (configured)',
    setting: 'minimumBand 0.1 %, reset inner, aversion 5',
    dial: { name: 'aversion', unit: 'aversion', value: 5 },
    measures,
    intervals: {
      trackingError: around(measures.trackingError),
      trackingDifference: { low: -0.01, high: 0.02 },
      costPerYear: around(measures.costPerYear),
    },
    course,
    sweep,
    frontier: sweep,
    premium: { beforeCosts: 0.031, afterCosts: 0.028 },
    ...changes,
  }
}

/** A report on the results, compared where each stands. */
export function aBacktestReport(
  policies: readonly PolicyResult[],
  changes: Partial<BacktestReport> = {},
): BacktestReport {
  const [first] = policies
  const days = first?.course.days ?? [FIRST_DAY]
  return {
    assets: first?.course.assets ?? [],
    hub: first?.course.assets.at(-1),
    days: { first: days[0]!, last: days.at(-1)!, count: days.length },
    missing: [],
    costs: '30 bp of what is traded and 0.2 bp of NAV for each leg.',
    targets: 'fixed: The weights that are configured.',
    startValue: 10_000_000,
    policies,
    comparison: {
      trackingError: 0.02,
      rows: policies.map(({ policy, label, measures }, index) => ({
        policy,
        label,
        costPerYear: index === 1 ? undefined : measures.costPerYear,
        parameter: index === 1 ? undefined : 7.25,
        finalValue: index === 1 ? undefined : measures.finalValue,
      })),
      note: 'At a tracking error of 200 bps a year impulse-band costs least.',
    },
    notes: ['USD has no column of prices: one dollar throughout.'],
    ...changes,
  }
}

/** Every shipped policy over as many days. */
export function aFullReport(days: number, assets: readonly string[]): BacktestReport {
  const names: readonly PolicyName[] = [
    'impulse-band',
    'absolute-threshold',
    'relative-threshold',
    'calendar',
    'hybrid',
    'tracking-error',
    'quadratic-program',
  ]
  const often = aCourse({ assets, days, tradeRate: 0.9, band: 0.03, seed: 1 })
  const seldom = aCourse({ assets, days, tradeRate: 0.05, band: 0.03, seed: 2 })
  return aBacktestReport(
    names.map((policy) => aPolicyResult(policy === 'calendar' ? often : seldom, { policy, label: policy })),
  )
}

export function aTuneReport(changes: Partial<TuneReport> = {}): TuneReport {
  const score = (trackingError: number, costPerYear: number) => ({
    trackingError,
    costPerYear,
    score: costPerYear + 2.5 * trackingError ** 2,
  })
  const chosen = { dial: 4.2, limits: { minimumBand: 0.001, maximumBandShare: 0.5 } }
  return {
    policy: 'impulse-band',
    label: 'impulse-band',
    assets: ['BTC', 'ETH', 'USD'],
    days: { first: FIRST_DAY, last: FIRST_DAY + 1_459, count: 1_460 },
    costs: '30 bp of what is traded.',
    targets: 'fixed: The weights that are configured.',
    dial: { name: 'aversion', unit: 'aversion', value: 5 },
    aversion: 5,
    usual: 'aversion 5',
    settings: 24,
    windows: [0, 1, 2].map((index) => ({
      fitFrom: FIRST_DAY,
      fitTo: FIRST_DAY + 730 + index * 180,
      judgeTo: FIRST_DAY + 910 + index * 180,
      chosen,
      fitted: score(0.02, 0.001),
      judged: score(0.021, 0.0012 - index * 0.0002),
      usual: score(0.02, 0.0011),
    })),
    outOfSample: {
      judged: score(0.021, 0.0011),
      usual: score(0.02, 0.0012),
      difference: -0.0001,
      interval: { low: -0.0004, high: 0.0002 },
    },
    proposal: { setting: chosen, value: 4.2, reason: 'Better in 2 of 3 windows.', isNoise: false },
    notes: [],
    ...changes,
  }
}
