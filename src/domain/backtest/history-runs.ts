import { type Calendar, type ConfiguredPolicy, createPolicy, kindOf } from '../rebalancing/registry.js'
import type { NextDue } from '../rebalancing/due-times.js'
import type { SharedParameters } from '../rebalancing/parameters.js'
import type { QuadraticSolver } from '../rebalancing/quadratic-program.js'
import type { RebalancingPolicy } from '../rebalancing/rebalancing-policy.js'
import { ratioBelow } from '../rebalancing/shares.js'
import type { Course, CourseOutline } from './course.js'
import { dueEvery } from './due-every.js'
import type { History } from './history.js'
import type { HistoryTargets } from './history-targets.js'
import { everyDaysOf } from './policy-request.js'
import type { TunedSetting } from './result.js'
import { type Backtest, simulate, simulateOutline } from './simulate.js'
import { dialValues } from './sweep.js'

/** What all runs over one history have in common. */
export interface RunTerms extends Pick<
  Backtest,
  'bandsFor' | 'costs' | 'hub' | 'startValue' | 'settlementDays' | 'failureRate' | 'seed'
> {
  readonly history: History
  readonly targets: HistoryTargets
  readonly nextDueOf?: ((calendar: Calendar) => NextDue) | undefined
  readonly solve?: QuadraticSolver | undefined
}

/** Runs policies over one history. Every run begins anew; the same one gives the same course. */
export class HistoryRuns {
  /** Kept from run to run: whoever reads a calendar may keep what it found. */
  private readonly dueTimes = new Map<Calendar, NextDue>()

  constructor(private readonly terms: RunTerms) {}

  /** With a policy as it is configured. Throws RebalancingInputError for one that cannot be made. */
  course(configured: ConfiguredPolicy): Course {
    return simulate(this.backtest(this.policy(configured, {}, everyDaysOf(configured))))
  }

  outline(configured: ConfiguredPolicy): CourseOutline {
    return simulateOutline(this.backtest(this.policy(configured, {}, everyDaysOf(configured))))
  }

  /** With the dial of a policy turned to `setting`, and the limits of its bands where some are given. */
  outlineAt(configured: ConfiguredPolicy, { dial, limits }: TunedSetting): CourseOutline {
    const turned = kindOf(configured.choice.name).dial.at(dial)
    const bands = limits && {
      minimumBand: ratioBelow(limits.minimumBand),
      maximumBandShare: ratioBelow(limits.maximumBandShare),
    }
    const every = turned.everyDays ?? everyDaysOf(configured)
    return simulateOutline(this.backtest(this.policy(configured, { ...turned.parameters, ...bands }, every)))
  }

  private policy(
    { choice, calendar }: ConfiguredPolicy,
    changes: Partial<SharedParameters>,
    everyDays: number | undefined,
  ): RebalancingPolicy {
    const { solve, history } = this.terms
    const nextDue =
      everyDays === undefined ? calendar && this.dueTimesOf(calendar) : dueEvery(everyDays, history.table.days[0]!)
    return createPolicy(
      { name: choice.name, parameters: { ...choice.parameters, ...changes } },
      { ...(nextDue && { nextDue }), ...(solve && { solve }) },
    )
  }

  private dueTimesOf(calendar: Calendar): NextDue | undefined {
    const nextDue = this.dueTimes.get(calendar) ?? this.terms.nextDueOf?.(calendar)
    if (nextDue) this.dueTimes.set(calendar, nextDue)
    return nextDue
  }

  private backtest(policy: RebalancingPolicy): Backtest {
    const { history, targets, ...terms } = this.terms
    return { ...terms, policy, table: history.table, covariances: history.covariances, targetsAt: targets.forRun() }
  }
}

/** Settings of a policy's dial from tight to loose; fewer than asked for where some would be the same. */
export function dialSettings({ choice }: ConfiguredPolicy, points: number): number[] {
  const { dial } = kindOf(choice.name)
  const settings = dialValues(dial, points).map((value) => dial.at(value).everyDays ?? value)
  return [...new Set(settings)]
}
