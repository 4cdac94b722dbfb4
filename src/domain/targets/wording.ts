import type { TargetAsset } from './target-input.js'

/** A share in words, to a tenth of a percent, finer below one percent. */
export function percent(share: number): string {
  const parts = share * 100
  return `${Math.abs(parts) < 1 && parts !== 0 ? parts.toPrecision(2) : parts.toFixed(1)} %`
}

/** Weights in words, in the order of the assets. */
export function weightsInWords(assets: readonly TargetAsset[], weights: readonly number[]): string {
  return assets.map(({ key }, index) => `${key} ${percent(weights[index]!)}`).join(', ')
}
