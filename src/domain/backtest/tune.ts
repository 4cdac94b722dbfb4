import { DAYS_PER_YEAR } from '../statistics/covariance.js'
import { bootstrapMean } from './bootstrap.js'
import type { CourseOutline } from './course.js'
import { activeReturns, standardDeviation, sum } from './measure.js'
import { dayText, placeFrom } from '../portfolio/price-table.js'
import type { Dial } from '../rebalancing/policy-kind.js'
import type { Score, TunedSetting, TuneProposal, TuneReport, TuneWindow } from './result.js'
import { points } from './points.js'

/** A setting that was run over the whole history. A window of it rests on nothing later than the window. */
export interface Tried {
  readonly setting: TunedSetting
  readonly days: TriedDays
}

/** What a run cost and how it strayed on each day but the first: what scores are made of. */
export interface TriedDays {
  readonly costs: Float64Array
  readonly active: Float64Array
}

export interface WalkTerms {
  /** Days since 1970 of the history. */
  readonly days: readonly number[]
  /** How many days a setting is fitted on, and how many after them it is judged on. */
  readonly fitDays: number
  readonly judgeDays: number
  /** κ: what a tracking variance is worth in cost. */
  readonly aversion: number
  readonly dial: Pick<Dial<never>, 'name' | 'unit' | 'tight' | 'loose'>
}

export const USUAL_WALK = { fitDays: 730, judgeDays: 182 } as const

/** With fewer windows nothing is proposed. */
const LEAST_WINDOWS = 4
/** Chosen settings scatter when their logarithms deviate by more than this share of the dial's whole length. */
const MOST_SCATTER = 0.15

export function triedDays(outline: CourseOutline): TriedDays {
  const costs = new Float64Array(outline.values.length - 1)
  for (const { at, cost } of outline.trades) if (at > 0) costs[at - 1]! += cost
  return { costs, active: Float64Array.from(activeReturns(outline)) }
}

/** Places of days, the first included and the last not. */
interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Walks forward through a history: of all settings that were tried, the one of least score on the days of a window is
 * judged on the days after it, next to the usual one; then the window moves on by as many days. Every setting runs through
 * the whole history once, so that it begins each window with the weights it had, and changing from one setting to another
 * costs nothing. `tried` holds at least one setting.
 */
export function walkForward(
  tried: readonly Tried[],
  usual: TriedDays,
  terms: WalkTerms,
): Pick<TuneReport, 'windows' | 'outOfSample' | 'proposal'> {
  const { days, aversion } = terms
  const steps = stepsOf(terms).map(({ fit, judge }) => {
    const best = bestOf(tried, fit, terms)
    const window: TuneWindow = {
      fitFrom: days[fit.from]!,
      fitTo: days[judge.from]!,
      judgeTo: days[judge.to - 1]! + 1,
      chosen: best.setting,
      fitted: scoreOf([slice(best.days, fit)], aversion, lengthOf(days, fit)),
      judged: scoreOf([slice(best.days, judge)], aversion, lengthOf(days, judge)),
      usual: scoreOf([slice(usual, judge)], aversion, lengthOf(days, judge)),
    }
    return { window, judge, chosen: slice(best.days, judge), beside: slice(usual, judge) }
  })
  const windows = steps.map(({ window }) => window)
  const length = sum(steps.map(({ judge }) => lengthOf(days, judge)))
  const [chosen, beside] = [steps.map((step) => step.chosen), steps.map((step) => step.beside)]
  const [judged, usualScore] = [scoreOf(chosen, aversion, length), scoreOf(beside, aversion, length)]
  const [ours, theirs] = [dailyScores(chosen, aversion), dailyScores(beside, aversion)]
  const outOfSample = {
    judged,
    usual: usualScore,
    difference: judged.score - usualScore.score,
    interval: bootstrapMean(ours.map((one, day) => one - theirs[day]!)),
  }
  const last = days.length
  const latest = bestOf(
    tried,
    { from: Math.max(1, placeFrom(days, days[last - 1]! - terms.fitDays + 1)), to: last },
    terms,
  )
  return { windows, outOfSample, proposal: proposalOf(latest.setting, windows, outOfSample, terms) }
}

/** Windows that fit into the history, one after the other. */
function stepsOf({ days, fitDays, judgeDays }: WalkTerms): { readonly fit: Span; readonly judge: Span }[] {
  const [first, last] = [days[0]! + 1, days.at(-1)!]
  const steps: { fit: Span; judge: Span }[] = []
  for (let begin = first; begin + fitDays + judgeDays - 1 <= last; begin += judgeDays) {
    const fit = { from: placeFrom(days, begin), to: placeFrom(days, begin + fitDays) }
    const judge = { from: fit.to, to: placeFrom(days, begin + fitDays + judgeDays) }
    // A stretch without prices has nothing to fit on or to judge by.
    if (fit.to - fit.from >= fitDays / 2 && judge.to - judge.from >= judgeDays / 2) steps.push({ fit, judge })
  }
  return steps
}

