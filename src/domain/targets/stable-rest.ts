import type { AssetKey } from '../assets.js'
import type { ParameterTerm } from './parameters.js'
import type { TargetAsset } from './target-input.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'
import { percent, weightsInWords } from './wording.js'

/** Parameters of setters that steer how much is at risk and keep the rest in a stable asset. */
export const STABLE_REST_TERMS = {
  stable: { kind: 'asset', about: 'Takes what is not at risk; needed where several assets are stable.' },
  mix: {
    kind: 'shares',
    isRequired: false,
    about: 'What the part at risk consists of; without it the same of each asset that is not stable.',
  },
} as const satisfies Record<string, ParameterTerm>

/** A part at risk and where the rest is kept. */
export interface StableRest {
  readonly status: 'known'
  /** Place of the stable asset. */
  readonly stable: number
  /** Shares of the part at risk; the stable asset has none. All zero where there is nothing but stable assets. */
  readonly mix: readonly number[]
}

export function stableRestOf(
  assets: readonly TargetAsset[],
  { stable, mix }: { readonly stable: AssetKey | undefined; readonly mix: readonly number[] | undefined },
): StableRest | TargetRefusal {
  const candidates = [...assets.keys()].filter(
    (index) => assets[index]!.class === 'stable' && (stable === undefined || assets[index]!.key === stable),
  )
  const place = candidates[0]
  if (place === undefined || candidates.length > 1) {
    const came =
      stable !== undefined
        ? `${stable}, which is not`
        : place === undefined
          ? 'none'
          : candidates.map((index) => assets[index]!.key).join(' and ')
    return refuseTargets(
      'no-stable-asset',
      `What is not at risk should be kept in one stable asset, got ${came}. Name it as parameter stable.`,
    )
  }
  if (mix && mix[place]! > 0)
    return refuseTargets(
      'bad-parameter',
      `${assets[place]!.key} takes what is not at risk, got ${percent(mix[place]!)} of it in the mix at risk. Leave it out of the mix.`,
    )
  const others = assets.map((asset) => (asset.class === 'stable' ? 0 : 1))
  const count = others.filter((one) => one > 0).length
  return { status: 'known', stable: place, mix: mix ?? others.map((one) => (count === 0 ? 0 : one / count)) }
}

/** Weights with `exposure` of NAV, 0 to 1, in the mix and the rest in the stable asset. */
export function weightsAt({ stable, mix }: StableRest, exposure: number): number[] {
  const isEmpty = mix.every((share) => share === 0)
  return mix.map((share, index) => (index === stable ? 1 - (isEmpty ? 0 : exposure) : share * exposure))
}

export function restInWords(assets: readonly TargetAsset[], { stable, mix }: StableRest): string {
  const named = [...mix.keys()].filter((index) => mix[index]! > 0)
  const parts = weightsInWords(
    named.map((index) => assets[index]!),
    named.map((index) => mix[index]!),
  )
  return named.length === 0
    ? `There is nothing but ${assets[stable]!.key} to hold.`
    : `At risk are ${parts}; the rest is in ${assets[stable]!.key}.`
}
