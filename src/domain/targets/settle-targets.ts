import { absolute, larger, mulDiv, type Ratio, RATIO_ONE, ratioToNumber, smaller } from '../units/ratio.js'
import { apportion } from './apportion.js'
import { checkInput } from './check-input.js'
import { sumOf } from './proportions.js'
import type { CurrentTargets, TargetAsset, TargetInput } from './target-input.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'
import type { WantedTargets } from './target-setter.js'
import { type Bounds, boundsOf, fitWeights, isWithin, type WeightLimits } from './weight-limits.js'
import { percent } from './wording.js'

const DAY_MS = 86_400_000n

export interface SettlingRules {
  readonly limits: WeightLimits
  /** Most that the target of an asset moves in a day, as a share of NAV; undefined lets it move at once. */
  readonly maxChangePerDay: Ratio | undefined
}

/** Targets as they come into force. */
export interface SettledTargets {
  readonly status: 'settled'
  /** In the order of the assets; they sum to exactly `RATIO_ONE`. */
  readonly weights: readonly Ratio[]
  /** What limits and smoothing made of the wanted weights, in sentences; empty where they changed nothing. */
  readonly reasons: readonly string[]
}

/**
 * What wanted weights become, whichever setter wants them: brought within the limits, then approached from the targets in
 * force by no more than `maxChangePerDay` for the time since those were set, a day at most.
 *
 * Guaranteed: the sum is exact; weights of assets are within their limits exactly, what is held with an issuer or on a
 * chain to a billionth of NAV; no target is farther from the one in force than the time allows, exactly. Not smoothed:
 * the way of targets in force into limits they break, which is gone at once and first, and protective weights; both are
 * said in the reasons. Targets in force of an asset that left count as given to the others in proportion. Refused:
 * weights that do not sum to one, and limits that no weights are within.
 */
export function settleTargets(
  input: Pick<TargetInput, 'assets' | 'current' | 'now'>,
  { weights: wanted, isProtective = false }: Pick<WantedTargets, 'weights' | 'isProtective'>,
  { limits, maxChangePerDay }: SettlingRules,
): SettledTargets | TargetRefusal {
  const { assets, current, now } = input
  const refusal = checkInput(input) ?? checkWanted(assets, wanted)
  if (refusal) return refusal
  if (maxChangePerDay !== undefined && (maxChangePerDay <= 0n || maxChangePerDay > RATIO_ONE))
    return refuseTargets(
      'bad-limit',
      `Targets should be allowed to move between nothing and the whole in a day, got ${inWords(maxChangePerDay)}.`,
    )
  const bounds = boundsOf(assets, limits)
  if (bounds.status === 'refused') return bounds
  const end = withinBounds(assets, bounds, wanted)
  if (end.status === 'refused') return end
  const from = forcedWeights(assets, current)
  if (maxChangePerDay === undefined || !current || !from) return end

  const begin = withinBounds(assets, bounds, from.map(ratioToNumber), from)
  if (begin.status === 'refused') return begin
  const elapsed = BigInt(Math.floor(Math.min(Number(DAY_MS), Math.max(0, now - current.setAt))))
  const allowed = mulDiv(maxChangePerDay, elapsed, DAY_MS, 'down')
  const changes = end.weights.map((weight, index) => weight - begin.weights[index]!)
  const farthest = changes.reduce(
    (most, change, index) => (absolute(change) > absolute(changes[most]!) ? index : most),
    0,
  )
  const longest = absolute(changes[farthest]!)
  const reasons = [
    ...end.reasons,
    ...(begin.weights === from ? [] : ['Targets in force are outside the limits and come within them at once.']),
  ]
  if (longest <= allowed) return settled(end.weights, reasons)
  if (isProtective)
    return settled(end.weights, [...reasons, 'Less is to be at risk: targets move at once, without smoothing.'])
  const weights = apportion(
    assets.map(({ key }) => key),
    begin.weights.map((weight, index) => ratioToNumber(weight + mulDiv(changes[index]!, allowed, longest, 'zero'))),
    begin.weights.map((weight, index) => larger(bounds.lower[index]!, weight - allowed)),
    begin.weights.map((weight, index) => smaller(bounds.upper[index]!, weight + allowed)),
  )
  const words = `${assets[farthest]!.key}, which is to move by ${inWords(changes[farthest]!)} of NAV, moves by ${inWords(allowed)}`
  return settled(weights, [
    ...reasons,
    `Targets go ${percent(Number(allowed) / Number(longest))} of their way: ${words}, as ${inWords(maxChangePerDay)} a day allows since they were last set.`,
  ])
}

function checkWanted(assets: readonly TargetAsset[], wanted: readonly number[]): TargetRefusal | undefined {
  const isFine =
    wanted.length === assets.length && wanted.every((one) => one >= 0) && Math.abs(sumOf(wanted) - 1) <= 1e-9
  if (isFine) return undefined
  return refuseTargets(
    'bad-number',
    `Weights of ${assets.length} assets should not be negative and sum to one, got ${wanted.join(', ') || 'none'}.`,
  )
}

function settled(weights: readonly Ratio[], reasons: readonly string[]): SettledTargets {
  return { status: 'settled', weights, reasons }
}

/**
 * Shares as ratios within the bounds, with a sentence when they had to be moved. `exact` are the same shares as ratios,
 * taken as they are where they need not be moved.
 */
function withinBounds(
  assets: readonly TargetAsset[],
  bounds: Bounds,
  shares: readonly number[],
  exact?: readonly Ratio[],
): SettledTargets | TargetRefusal {
  const keys = assets.map(({ key }) => key)
  const free = assets.map(() => 0n)
  const whole = assets.map(() => RATIO_ONE)
  const asTheyAre = exact ?? apportion(keys, shares, free, whole)
  if (isWithin(bounds, asTheyAre)) return settled(asTheyAre, [])
  const fitted = fitWeights(assets, bounds, shares)
  if (fitted.status === 'refused') return fitted
  const weights = apportion(keys, fitted.weights, bounds.lower, bounds.upper)
  const changed = keys.flatMap((key, index) => {
    const [before, after] = [shares[index]!, ratioToNumber(weights[index]!)]
    return Math.abs(after - before) < 5e-5 ? [] : [`${key} from ${percent(before)} to ${percent(after)}`]
  })
  if (changed.length === 0) return settled(weights, [])
  return settled(weights, [`Limits (${fitted.held.join(', ')}) move ${changed.join(', ')}.`])
}

/** Targets in force of these assets, summing to `RATIO_ONE`; undefined where none of these assets has any. */
export function forcedWeights(
  assets: readonly Pick<TargetAsset, 'key'>[],
  current: Pick<CurrentTargets, 'weights'> | undefined,
): readonly Ratio[] | undefined {
  if (!current) return undefined
  const weights = assets.map(({ key }) => current.weights[key] ?? 0n)
  const sum = weights.reduce((total, weight) => total + weight, 0n)
  if (sum === RATIO_ONE) return weights
  if (sum === 0n) return undefined
  return apportion(
    assets.map(({ key }) => key),
    weights.map((weight) => Number(weight) / Number(sum)),
    weights.map(() => 0n),
    weights.map(() => RATIO_ONE),
  )
}

function inWords(share: Ratio): string {
  return percent(ratioToNumber(share))
}
