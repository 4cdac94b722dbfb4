import { BacktestError } from '../domain/backtest/backtest-error.js'
import { costModelOf, type CostTerms, costWords, hubOf } from '../domain/backtest/cost-terms.js'
import {
  type History,
  type HistoryAsset,
  type Period,
  readHistory,
  type VolatilitySource,
} from '../domain/backtest/history.js'
import { HistoryRuns } from '../domain/backtest/history-runs.js'
import { bandsOf, historyTargets } from '../domain/backtest/history-targets.js'
import type { PriceTable } from '../domain/portfolio/price-table.js'
import type { BacktestReport } from '../domain/backtest/result.js'
import type { AssetKey } from '../domain/assets.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { PolicyNeeds } from './policy-book.js'

/** A history and what is taken to happen in it. */
export interface HistoryRequest {
  readonly table: PriceTable
  readonly portfolio: Pick<Portfolio, 'assets' | 'policy' | 'rebalancing' | 'shadow' | 'targetSetting' | 'assumedCost'>
  readonly period?: Period | undefined
  readonly costs: CostTerms
  /** NAV at the start, in USD. */
  readonly startValue?: number | undefined
  /** Days from a decision to its trades. */
  readonly settlementDays?: number | undefined
  /** Share of the legs that fail. */
  readonly failureRate?: number | undefined
  /** Of what fails. */
  readonly seed?: number | undefined
  /** Targets that move are set at most once in so many days. */
  readonly targetsEveryDays?: number | undefined
  /** Volatilities by EWMA when absent, which takes a moment; forecasts, as the daemon goes by, take seconds. */
  readonly volatility?: VolatilitySource | undefined
  /** What reports have to say of where this comes from, before their own notes. */
  readonly remarks?: readonly string[] | undefined
}

export interface Progress {
  /** Runs that were made, of how many. */
  readonly done: number
  readonly total: number
  /** Policy at work. */
  readonly label: string
}

export interface LaidOut {
  readonly history: History
  readonly hub: AssetKey | undefined
  readonly runs: HistoryRuns
  /** What reports say of it. */
  readonly facts: Pick<BacktestReport, 'assets' | 'days' | 'missing' | 'costs' | 'targets' | 'startValue'>
  /** To be asked once everything has run. */
  readonly notes: () => string[]
}

export const USUAL_START_VALUE = 1_000_000

/** Everything that runs over a history need, worked out once. Throws BacktestError for what no run can be made of. */
export function layOutHistory(request: HistoryRequest, needs: PolicyNeeds): LaidOut {
  const { portfolio, costs, startValue = USUAL_START_VALUE } = request
  const { settlementDays = 0, failureRate = 0, seed = 1, targetsEveryDays = 1, volatility = 'ewma' } = request
  expectOption(startValue >= 1 && startValue <= 1e15, 'startValue is a number of USD from 1 to 1e15', startValue)
  expectOption(isWholeWithin(settlementDays, 0, 365), 'settlementDays is a whole number up to 365', settlementDays)
  expectOption(failureRate >= 0 && failureRate <= 1, 'failureRate is a share between zero and one', failureRate)
  expectOption(Number.isSafeInteger(seed), 'seed is a whole number', seed)
  expectOption(isWholeWithin(targetsEveryDays, 1, 365), 'targetsEveryDays is a whole number from 1', targetsEveryDays)
  const assets = assetsOf(portfolio)
  const history = readHistory(request.table, assets, request.period, volatility)
  const keys = assets.map(({ key }) => key)
  const model = costModelOf(costs, keys)
  const hubs = Object.values(portfolio.policy.hubs).map(({ asset }) => asset)
  const hub = hubOf(assets, model, startValue, hubs)
  const targets = historyTargets({ history, portfolio, startValue, everyDays: targetsEveryDays })
  const bandsFor = bandsOf(portfolio, keys)
  const terms = { bandsFor, costs: model, hub, startValue, settlementDays, failureRate, seed }
  const { days } = history.table
  const hubKey = hub === undefined ? undefined : keys[hub]
  return {
    history,
    hub: hubKey,
    runs: new HistoryRuns({ ...terms, history, targets, ...needs }),
    facts: {
      assets: keys,
      days: { first: days[0]!, last: days.at(-1)!, count: days.length },
      missing: history.missing,
      costs: costWords(costs, keys, hubKey),
      targets: targets.words,
      startValue,
    },
    notes: () => [
      ...(request.remarks ?? []),
      ...history.notes,
      volatility === 'ewma'
        ? 'Volatilities are those of EWMA with a half-life of 23 days; the daemon goes by the model that forecast best of late.'
        : 'Volatilities are on each day those of the model that had forecast best by then, as in the daemon.',
      ...targets.notes(),
      ...(settlementDays > 0
        ? [
            `Trades are done at the prices of ${settlementDays === 1 ? 'the day' : `${settlementDays} days`} after they are decided.`,
          ]
        : []),
      ...(failureRate > 0 ? [`${Number((failureRate * 100).toPrecision(3))} % of all legs fail.`] : []),
    ],
  }
}

/** Targeted assets in the order of the targets. */
function assetsOf({ assets, policy }: HistoryRequest['portfolio']): HistoryAsset[] {
  return policy.targets.map(({ asset }) => ({
    key: asset,
    class: assets.find(({ key }) => key === asset)?.class ?? 'other',
  }))
}

/** Throws BacktestError unless an option is what it should be. */
export function expectOption(isMet: boolean, expected: string, got: unknown): void {
  if (!isMet) throw new BacktestError('bad-option', `${expected}, got ${String(got)}. Correct the option.`)
}

function isWholeWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

/** Lets whatever else waits have its turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
