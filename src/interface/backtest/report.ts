import { dayText } from '../../domain/portfolio/price-table.js'
import type { BacktestReport, PolicyResult, TuneReport } from '../../domain/backtest/result.js'
import { comparedPolicies, comparisonPlot } from './comparison-plot.js'
import { exposureSection } from './exposure-section.js'
import { frontierPlot } from './frontier-plot.js'
import { type Markup, markup } from './markup.js'
import { dollars, fixed, NOTHING, points } from './numbers.js'
import { colourOf, legend } from './plot.js'
import { STYLE } from './style.js'
import { comparisonTable, measuresTable } from './tables.js'
import { tradesPlot } from './trades-plot.js'
import { tuneSection } from './tune-section.js'
import { drawdownPlot, weightsLegend, weightsPlot } from './weights-plot.js'

/** Bytes that lines over time may take in a report, and what one column of pixels takes in one plot. */
const BUDGET = 850_000
const BYTES_PER_COLUMN = 56

/**
 * One HTML file that needs nothing else: style and drawings are in it, it runs no script and asks nothing of any network.
 * Long histories are drawn by columns of pixels, so that the size of the file depends on the number of policies and
 * assets and hardly on the days.
 */
export function backtestHtml(report: BacktestReport, tune?: TuneReport): string {
  const { assets, policies, days } = report
  const column = columnWidth(policies.length * (assets.length + 1))
  const compared = comparedPolicies(report)
  const labels = policies.map(({ label }) => label)
  return page(
    `Backtest of ${assets.join(', ')}`,
    markup`<h1>Backtest of ${assets.join(', ')}</h1>
${factsOf(report, [
  ['start', `${dollars(report.startValue)}, traded through ${report.hub ?? 'none of the assets'}`],
  [
    'left out',
    report.missing.map(({ asset, days: count }) => `${asset} ${fixed(count, 0)} days`).join(', ') || 'no day',
  ],
])}
<section><h2>At equal tracking error</h2>
<p class="read">The shorter the bar, the less a policy cost when it was made as loose as the others; the lines are the middle 90 % of resampled histories, in proportion from each policy's own setting.</p>
<p>${report.comparison.note}</p>
<figure class="wide"><figcaption>Cost at a tracking error of ${points(report.comparison.trackingError, 0)} bp</figcaption>${comparisonPlot(compared)}</figure>
${comparisonTable(compared, policies)}
<p class="read">Final values differ by what prices did between the trades: luck of the path, and no reason for a policy.</p></section>
<section><h2>Cost against tracking error</h2>
<p class="read">Each line is one policy from tight (left) to loose (right): the lower line costs less for the same distance from the targets. The mark is the policy as it is set here, the dashed line the tracking error at which they are compared.</p>
${legend(labels)}<figure class="wide">${frontierPlot(report)}</figure></section>
<section><h2>What each policy came to</h2>
<p class="read">Every policy as it is set here, so that a loose one is cheap and a tight one near: compare cost only above. Small figures are the middle 90 % of resampled histories.</p>
${measuresTable(policies)}</section>
<section><h2>Trades</h2>
<p class="read">Each line is a rebalance, its height what changed hands, one way, as a share of NAV: few long ones are patience, many short ones a schedule or a tight band.</p>
<figure class="wide">${tradesPlot(report, Math.max(1, column))}</figure></section>
<section><h2>Weights, bands and drawdown</h2>
<p class="read">Where the weight leaves the shaded band the policy has a reason to trade; marks show where it did. Below them, how far NAV was under its highest value so far.</p>
${weightsLegend()}
${policies.map((result, place) => policyDetails(report, result, place, column))}</section>
${tune && tuneSection(tune)}
${notesOf(report.notes)}
<p class="read">${fixed(days.count, 0)} days from ${dayText(days.first)} to ${dayText(days.last)}. A backtest is one path of the past; nothing in it is a promise.</p>`,
  )
}

/** The same kind of file for tuning alone. */
export function tuneHtml(report: TuneReport): string {
  return page(
    `Tuning ${report.label}`,
    markup`<h1>Tuning ${report.label} on ${report.assets.join(', ')}</h1>
${factsOf(report, [])}
${tuneSection(report)}`,
  )
}

function page(title: string, body: Markup): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`.text
}

function factsOf(
  { days, costs, targets }: Pick<BacktestReport, 'days' | 'costs' | 'targets'>,
  more: readonly (readonly [string, string])[],
): Markup {
  const facts = [
    ['history', `${dayText(days.first)} to ${dayText(days.last)}, ${fixed(days.count, 0)} days`],
    ...more,
    ['costs', costs],
    ['targets', targets],
  ] as const
  return markup`<dl>${facts.map(([name, text]) => markup`<dt>${name}</dt><dd>${text}</dd>`)}</dl>`
}

function policyDetails(report: BacktestReport, result: PolicyResult, place: number, column: number): Markup {
  const { label, setting, course, premium } = result
  const panels = report.assets.map(
    (asset, index) => markup`<figure><figcaption>${asset}</figcaption>${weightsPlot(course, index, column)}</figure>`,
  )
  const fall = markup`<figure><figcaption>Drawdown</figcaption>${drawdownPlot(course, column)}</figure>`
  return markup`<details class="${colourOf(place)}"${place === 0 ? OPEN : undefined}><summary>${label}</summary>
<p>${setting}.</p>
<div class="grid-of-plots">${[...panels, fall]}</div>
<p class="read">Excess growth of these weights over the average growth of their assets: ${yearly(premium.beforeCosts)}, after costs ${yearly(premium.afterCosts)}. It is a fact of this history and no promise.</p>
${exposureSection(report, result)}</details>`
}

const OPEN = markup` open`

function yearly(share: number | undefined): string {
  const text = points(share)
  return text === NOTHING ? 'unknown' : `${text} bp a year`
}

function notesOf(notes: readonly string[]): Markup | undefined {
  if (notes.length === 0) return undefined
  return markup`<section><h2>What to know</h2><ul>${notes.map((note) => markup`<li>${note}</li>`)}</ul></section>`
}

/** Pixels that share one column, so that lines over time stay within the budget. */
function columnWidth(plots: number): number {
  const columns = BUDGET / BYTES_PER_COLUMN / Math.max(1, plots)
  return Math.min(12, Math.max(0.5, 306 / columns))
}
