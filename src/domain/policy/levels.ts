import type { AssetKey } from '../assets.js'
import type { Drift } from '../portfolio/drift.js'
import { larger, mulDiv, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import type { Policy } from './policy.js'

/** The weights between which an asset should end, as shares of NAV: `L ≤ target ≤ U` of the planning theory. */
export interface ResetLevel {
  readonly asset: AssetKey
  readonly lower: Ratio
  readonly upper: Ratio
}

/**
 * How far back each asset is brought. One outside its band returns to `policy.reset` of the band around its target, to
 * the edge at one; one inside may be used as counterpart within its band, and no further. At zero every asset returns to
 * its target, those inside included: the counterparts then close their own distance instead of opening one. When nothing
 * is outside (the cycle was asked for, or goes on where another stopped), every asset returns like one that is. Rounds
 * toward the target.
 */
export function resetLevels(drift: Drift, policy: Policy): ResetLevel[] {
  const isAllInBand = drift.assets.every((asset) => asset.isInBand)
  return drift.assets.map(({ asset, target, band, isInBand }) => {
    const width = isInBand && !isAllInBand && policy.reset > 0n ? band : mulDiv(band, policy.reset, RATIO_ONE, 'down')
    return { asset, lower: larger(0n, target - width), upper: smaller(RATIO_ONE, target + width) }
  })
}
