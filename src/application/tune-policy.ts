import { dialSettings } from '../domain/backtest/history-runs.js'
import { dialFactsOf, type PolicyRequest, policyRequests, settingWords } from '../domain/backtest/policy-request.js'
import type { TunedSetting, TuneReport } from '../domain/backtest/result.js'
import { type Tried, triedDays, USUAL_WALK, walkForward } from '../domain/backtest/tune.js'
import { USUAL_PARAMETERS } from '../domain/rebalancing/parameters.js'
import { kindOf, type PolicyName } from '../domain/rebalancing/registry.js'
import { breathe, expectOption, type HistoryRequest, layOutHistory, type Progress } from './lay-out-history.js'
import type { PolicyNeeds } from './policy-book.js'

export interface TuneRequest extends HistoryRequest {
  /** The portfolio's own when absent. */
  readonly policy?: PolicyName | undefined
  /** Positions of the dial that are tried. */
  readonly points?: number | undefined
  readonly fitDays?: number | undefined
  readonly judgeDays?: number | undefined
  /** κ of the score; the portfolio's aversion when absent. */
  readonly aversion?: number | undefined
}

/** Positions of the dial that are tried unless another number is asked for. */
export const USUAL_TUNE_POINTS = 20

/** Limits of bands that are tried with each position of the dial, where a policy has such limits. */
const LIMITS = [0.001, 0.005, 0.01].flatMap((minimumBand) =>
  [0.25, 0.5, 1].map((maximumBandShare) => ({ minimumBand, maximumBandShare })),
)

/**
 * Walks a policy forward through a history: fits its dial and the limits of its bands on the past, judges them on the next
 * window, and proposes a setting only where what was found before held afterwards (see `walkForward`). The same request
 * gives the same report. Throws as `RunBacktest` does.
 */
export class TunePolicy {
  constructor(private readonly needs: PolicyNeeds) {}

  async run(request: TuneRequest, tell: (progress: Progress) => void = () => {}): Promise<TuneReport> {
    const {
      portfolio,
      points = USUAL_TUNE_POINTS,
      fitDays = USUAL_WALK.fitDays,
      judgeDays = USUAL_WALK.judgeDays,
    } = request
    const { policy = portfolio.rebalancing.choice.name } = request
    const aversion = request.aversion ?? portfolio.rebalancing.choice.parameters.aversion ?? USUAL_PARAMETERS.aversion
    expectOption(
      Number.isInteger(points) && points >= 2 && points <= 200,
      'points is a whole number from 2 to 200',
      points,
    )
    expectDays('fitDays', fitDays)
    expectDays('judgeDays', judgeDays)
    expectOption(aversion > 0 && aversion <= 1e6, 'aversion is a positive number up to 1e6', aversion)
    const { history, runs, facts, notes } = layOutHistory(request, this.needs)
    const configured = policyRequests(portfolio, [policy])[0]!
    const settings = settingsOf(configured, points)
    const tried: Tried[] = []
    const total = settings.length + 1
    const usual = triedDays(runs.outline(configured))
    tell({ done: 1, total, label: configured.label })
    for (const setting of settings) {
      await breathe()
      tried.push({ setting, days: triedDays(runs.outlineAt(configured, setting)) })
      tell({ done: tried.length + 1, total, label: configured.label })
    }
    const { days } = history.table
    const { dial } = kindOf(policy)
    const { assets, costs, targets } = facts
    return {
      policy,
      label: configured.label,
      assets,
      days: facts.days,
      costs,
      targets,
      dial: dialFactsOf(configured),
      aversion,
      usual: settingWords(configured),
      settings: settings.length,
      ...walkForward(tried, usual, { days, fitDays, judgeDays, aversion, dial }),
      notes: [
        `The score of a setting is its cost per year plus ${aversion}/2 times the square of its tracking error: less is better.`,
        'Every setting runs through the whole history once; changing from one to another is taken to cost nothing.',
        ...notes(),
      ],
    }
  }
}

function settingsOf(configured: PolicyRequest, points: number): TunedSetting[] {
  const hasLimits = Object.hasOwn(kindOf(configured.choice.name).terms, 'minimumBand')
  const limits: readonly TunedSetting['limits'][] = hasLimits ? LIMITS : [undefined]
  return dialSettings(configured, points).flatMap((dial) => limits.map((one) => ({ dial, limits: one })))
}

function expectDays(name: string, days: number): void {
  expectOption(Number.isInteger(days) && days >= 30 && days <= 10_000, `${name} is a whole number from 30`, days)
}
