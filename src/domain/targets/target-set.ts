import type { AssetKey } from '../assets.js'
import type { Policy } from '../policy/policy.js'
import type { Ratio } from '../units/ratio.js'
import type { DatedWeights } from './target-document.js'
import type { TargetRefusalCode } from './target-refusal.js'

export type Weights = Readonly<Record<AssetKey, Ratio>>

/** One attempt to set the targets of a portfolio, as it is written down. */
export type TargetSet = {
  readonly portfolio: string
  /** Milliseconds since 1970. */
  readonly setAt: number
  readonly setter: string
  /** Canonical text of what is configured: another one is another setting. */
  readonly setting: string
  /** Canonical text of everything the targets, or the refusal, were made of. */
  readonly inputs: string
  readonly reasons: readonly string[]
} & (
  | {
      readonly status: 'set'
      /** Sum to `RATIO_ONE`. */
      readonly weights: Weights
      /** Share of NAV at risk, of setters that steer it. */
      readonly exposure: number | undefined
      /** Of the setter `source`: what it was given. */
      readonly document: DatedWeights | undefined
    }
  | { readonly status: 'refused'; readonly code: TargetRefusalCode }
)

/** Targets that came into force. */
export type ForcedTargets = Extract<TargetSet, { status: 'set' }>

/** The policy with these weights. Bands are kept as they are configured, so that relative ones follow the weights. */
export function reweighted(policy: Policy, weights: Weights): Policy {
  return { ...policy, targets: policy.targets.map((target) => ({ ...target, weight: weights[target.asset] ?? 0n })) }
}

/** The weights of a policy, by asset. */
export function weightsOf({ targets }: Policy): Weights {
  return Object.fromEntries(targets.map(({ asset, weight }) => [asset, weight]))
}

export function isSameWeights(a: Weights, b: Weights): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => (a[key] ?? 0n) === (b[key] ?? 0n))
}
