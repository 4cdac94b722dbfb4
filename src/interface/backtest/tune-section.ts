import { dayText } from '../../domain/portfolio/price-table.js'
import type { Score, TunedSetting, TuneReport, TuneWindow } from '../../domain/backtest/result.js'
import { Markup, markup } from './markup.js'
import { dialText, fixed, percent, points, pointsRange } from './numbers.js'
import { areaOf, plot } from './plot.js'
import { dayAxis, domainOf, isDrawable, linearAxis } from './scale.js'
import { table } from './tables.js'

const HEIGHT = 180

/** What tuning found: each window, all of them together, and what is proposed. */
export function tuneSection(report: TuneReport): Markup {
  const { label, proposal, outOfSample, windows, notes, settings, aversion } = report
  const verdict = markup`<p${new Markup(proposal.isNoise ? ' class="warn"' : '')}>${proposal.isNoise ? 'The choice rests on noise. ' : undefined}${proposal.reason}</p>`
  return markup`<section><h2>Tuning ${label}</h2>
<p class="read">Each row was fitted on the days before and judged on the days after, which it had not seen; the score is cost a year plus ${fixed(aversion, 1)} · tracking error² / 2, and less of it is better. ${fixed(settings, 0)} settings were tried in each window.</p>
${verdict}
<dl><dt>proposed</dt><dd>${proposedText(report)}</dd>
<dt>usual</dt><dd>${report.usual}</dd>
<dt>out of sample</dt><dd>score ${points(outOfSample.judged.score)} bp a year against ${points(outOfSample.usual.score)} bp of the usual setting; difference ${points(outOfSample.difference)} bp, middle 90 % of resampled days ${pointsRange(outOfSample.interval)}</dd></dl>
<p class="read">Bars below zero are windows in which the chosen setting did better than the usual one on days it had not seen.</p>
<figure class="wide">${windowsPlot(windows)}</figure>
${windowsTable(report)}
${notes.map((note) => markup`<p>${note}</p>`)}</section>`
}

/** What is to be set; a setting that was found by chance is not proposed. */
export function proposedText(report: TuneReport): string {
  const { setting, value } = report.proposal
  return value === undefined ? 'no change' : settingText(report, setting)
}

/** Where the dial and the limits of bands stand. */
function settingText({ dial }: TuneReport, setting: TunedSetting): string {
  const own = `${dial.name} ${dialText(dial.unit, setting.dial)}`
  const limits = limitsText(setting, 'of NAV', 'of the target')
  return limits === undefined ? own : `${own}, bands from ${limits}`
}

/** Limits of bands, the least and the largest; undefined where the policy has none. */
export function limitsText({ limits }: TunedSetting, ofLeast = '', ofMost = ''): string | undefined {
  if (!limits) return undefined
  const of = (share: number, decimals: number, what: string) => `${percent(share, decimals)} ${what}`.trim()
  return `${of(limits.minimumBand, 2, ofLeast)} to ${of(limits.maximumBandShare, 0, ofMost)}`
}

function windowsPlot(windows: readonly TuneWindow[]): Markup {
  const area = areaOf(HEIGHT)
  const gains = windows.map(({ judged, usual }) => (judged.score - usual.score) * 1e4)
  const domain = domainOf([0, ...gains])
  const x = dayAxis(windows[0]?.fitTo ?? 0, windows.at(-1)?.judgeTo ?? 0, [area.left, area.right])
  const y = linearAxis(domain, [area.bottom, area.top], 4, fixed)
  const zero = y.scale(0)
  const bars = windows.flatMap(({ fitTo, judgeTo }, index) => {
    const gain = gains[index]
    if (!isDrawable(gain)) return []
    const [left, right, end] = [x.scale(fitTo), x.scale(judgeTo), y.scale(gain)]
    return [
      markup`<rect class="bar ${gain < 0 ? 'c2' : 'c1'}" x="${left + 1}" y="${Math.min(zero, end)}" width="${Math.max(1, right - left - 2)}" height="${Math.abs(end - zero)}"/>`,
    ]
  })
  return plot(
    'Score of the chosen setting less that of the usual one in each window',
    HEIGHT,
    { x, y: { ticks: y.ticks, title: 'score less that of the usual setting, bp a year' } },
    [...bars, markup`<path class="base" d="M${area.left} ${zero}H${area.right}"/>`],
  )
}

function windowsTable(report: TuneReport): Markup {
  const cell = ({ costPerYear, trackingError, score }: Score) => ({
    text: points(score),
    below: `cost ${points(costPerYear)}, error ${points(trackingError)}`,
  })
  return table(
    ['judged on', 'chosen', 'score fitted, bp', 'score judged, bp', 'usual, same days, bp'],
    report.windows.map(({ fitFrom, fitTo, judgeTo, chosen, fitted, judged, usual }) => [
      { text: `${dayText(fitTo)} to ${dayText(judgeTo - 1)}`, below: `fitted from ${dayText(fitFrom)}` },
      settingText(report, chosen),
      cell(fitted),
      cell(judged),
      cell(usual),
    ]),
  )
}
