import type { Course } from '../../domain/backtest/course.js'
import type { BacktestReport, PolicyResult } from '../../domain/backtest/result.js'
import { type Markup, markup } from './markup.js'
import { dollars, NOTHING, percent } from './numbers.js'
import { isDrawable } from './scale.js'
import { table } from './tables.js'

/** What prices do to a portfolio on its last day, and what its rule does about it. USD. */
interface Exposure {
  readonly weight: number | undefined
  /** Change of NAV for a move of the price by 1 %. */
  readonly perPercent: number | undefined
  /** Exposure that a constant mix would add after a move of +1 %. */
  readonly constantMix: number | undefined
  /** Moves of the price, nothing else moving, that bring the weight to the edges of its band. */
  readonly toUpper: number | undefined
  readonly toLower: number | undefined
  /** What the policy traded of what a mix that is set back every day trades. */
  readonly tradedOfConstantMix: number | undefined
}

/** Delta of the portfolio at the end of the history, and the convexity of the rule: how much of a constant mix it is. */
export function exposureSection({ assets, hub, startValue }: BacktestReport, { course }: PolicyResult): Markup {
  const nav = (course.values.at(-1) ?? 1) * startValue
  const rows = assets.map((asset, place) => {
    const one = exposureOf(course, place, nav)
    return [
      asset,
      percent(one.weight),
      dollars(one.perPercent),
      dollars(one.constantMix),
      signed(one.toUpper),
      signed(one.toLower),
      percent(one.tradedOfConstantMix, 0),
    ]
  })
  const net = assets.reduce((sum, asset, place) => {
    const weight = course.weights.at(-1)?.[place]
    return asset === hub || !isDrawable(weight) ? sum : sum + weight
  }, 0)
  return markup`<h3>Greeks of the book on the last day</h3>
<p class="read">How NAV answers to prices, and what the rule answers: a constant mix sells this much of what rises by 1 %; the last column says what part of such trading the policy really did over the whole history, 0 % being to hold and 100 % to set every weight back every day.${
    hub === undefined ? undefined : markup` Everything but ${hub} is ${percent(net)} of NAV.`
  }</p>
${table(['asset', 'delta, % of NAV', 'NAV for +1 %', 'constant mix for +1 %', 'upper edge at', 'lower edge at', 'traded of a constant mix'], rows)}`
}

function exposureOf(course: Course, place: number, nav: number): Exposure {
  const weight = numberOr(course.weights.at(-1)?.[place])
  const target = numberOr(course.targets.at(-1)?.[place])
  const band = numberOr(course.bands.at(-1)?.[place])
  const perPercent = weight === undefined ? undefined : (weight * nav) / 100
  const edge = (sign: 1 | -1) =>
    weight === undefined || target === undefined || band === undefined
      ? undefined
      : moveTo(weight, target + sign * band)
  return {
    weight,
    perPercent,
    constantMix: perPercent === undefined || weight === undefined ? undefined : -(1 - weight) * perPercent,
    toUpper: edge(1),
    toLower: edge(-1),
    tradedOfConstantMix: tradedShare(course, place),
  }
}

/** The move m of one price after which `w(1 + m)/(1 + w·m)` is the edge; undefined where no move leads there. */
function moveTo(weight: number, edge: number): number | undefined {
  if (!(weight > 0 && weight < 1 && edge > 0 && edge < 1)) return undefined
  return (edge - weight) / (weight * (1 - edge))
}

/** A mix that is set back every day trades what prices do to its weights; what was traded is the rest of their change. */
function tradedShare({ weights, trades }: Course, place: number): number | undefined {
  const traded = new Map<number, number>()
  for (const { at, changes } of trades) traded.set(at, (traded.get(at) ?? 0) + (changes[place] ?? 0))
  let [moved, own] = [0, 0]
  for (let at = 1; at < weights.length; at++) {
    const change = traded.get(at) ?? 0
    moved += Math.abs(weights[at]![place]! - change - weights[at - 1]![place]!)
    own += Math.abs(change)
  }
  const share = own / moved
  return isDrawable(share) ? share : undefined
}

function numberOr(value: number | undefined): number | undefined {
  return isDrawable(value) ? value : undefined
}

function signed(move: number | undefined): string {
  const text = percent(move)
  return move !== undefined && move > 0 && text !== NOTHING ? `+${text}` : text
}
