import { dayText } from '../../domain/portfolio/price-table.js'
import type { BacktestReport, TuneReport } from '../../domain/backtest/result.js'
import { left, right, table, wrapped } from '../text-table.js'
import { comparedPolicies } from './comparison-plot.js'
import { dialText, dollars, fixed, NOTHING, percent, points, pointsRange } from './numbers.js'
import { limitsText, proposedText } from './tune-section.js'

const INDENT = 2

/** What a backtest found, for a person at a terminal. */
export function backtestText(report: BacktestReport): string {
  const { policies, comparison, missing, notes } = report
  const compared = comparedPolicies(report)
  return [
    ...heading(`Backtest of ${report.assets.join(', ')}`, report),
    ...wrapped(`Start ${dollars(report.startValue)}, traded through ${report.hub ?? 'none of the assets'}.`, 0),
    ...missing.map(({ asset, days }) => `Without a price of ${asset}: ${fixed(days, 0)} days left out.`),
    '',
    `At a tracking error of ${points(comparison.trackingError, 0)} bp:`,
    ...indented(
      table(
        [left('policy'), right('cost bp/y'), right('90 %'), right('set at'), right('final')],
        compared.map(({ label, costPerYear, interval, parameter, finalValue, place }) => {
          const dial = policies[place]?.dial
          return [
            label,
            points(costPerYear),
            pointsRange(interval),
            dial && parameter !== undefined ? `${dial.name} ${dialText(dial.unit, parameter)}` : NOTHING,
            fixed(finalValue, 3),
          ]
        }),
      ),
    ),
    ...wrapped(comparison.note, INDENT),
    '',
    'As set, a year (turnover one way, cost, tracking error and difference in bp of NAV):',
    ...indented(
      table(
        [
          left('policy'),
          ...['final', 'turnover', 'cost', 'error', 'diff', 'trades', 'fall', 'outside', 'worst'].map(right),
        ],
        policies.map(({ label, measures }) => [
          label,
          fixed(measures.finalValue, 3),
          percent(measures.turnoverPerYear, 0),
          points(measures.costPerYear),
          points(measures.trackingError, 0),
          points(measures.trackingDifference, 0),
          fixed(measures.tradesPerYear, 1),
          percent(measures.maxDrawdown, 0),
          percent(measures.timeOutOfBand, 0),
          percent(measures.worstDay?.return, 0),
        ]),
      ),
    ),
    '',
    'Middle 90 % of resampled histories, bp:',
    ...indented(
      table(
        [left('policy'), right('cost'), right('tracking error'), right('tracking difference'), right('worst day')],
        policies.map(({ label, intervals, measures }) => [
          label,
          pointsRange(intervals?.costPerYear),
          pointsRange(intervals?.trackingError),
          pointsRange(intervals?.trackingDifference),
          measures.worstDay ? dayText(measures.worstDay.day) : NOTHING,
        ]),
      ),
    ),
    ...noteLines(notes),
  ].join('\n')
}

/** What tuning found, for a person at a terminal. */
export function tuneText(report: TuneReport): string {
  const { outOfSample, proposal, windows, notes } = report
  const hasLimits = windows.some(({ chosen }) => chosen.limits !== undefined)
  return [
    ...heading(`Tuning ${report.label} on ${report.assets.join(', ')}`, report),
    ...wrapped(`Usual setting: ${report.usual}.`, 0),
    '',
    `Score, bp a year: cost + ${fixed(report.aversion, 1)} · tracking error² / 2; ${fixed(report.settings, 0)} settings a window.`,
    ...(hasLimits ? ['Bands: the least as a share of NAV, the largest as a share of the target.'] : []),
    ...indented(
      table(
        [
          left('judged on'),
          left('chosen'),
          ...(hasLimits ? [right('bands')] : []),
          right('fitted'),
          right('judged'),
          right('usual'),
        ],
        windows.map(({ fitTo, judgeTo, chosen, fitted, judged, usual }) => [
          `${dayText(fitTo)} to ${dayText(judgeTo - 1)}`,
          `${report.dial.name} ${dialText(report.dial.unit, chosen.dial)}`,
          ...(hasLimits ? [limitsText(chosen) ?? NOTHING] : []),
          points(fitted.score),
          points(judged.score),
          points(usual.score),
        ]),
      ),
    ),
    ...wrapped(
      `Out of sample the score is ${points(outOfSample.judged.score)} bp a year against ${points(outOfSample.usual.score)} bp of the usual setting; difference ${points(outOfSample.difference)} bp, middle 90 % ${pointsRange(outOfSample.interval)}.`,
      INDENT,
    ),
    '',
    `Proposed: ${proposedText(report)}`,
    ...wrapped(`${proposal.isNoise ? 'The choice rests on noise. ' : ''}${proposal.reason}`, INDENT),
    ...noteLines(notes),
  ].join('\n')
}

function heading(
  title: string,
  { days, costs, targets }: Pick<BacktestReport, 'days' | 'costs' | 'targets'>,
): string[] {
  return [
    ...wrapped(`${title}, ${dayText(days.first)} to ${dayText(days.last)} (${fixed(days.count, 0)} days)`, 0),
    ...wrapped(`Costs: ${costs}`, 0),
    ...wrapped(`Targets: ${targets}`, 0),
  ]
}

function noteLines(notes: readonly string[]): string[] {
  return notes.length === 0 ? [] : ['', 'What to know:', ...notes.flatMap((note) => wrapped(note, INDENT))]
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => ' '.repeat(INDENT) + line)
}
