import type { AssetKey } from '../assets.js'
import { bandOf, type Policy } from '../policy/policy.js'
import { absolute, mulDiv, type Ratio, RATIO_ONE } from '../units/ratio.js'
import { shareOf, type Usd } from '../units/usd.js'
import type { Valuation } from './valuation.js'

export interface AssetDrift {
  readonly asset: AssetKey
  readonly value: Usd
  readonly weight: Ratio
  readonly target: Ratio
  /** Weight minus target; positive when overweight. Rounded toward zero, so never reported larger than it is. */
  readonly drift: Ratio
  readonly band: Ratio
  readonly isInBand: boolean
}

export interface Drift {
  /** NAV of the measured scope. */
  readonly nav: Usd
  readonly assets: readonly AssetDrift[]
  /** Half the sum of the absolute drifts: the share of NAV that must trade to reach every target. */
  readonly portfolio: Ratio
  /** Assets left out because their value is unknown; the rest is measured against targets scaled up to sum to
   * one, with bands scaled alike. */
  readonly excluded: readonly { readonly asset: AssetKey; readonly reason: string }[]
}

/** Targets of what is known that come to less of the whole say nothing about how the rest should be spread over it. */
const LEAST_SCOPE: Ratio = RATIO_ONE / 100n

/**
 * Distance of every known asset from its target over the whole portfolio, in-transit amounts included. Where the targets of
 * what is known come to less than a hundredth of the whole, every target is nothing.
 */
export function measureDrift(valuation: Valuation, policy: Policy): Drift {
  const known = valuation.assets.filter((one) => one.status === 'known')
  const excluded = valuation.assets.flatMap((one) =>
    one.status === 'unknown' ? [{ asset: one.asset, reason: one.reason }] : [],
  )
  const scope = known.map((one) => ({ value: one, target: policy.targets.find(({ asset }) => asset === one.asset) }))
  const scopeWeight = scope.reduce((sum, { target }) => sum + (target?.weight ?? 0n), 0n)
  const assets = scope.map(({ value: { asset, value }, target }): AssetDrift => {
    const weight = valuation.nav === 0n ? 0n : shareOf(value, valuation.nav, 'down')
    const wanted = target && scopeWeight >= LEAST_SCOPE ? mulDiv(target.weight, RATIO_ONE, scopeWeight, 'down') : 0n
    const drift =
      valuation.nav === 0n ? 0n : mulDiv(value * RATIO_ONE - wanted * valuation.nav, 1n, valuation.nav, 'zero')
    const band = target && scopeWeight >= LEAST_SCOPE ? mulDiv(bandOf(target), RATIO_ONE, scopeWeight, 'down') : 0n
    return { asset, value, weight, target: wanted, drift, band, isInBand: absolute(drift) <= band }
  })
  const portfolio = assets.reduce((sum, { drift }) => sum + absolute(drift), 0n) / 2n
  return { nav: valuation.nav, assets, portfolio, excluded }
}

/** The same distances with the bands that a policy goes by, where it names one. */
export function withBands(drift: Drift, bands: readonly { readonly asset: AssetKey; readonly band: Ratio }[]): Drift {
  return {
    ...drift,
    assets: drift.assets.map((one) => {
      const band = bands.find(({ asset }) => asset === one.asset)?.band ?? one.band
      return { ...one, band, isInBand: absolute(one.drift) <= band }
    }),
  }
}
