import type { ParametersOf, ParameterTerm } from './parameters.js'
import { restInWords, STABLE_REST_TERMS, stableRestOf, weightsAt } from './stable-rest.js'
import type { NavFigures, TargetInput } from './target-input.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'
import type { TargetResult } from './target-setter.js'
import { percent } from './wording.js'

/** Parameters of setters that keep NAV above a floor. */
export const FLOOR_TERMS = {
  floor: { kind: 'number', minimum: 0, maximum: 1, about: 'Share of the value that is not to be lost.' },
  multiplier: {
    kind: 'number',
    minimum: 1,
    maximum: 10,
    fallback: 3,
    about: 'Exposure for each dollar above the floor; a fall of its inverse between two settings breaks the floor.',
  },
  maxExposure: { kind: 'number', minimum: 0, maximum: 1, fallback: 1, about: 'Most of NAV that is ever at risk.' },
  ...STABLE_REST_TERMS,
} as const satisfies Record<string, ParameterTerm>

/** NAV figures from which a floor can be told; a highest value below the present one is raised to it. */
export function navOf({ nav }: TargetInput): { readonly status: 'known'; readonly nav: NavFigures } | TargetRefusal {
  if (!nav)
    return refuseTargets(
      'nav-unknown',
      'A floor needs the value of NAV now, its highest and that at the start, got none of them. Keep a history of NAV.',
    )
  const { value, highWater, startValue, startedAt } = nav
  const isFine = [value, highWater, startValue].every((one) => one >= 1e-9 && one <= 1e18) && Number.isFinite(startedAt)
  if (!isFine)
    return refuseTargets(
      'bad-number',
      `NAV should be positive now, at its highest and at the start, got ${value}, ${highWater} and ${startValue} (at ${startedAt}). Hand in values of one unit of the fund.`,
    )
  return { status: 'known', nav: { ...nav, highWater: Math.max(value, highWater) } }
}

/**
 * Exposure E = min(cap·V, m·max(V − F, 0)) as a share of V (Black and Jones 1987), the rest in the stable asset. Falls of
 * exposure are protective: smoothing them would leave more at risk than the floor allows.
 */
export function aboveFloor(
  { assets, current }: TargetInput,
  value: number,
  floor: { readonly value: number; readonly reason: string },
  { multiplier, maxExposure, stable, mix }: Omit<ParametersOf<typeof FLOOR_TERMS>, 'floor'>,
): TargetResult {
  const split = stableRestOf(assets, { stable, mix })
  if (split.status === 'refused') return split
  const cushion = Math.max(0, 1 - floor.value / value)
  const exposure = Math.min(maxExposure, multiplier * cushion)
  const weights = weightsAt(split, exposure)
  const before = current && 1 - Number(current.weights[assets[split.stable]!.key] ?? 0n) / 1e18
  return {
    status: 'set',
    weights,
    reasons: [
      floor.reason,
      cushion > 0
        ? `NAV is ${percent(cushion)} of itself above it; ${multiplier} times that, at most ${percent(maxExposure)}, is at risk: ${percent(exposure)}.`
        : 'NAV is not above it: nothing is at risk until it is again.',
      ...(exposure > 0 ? [gapRisk(cushion / exposure)] : []),
      restInWords(assets, split),
    ],
    exposure,
    isProtective: before !== undefined && 1 - weights[split.stable]! < before,
  }
}

/** What a floor does not protect from. */
function gapRisk(fall: number): string {
  return fall >= 1
    ? 'No fall of the part at risk can break the floor; a stable asset that loses its peg can.'
    : `A fall of the part at risk by more than ${percent(fall)} before targets are set and reached again breaks the floor; days of -39 % to -50 % have happened. A stable asset that loses its peg breaks it as well.`
}
