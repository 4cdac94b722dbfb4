import { bootstrapIntervals } from '../domain/backtest/bootstrap.js'
import { comparePolicies, USUAL_TRACKING_ERROR } from '../domain/backtest/compare.js'
import type { Course } from '../domain/backtest/course.js'
import { frontierOf } from '../domain/backtest/frontier.js'
import type { History } from '../domain/backtest/history.js'
import { dialSettings } from '../domain/backtest/history-runs.js'
import { measureCourse, sum } from '../domain/backtest/measure.js'
import {
  dialFactsOf,
  everyDaysOf,
  type PolicyRequest,
  policyRequests,
  settingWords,
} from '../domain/backtest/policy-request.js'
import type { BacktestReport, PolicyResult, Premium, SweepPoint } from '../domain/backtest/result.js'
import { sweepPoint } from '../domain/backtest/sweep.js'
import type { PolicyName } from '../domain/rebalancing/registry.js'
import { rebalancingPremium } from '../domain/targets/rebalancing-premium.js'
import type { PolicyNeeds } from './policy-book.js'
import { expectOption, type HistoryRequest, layOutHistory, type Progress, breathe } from './lay-out-history.js'

export interface BacktestRequest extends HistoryRequest {
  /** By name; the portfolio's own and its shadow's when absent. */
  readonly policies?: readonly PolicyName[] | undefined
  /** Settings of each policy's dial that are tried; zero tries none, and nothing is compared then. */
  readonly points?: number | undefined
  /** Tracking error per √year at which policies are compared. */
  readonly trackingError?: number | undefined
}

/** Settings of a dial that are tried unless another number is asked for. */
export const USUAL_POINTS = 30
const MOST_POINTS = 1_000

/**
 * Runs policies over a history: each as it is configured, with intervals by bootstrap, and at many settings of its dial, so
 * that all are compared at the same tracking error. Decides with the daemon's own decision code; see `simulate` for what is
 * taken to happen between a decision and its trades.
 *
 * The same request gives the same report. Throws BacktestError for a history or options of which no backtest can be made,
 * and RebalancingInputError for a policy that cannot be made.
 */
export class RunBacktest {
  constructor(private readonly needs: PolicyNeeds) {}

  /** `tell` hears of every run; other work is let through between runs. */
  async run(request: BacktestRequest, tell: (progress: Progress) => void = () => {}): Promise<BacktestReport> {
    const { points = USUAL_POINTS, trackingError = USUAL_TRACKING_ERROR } = request
    expectOption(
      Number.isInteger(points) && points >= 0 && points <= MOST_POINTS,
      `points is a whole number up to ${MOST_POINTS}`,
      points,
    )
    expectOption(trackingError > 0 && trackingError <= 10, 'trackingError is a positive share up to 10', trackingError)
    const { history, hub, runs, facts, notes } = layOutHistory(request, this.needs)
    const requests = policyRequests(request.portfolio, request.policies)
    const settings = requests.map((one) => (points === 0 ? [] : dialSettings(one, points)))
    const total = requests.length + sum(settings.map((one) => one.length))
    let done = 0
    const results: PolicyResult[] = []
    for (const [place, configured] of requests.entries()) {
      const { label } = configured
      const course = runs.course(configured)
      const intervals = bootstrapIntervals(course)
      tell({ done: ++done, total, label })
      const sweep: SweepPoint[] = []
      for (const dial of settings[place]!) {
        await breathe()
        sweep.push(sweepPoint(dial, runs.outlineAt(configured, { dial, limits: undefined })))
        tell({ done: ++done, total, label })
      }
      results.push(resultOf(configured, history, course, intervals, sweep))
      await breathe()
    }
    return {
      ...facts,
      hub,
      policies: results,
      comparison: comparePolicies(results, trackingError),
      notes: [...notes(), ...calendarNotes(requests)],
    }
  }
}

function resultOf(
  configured: PolicyRequest,
  history: History,
  course: Course,
  intervals: PolicyResult['intervals'],
  sweep: readonly SweepPoint[],
): PolicyResult {
  const measures = measureCourse(course)
  return {
    policy: configured.choice.name,
    label: configured.label,
    setting: settingWords(configured),
    dial: dialFactsOf(configured),
    measures,
    intervals,
    course,
    sweep,
    frontier: frontierOf(sweep),
    premium: premiumOf(history, course, measures.costPerYear),
  }
}

function premiumOf({ covariance }: History, { targets }: Course, costPerYear: number): Premium {
  if (!covariance) return { beforeCosts: undefined, afterCosts: undefined }
  const means = covariance.map((_, place) => sum(targets.map((row) => row[place]!)) / targets.length)
  const beforeCosts = rebalancingPremium(covariance, means)
  return { beforeCosts, afterCosts: beforeCosts - costPerYear }
}

function calendarNotes(requests: readonly PolicyRequest[]): string[] {
  return requests.flatMap((configured) => {
    const every = everyDaysOf(configured)
    return every === undefined ? [] : [`${configured.label} has no calendar: it looks every ${every} days.`]
  })
}
