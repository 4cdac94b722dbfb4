import { median } from '../median.js'
import type { DrivenPlan } from './drive.js'
import type { Size } from './generate.js'
import type { Measured } from './measure.js'

/** Both plans of one seed. */
export interface Run {
  readonly seed: number
  readonly first: Measured
  readonly second: DrivenPlan
}

interface Target {
  readonly text: string
  readonly isMet: (value: number) => boolean
}

interface Figure {
  readonly name: string
  /** One value per run that has it. */
  readonly values: readonly number[]
  /** Which end is the bad one. */
  readonly worst: 'highest' | 'lowest'
  readonly digits: number
  readonly target: Target | undefined
}

interface SizeTargets {
  readonly bound: number
  readonly greedy: number
  readonly quotes: readonly [cold: number, warm: number] | undefined
  readonly computeMs: number
}

/** By the number of assets: what is aimed for up to there. */
const TARGETS: readonly (SizeTargets & { readonly assets: number })[] = [
  { assets: 8, bound: 1.01, greedy: 1.15, quotes: [100, 30], computeMs: 150 },
  { assets: 15, bound: 1.015, greedy: 1.25, quotes: [200, 80], computeMs: 500 },
  { assets: 30, bound: 1.03, greedy: 1.35, quotes: [400, 120], computeMs: 1_500 },
  { assets: Infinity, bound: 1.05, greedy: 1.35, quotes: undefined, computeMs: 5_000 },
]

/** A plan that leaves more than this share of NAV outside the levels is cheap because it did not do its work. */
const LEFT = 1e-4

const atMost = (limit: number): Target => ({ text: `≤ ${limit}`, isMet: (value) => value <= limit })
const atLeast = (limit: number): Target => ({ text: `≥ ${limit}`, isMet: (value) => value >= limit })

/** The figures of a size, in the order they are printed. */
function figuresOf({ assets }: Size, runs: readonly Run[]): Figure[] {
  const target = TARGETS.find((one) => assets <= one.assets)!
  const planned = runs.flatMap(({ first }) => (first.planned ? [{ ...first.planned, navUsd: first.navUsd }] : []))
  const driven = runs.map(({ first }) => first.driven)
  const [cold, warm] = target.quotes ?? []
  const figure = (
    name: string,
    values: readonly number[],
    digits: number,
    wanted?: Target,
    worst: Figure['worst'] = 'highest',
  ): Figure => ({ name, values, digits, target: wanted, worst })
  return [
    figure(
      'planned cost, bp of NAV',
      planned.map(({ costUsd, navUsd }) => (costUsd / navUsd) * 1e4),
      3,
    ),
    figure(
      'delivered cost, bp of NAV',
      planned.map(({ played, navUsd }) => (played.costUsd / navUsd) * 1e4),
      3,
    ),
    figure(
      'delivered, bp of turnover',
      planned.map(({ played, turnoverUsd }) => (played.costUsd / turnoverUsd) * 1e4),
      2,
    ),
    figure(
      'delivered ÷ planned',
      planned.map(({ played, costUsd }) => played.costUsd / costUsd),
      3,
      {
        text: '0.95 – 1.01',
        isMet: (value) => value >= 0.95 && value <= 1.01,
      },
    ),
    figure(
      'delivered ÷ bound',
      planned.map(({ played, bound }) => played.costUsd / bound.usd),
      3,
      atMost(target.bound),
    ),
    figure(
      'greedy ÷ ours',
      planned.map(({ played, greedy }) => greedy.costUsd / played.costUsd),
      3,
      atLeast(target.greedy),
      'lowest',
    ),
    figure(
      'greedy ÷ bound, the most',
      planned.map(({ greedy, bound }) => greedy.costUsd / bound.usd),
      3,
      undefined,
      'lowest',
    ),
    figure(
      'naive ÷ ours',
      planned.map(({ played, naive }) => naive.costUsd / played.costUsd),
      3,
      undefined,
      'lowest',
    ),
    figure(
      'quotes, cold',
      driven.map(({ quotes }) => quotes.asked),
      0,
      cold === undefined ? undefined : atMost(cold),
    ),
    figure(
      'quotes, warm',
      runs.map(({ second }) => second.quotes.asked),
      0,
      warm === undefined ? undefined : atMost(warm),
    ),
    figure(
      'legs',
      planned.map(({ plan }) => plan.legs.length),
      0,
    ),
    figure(
      'legs that failed',
      planned.map(({ played }) => played.failed.length),
      0,
      atMost(0),
    ),
    figure('runs with drift left', [planned.filter((one) => one.unmetUsd / one.navUsd > LEFT).length], 0, atMost(0)),
    figure(
      'unmet, bp of NAV',
      planned.map(({ unmetUsd, navUsd }) => (unmetUsd / navUsd) * 1e4),
      3,
    ),
    figure(
      'solver, ms',
      driven.map(({ solverMs }) => solverMs),
      0,
    ),
    figure(
      'compute, ms',
      driven.map(({ computeMs }) => computeMs),
      0,
      atMost(target.computeMs),
    ),
    figure(
      'resident, MB',
      driven.map(({ memory }) => memory.residentBytes / 1e6),
      0,
    ),
    figure(
      'heap, MB',
      driven.map(({ memory }) => memory.heapBytes / 1e6),
      0,
    ),
    figure(
      'no plan or stalled',
      [runs.filter(({ first, second }) => !first.planned || hasNone(second)).length],
      0,
      atMost(0),
    ),
  ]
}

