import type { Policy } from '../policy/policy.js'
import { DAY_MS } from '../portfolio/price-table.js'
import { forcedWeights } from './settle-targets.js'
import type { CurrentTargets } from './target-input.js'
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
  const forced = forcedOf(policy, latest)
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
  const weights = Object.fromEntries(policy.targets.map(({ asset }, place) => [asset, forced[place]!]))
  return { setter, weights, setAt, exposure, reasons, inputsHash, refusal }
}

/**
 * The targets in force as the configured setter is told of them at `now`: those that were set last, with their exposure
 * where it was this setter that chose it. Where the configured weights are in force, these, as if set a day before: the
 * first set may go a full day's change from them, and no farther.
 */
export function currentTargetsOf(
  { policy, targetSetting }: { readonly policy: Policy; readonly targetSetting: { readonly setter: string } },
  latest: Pick<ForcedTargets, 'setter' | 'weights' | 'setAt' | 'exposure'> | undefined,
  now: number,
): CurrentTargets {
  if (!latest || !forcedOf(policy, latest))
    return { weights: weightsOf(policy), setAt: now - DAY_MS, exposure: undefined }
  const { setter, weights, setAt, exposure } = latest
  // An exposure means something to the setter that chose it.
  return { weights, setAt, exposure: setter === targetSetting.setter ? exposure : undefined }
}

/** What these targets give to the assets of the policy, in their order; undefined where none of them is left. */
function forcedOf({ targets }: Policy, latest: Pick<ForcedTargets, 'weights'> | undefined) {
  return forcedWeights(
    targets.map(({ asset }) => ({ key: asset })),
    latest,
  )
}
