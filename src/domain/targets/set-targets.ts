import type { Ratio } from '../units/ratio.js'
import { canonicalText } from '../canonical-text.js'
import { checkInput } from './check-input.js'
import { TARGET_SETTERS } from './registry.js'
import { type SettlingRules, settleTargets } from './settle-targets.js'
import type { TargetInput } from './target-input.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'

/** Which setter sets targets, and what it may not do. */
export interface TargetPolicy extends SettlingRules {
  /** Name of one of `TARGET_SETTERS`. */
  readonly setter: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Targets to bring into force. */
export interface TargetsSet {
  readonly status: 'set'
  /** In the order of the assets; they sum to exactly `RATIO_ONE`. */
  readonly weights: readonly Ratio[]
  /** What the setter wanted before limits and smoothing, in the same order. */
  readonly wanted: readonly number[]
  readonly reasons: readonly string[]
  /** To be handed in with the targets in force next time. */
  readonly exposure: number | undefined
}

/**
 * Everything targets are made of as one canonical text, for the hash that is stored with them: the same text gives the
 * same targets, or the same refusal.
 */
export function inputsText(policy: TargetPolicy, input: TargetInput): string {
  const { setter, parameters, limits, maxChangePerDay } = policy
  return canonicalText({ setter, parameters, limits, maxChangePerDay, input })
}

/**
 * Targets by a policy: what its setter wants, within the limits, smoothed. A pure function; the order of the assets
 * decides about nothing but the order of the weights, because setters see them in the order of their keys.
 */
export function setTargets(policy: TargetPolicy, input: TargetInput): TargetsSet | TargetRefusal {
  const refusal = checkInput(input)
  if (refusal) return refusal
  const setter = TARGET_SETTERS.find(({ name }) => name === policy.setter)
  if (!setter) {
    const names = TARGET_SETTERS.map(({ name }) => name).join(', ')
    const detail = `Target setter should be one of ${names}, got ${policy.setter}.`
    return refuseTargets('unknown-setter', detail)
  }
  const order = [...input.assets.keys()].toSorted((a, b) => (input.assets[a]!.key < input.assets[b]!.key ? -1 : 1))
  const ordered = reordered(input, order)
  const wanted = setter.want(ordered, policy.parameters)
  if (wanted.status === 'refused') return wanted
  const settled = settleTargets(ordered, wanted, policy)
  if (settled.status === 'refused') return settled
  return {
    status: 'set',
    weights: order.map((_, index) => settled.weights[order.indexOf(index)]!),
    wanted: order.map((_, index) => wanted.weights[order.indexOf(index)]!),
    reasons: [...wanted.reasons, ...settled.reasons],
    exposure: wanted.exposure,
  }
}

/** The same input with assets, and what is in their order, in another one. */
function reordered(input: TargetInput, order: readonly number[]): TargetInput {
  const { covariance } = input
  const isSquare = covariance?.length === order.length && covariance.every((row) => row.length === order.length)
  return {
    ...input,
    assets: order.map((index) => input.assets[index]!),
    // Any other shape is left for whoever needs a covariance to refuse.
    covariance: isSquare ? order.map((i) => order.map((j) => covariance[i]![j]!)) : covariance,
  }
}