function hasNone({ outcome }: DrivenPlan): boolean {
  return outcome === undefined
}

/** The table of a size. A target is judged by the median; the worst run stands beside it. */
export function tableOf(size: Size, runs: readonly Run[]): string {
  const figures = figuresOf(size, runs)
  const lines = figures.map(({ name, values, worst, digits, target }) => {
    if (values.length === 0) return row(name, '–', '–', target?.text ?? '', '')
    const middle = median(values)
    const extreme = worst === 'highest' ? Math.max(...values) : Math.min(...values)
    const mark = target === undefined ? '' : target.isMet(middle) ? '✓' : '✗'
    return row(name, middle.toFixed(digits), extreme.toFixed(digits), target?.text ?? '', mark)
  })
  const title = `${size.assets} assets × ${size.chains} chains × ${size.venues} venues, ${runs.length} seeds`
  return [title, row('', 'median', 'worst', 'target', ''), ...lines].join('\n')
}

function row(name: string, middle: string, worst: string, target: string, mark: string): string {
  return `  ${name.padEnd(28)}${middle.padStart(10)}${worst.padStart(10)}${target.padStart(14)} ${mark}`.trimEnd()
}

/** Everything of one run that a reader of numbers may want, without curves. */
export function detailOf({ seed, first, second }: Run) {
  const { planned, driven, navUsd, instance } = first
  return {
    name: instance.name,
    seed,
    navUsd,
    fault: driven.fault,
    reasons: driven.outcome?.status === 'no-plan' ? driven.outcome.reasons : undefined,
    quotes: { cold: driven.quotes, warm: second.quotes },
    solves: { cold: driven.solves, warm: second.solves },
    computeMs: { cold: driven.computeMs, warm: second.computeMs },
    solverMs: { cold: driven.solverMs, warm: second.solverMs },
    memory: driven.memory,
    warm: { status: second.outcome?.status, fault: second.fault },
    plan: planned && {
      method: planned.plan.method,
      plannedUsd: planned.costUsd,
      deliveredUsd: planned.played.costUsd,
      gasUsd: planned.played.gasUsd,
      turnoverUsd: planned.turnoverUsd,
      unmetUsd: planned.unmetUsd,
      legs: planned.plan.legs.length,
      failedLegs: planned.played.failed,
      bound: planned.bound,
      greedy: { costUsd: planned.greedy.costUsd, gasUsd: planned.greedy.gasUsd, missingUsd: planned.greedy.missingUsd },
      naive: { costUsd: planned.naive.costUsd, gasUsd: planned.naive.gasUsd, missingUsd: planned.naive.missingUsd },
    },
  }
}
