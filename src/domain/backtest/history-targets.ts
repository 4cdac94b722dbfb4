import type { AssetKey } from '../assets.js'
import { bandOf } from '../policy/policy.js'
import type { Portfolio } from '../policy/portfolio.js'
import { setTargets } from '../targets/set-targets.js'
import { targetAssets } from '../targets/target-assets.js'
import { TARGET_DAYS, targetCovariance } from '../targets/target-covariance.js'
import type { NavFigures, TargetAsset, TargetInput } from '../targets/target-input.js'
import type { TargetRefusal, TargetRefusalCode } from '../targets/target-refusal.js'
import type { ForcedTargets } from '../targets/target-set.js'
import { SOURCE_SETTER } from '../targets/target-setting.js'
import { currentTargetsOf } from '../targets/targets-in-force.js'
import type { Ratio } from '../units/ratio.js'
import type { History } from './history.js'
import { DAY_MS, dayText, placeFrom, type PriceTable } from '../portfolio/price-table.js'
import type { Backtest, TargetView } from './simulate.js'

type TargetPortfolio = Pick<Portfolio, 'assets' | 'policy' | 'targetSetting'>

export interface TargetPlan {
  readonly history: History
  readonly portfolio: TargetPortfolio
  readonly startValue: number
  /** Targets are set at most once in so many days, as a whole number from one. */
  readonly everyDays: number
}

/** Targets on every day of a history, for as many runs over it as are made. */
export interface HistoryTargets {
  /** Of one run: asked for the days in their order, once each. */
  readonly forRun: () => Backtest['targetsAt']
  readonly words: string
  /** What happened while they were set in the runs so far. */
  readonly notes: () => string[]
}

/**
 * Targets as the daemon would have set them: by the portfolio's setter, from prices and NAV up to each day and nothing
 * later. Before the first are set, and where a source of the fund's own would be asked, the configured weights count.
 * Where they do not depend on NAV they are worked out once for all runs.
 */
export function historyTargets(plan: TargetPlan): HistoryTargets {
  const { portfolio, history, everyDays } = plan
  const { setter } = portfolio.targetSetting
  const configured = configuredWeights(plan)
  const constant = { forRun: () => () => configured, words: 'Fixed weights, as configured.' }
  if (setter === 'fixed') return { ...constant, notes: () => [] }
  if (setter === SOURCE_SETTER) {
    const note = 'Weights of the source are not known for the past: the configured ones count throughout.'
    return { ...constant, notes: () => [note] }
  }
  const log = new RefusalLog(plan)
  const rhythm = everyDays === 1 ? 'every day' : `every ${everyDays} days`
  const words = `By ${setter}, set ${rhythm}.`
  if (needsNav(plan))
    return {
      forRun: () => {
        const run = new TargetRun(plan, configured, log)
        return (view) => run.at(view.at, navOf(plan, view))
      },
      words,
      notes: () => log.notes(),
    }
  const run = new TargetRun(plan, configured, log)
  const all = history.table.days.map((_, at) => run.at(at, undefined))
  return { forRun: () => (view) => all[view.at]!, words, notes: () => log.notes() }
}

/** Configured half-widths of bands for targets in the order of the history. */
export function bandsOf({ policy }: Pick<Portfolio, 'policy'>, assets: readonly AssetKey[]): Backtest['bandsFor'] {
  const configured = assets.map((asset) => policy.targets.find((one) => one.asset === asset))
  return (targets) =>
    targets.map((weight, place) => bandOf({ ...(configured[place] ?? { asset: assets[place]! }), weight }))
}

/** Sets targets day after day, each from those before. */
class TargetRun {
  private latest: Pick<ForcedTargets, 'setter' | 'weights' | 'setAt' | 'exposure'> | undefined
  private weights: readonly Ratio[]
  private setOn = -Infinity
  private readonly assets: readonly TargetAsset[]

  constructor(
    private readonly plan: TargetPlan,
    configured: readonly Ratio[],
    private readonly log: RefusalLog,
  ) {
    this.weights = configured
    this.assets = targetAssets(plan.portfolio, undefined)
  }

  at(at: number, nav: NavFigures | undefined): readonly Ratio[] {
    const { history, everyDays, portfolio } = this.plan
    const day = history.table.days[at]!
    if (day - this.setOn < everyDays) return this.weights
    this.setOn = day
    const now = (day + 1) * DAY_MS
    const current = currentTargetsOf(portfolio, this.latest, now)
    const set = this.set(day, { assets: this.assets, covariance: undefined, current, nav, now })
    if (set.status === 'refused') {
      this.log.add(day, set)
      return this.weights
    }
    const { weights, exposure } = set
    this.latest = {
      setter: portfolio.targetSetting.setter,
      weights: Object.fromEntries(this.assets.map(({ key }, place) => [key, weights[place]!])),
      setAt: now,
      exposure,
    }
    // The same list while nothing changes: what follows from it is worked out once.
    if (weights.some((weight, place) => weight !== this.weights[place])) this.weights = weights
    return this.weights
  }

  /** A covariance is worked out for a setter that asks for one, and for no other. */
  private set(day: number, input: TargetInput): ReturnType<typeof setTargets> {
    const { history, portfolio } = this.plan
    const set = setTargets(portfolio.targetSetting, input)
    if (set.status === 'set' || set.code !== 'covariance-unknown') return set
    const classes = new Map(history.assets.map((asset) => [asset.key, asset.class]))
    const { covariance } = targetCovariance(lately(history.known, day), classes, day)
    return covariance ? setTargets(portfolio.targetSetting, { ...input, covariance }) : set
  }
}

/** The rows of a table that targets of a day may rest on. */
function lately({ assets, days, prices }: PriceTable, day: number): PriceTable {
  const from = placeFrom(days, day - TARGET_DAYS)
  const to = placeFrom(days, day + 1)
  return { assets, days: days.slice(from, to), prices: prices.slice(from, to) }
}

/** Days on which targets were refused by the kind of reason, and each as it was said the first time. */
class RefusalLog {
  private readonly kinds = new Map<
    TargetRefusalCode,
    { readonly days: Set<number>; readonly first: number; readonly detail: string }
  >()

  constructor(private readonly plan: TargetPlan) {}

  add(day: number, { code, detail }: TargetRefusal): void {
    const kind = this.kinds.get(code) ?? { days: new Set(), first: day, detail }
    this.kinds.set(code, kind)
    kind.days.add(day)
  }

  notes(): string[] {
    const { setter } = this.plan.portfolio.targetSetting
    return [...this.kinds.values()].map(
      ({ days, first, detail }) =>
        `On ${days.size} days ${setter} set no targets and those before stayed, first on ${dayText(first)}: ${detail}`,
    )
  }
}

function needsNav(plan: TargetPlan): boolean {
  const assets = targetAssets(plan.portfolio, undefined)
  const input: TargetInput = { assets, covariance: undefined, current: undefined, nav: undefined, now: 0 }
  const set = setTargets(plan.portfolio.targetSetting, input)
  return set.status === 'refused' && set.code === 'nav-unknown'
}

function navOf({ history, startValue }: TargetPlan, { value, highWater }: TargetView): NavFigures {
  return { value, highWater, startValue, startedAt: (history.table.days[0]! + 1) * DAY_MS }
}

function configuredWeights({ portfolio, history }: TargetPlan): readonly Ratio[] {
  return history.assets.map(({ key }) => portfolio.policy.targets.find(({ asset }) => asset === key)?.weight ?? 0n)
}