/** Days from the one before a span to its last. */
function lengthOf(days: readonly number[], { from, to }: Span): number {
  return days[to - 1]! - days[from - 1]!
}

function bestOf(tried: readonly Tried[], span: Span, { days, aversion }: WalkTerms): Tried {
  const length = lengthOf(days, span)
  let [best, least] = [tried[0]!, Infinity]
  for (const one of tried) {
    const { score } = scoreOf([slice(one.days, span)], aversion, length)
    if (score < least) [best, least] = [one, score]
  }
  return best
}

function slice({ costs, active }: TriedDays, { from, to }: Span): TriedDays {
  return { costs: costs.subarray(from - 1, to - 1), active: active.subarray(from - 1, to - 1) }
}

/** Of stretches of days taken together, which last `length` days. */
function scoreOf(stretches: readonly TriedDays[], aversion: number, length: number): Score {
  const cost = sum(stretches.map(({ costs }) => total(costs)))
  const active = stretches.flatMap((one) => [...one.active])
  const trackingError = standardDeviation(active) * Math.sqrt(DAYS_PER_YEAR)
  const costPerYear = length > 0 ? (cost / length) * DAYS_PER_YEAR : 0
  return { trackingError, costPerYear, score: costPerYear + (aversion * trackingError ** 2) / 2 }
}

/** What each day adds to the score, a year. */
function dailyScores(stretches: readonly TriedDays[], aversion: number): number[] {
  const active = stretches.flatMap((one) => [...one.active])
  const costs = stretches.flatMap((one) => [...one.costs])
  const mean = active.length === 0 ? 0 : sum(active) / active.length
  return active.map((value, day) => DAYS_PER_YEAR * (costs[day]! + (aversion * (value - mean) ** 2) / 2))
}

function total(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0)
}

function proposalOf(
  setting: TunedSetting,
  windows: readonly TuneWindow[],
  { judged, usual, difference, interval }: TuneReport['outOfSample'],
  { dial, days, fitDays, judgeDays }: WalkTerms,
): TuneProposal {
  if (windows.length === 0)
    return {
      setting,
      value: undefined,
      isNoise: true,
      reason: `Keep the usual setting. There is no window of ${fitDays} days with prices to fit on and ${judgeDays} after them to judge by.`,
    }
  const doubts: string[] = []
  if (windows.length < LEAST_WINDOWS)
    doubts.push(`there are ${windows.length} windows to judge by, and it takes ${LEAST_WINDOWS} to tell`)
  if (difference >= 0)
    doubts.push(
      `what was chosen did not beat the usual setting on the days after (${points(judged.score)} against ${points(usual.score)} bps a year)`,
    )
  else if (interval && interval.high >= 0)
    doubts.push(
      `the saving against the usual setting may be none: ${points(-difference)} bps a year, between ${points(-interval.high)} and ${points(-interval.low)} in nine of ten resampled histories`,
    )
  if (windows.length >= LEAST_WINDOWS && !interval) doubts.push('the judged days are too few to be resampled')
  const logs = windows.map(({ chosen }) => Math.log(chosen.dial))
  const scatter = standardDeviation(logs) / Math.log(dial.loose / dial.tight)
  if (scatter > MOST_SCATTER) {
    const dials = windows.map(({ chosen }) => chosen.dial)
    doubts.push(
      `chosen settings scatter between ${dialWords(dial, Math.min(...dials))} and ${dialWords(dial, Math.max(...dials))}`,
    )
  }
  const best = `${settingText(dial, setting)} is best on the ${fitDays} days up to ${dayText(days.at(-1)!)}`
  if (doubts.length > 0)
    return {
      setting,
      value: undefined,
      isNoise: true,
      reason: `Keep the usual setting. ${best}, but that rests on noise: ${doubts.join('; ')}.`,
    }
  const saving = `Settings chosen like this saved ${points(-difference)} bps a year against the usual one on the days after`
  const range = interval
    ? `, between ${points(-interval.high)} and ${points(-interval.low)} in nine of ten resampled histories`
    : ''
  return { setting, value: setting.dial, isNoise: false, reason: `${best}. ${saving}${range}.` }
}

function settingText(dial: WalkTerms['dial'], { dial: value, limits }: TunedSetting): string {
  const words = dialWords(dial, value)
  if (!limits) return words
  const { minimumBand, maximumBandShare } = limits
  return `${words} with bands of at least ${points(minimumBand)} bps and at most ${figure(maximumBandShare * 100)} % of the target`
}

function dialWords({ name, unit }: WalkTerms['dial'], value: number): string {
  switch (unit) {
    case 'share of NAV':
    case 'share of the target':
      return `${name} ${figure(value * 100)} %`
    case 'per √year':
      return `${name} ${points(value)} bps`
    case 'days':
      return `${name} ${figure(value)} days`
    case 'aversion':
      return `${name} ${figure(value)}`
  }
}

function figure(value: number): string {
  return Number(value.toPrecision(3)).toString()
}
