import type { Policy } from '../policy/policy.js'
import { forcedWeights } from './settle-targets.js'
import type { TargetRefusal } from './target-refusal.js'
import { type ForcedTargets, type Weights, weightsOf } from './target-set.js'

/** The targets by which a portfolio is traded now. */
export interface TargetsInForce {
  /** Who set them; undefined for the configured weights, before any were set. */
  readonly setter: string | undefined
  /** Of the assets with a target; they sum to `RATIO_ONE`. */
  readonly weights: Weights
  /** Milliseconds since 1970. */
  readonly setAt: number | undefined
  /** Share of NAV at risk, of setters that steer it. */
  readonly exposure: number | undefined
  readonly reasons: readonly string[]
  /** SHA-256 of what they were made of; undefined for what is not written down. */
  readonly inputsHash: string | undefined
  /** Why there are no newer ones, where newer ones were to be set. */
  readonly refusal: TargetRefusal | undefined
}

/**
 * The targets in force by those that were set last. What they gave to an asset that has no target any more goes to the
 * others in proportion. The configured weights, which sum to one, where none were set or all of their assets are gone.
 */
export function targetsInForce(
  policy: Policy,
  latest: (ForcedTargets & { readonly inputsHash?: string }) | undefined,
  refusal: TargetRefusal | undefined,
): TargetsInForce {
  const keys = policy.targets.map(({ asset }) => ({ key: asset }))
  const forced = forcedWeights(keys, latest)
  if (!latest || !forced)
    return {
      setter: undefined,
      weights: weightsOf(policy),
      setAt: undefined,
      exposure: undefined,
      reasons: ['Weights are those of the configuration: no others were set for these assets yet.'],
      inputsHash: undefined,
      refusal,
    }
  const { setter, setAt, exposure, reasons, inputsHash } = latest
  const weights = Object.fromEntries(keys.map(({ key }, place) => [key, forced[place]!]))
  return { setter, weights, setAt, exposure, reasons, inputsHash, refusal }
}
