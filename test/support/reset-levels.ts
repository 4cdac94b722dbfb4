import type { ResetLevel } from '../../src/domain/policy/levels.js'
import type { Drift } from '../../src/domain/portfolio/drift.js'
import { larger, mulDiv, type Ratio, RATIO_ONE, smaller } from '../../src/domain/units/ratio.js'

/**
 * Levels as bands alone give them: one outside returns to `reset` of its band, one inside may use its band; at a reset of
 * zero, and when none is outside, every asset returns like one that is.
 */
export function resetLevels(drift: Drift, reset: Ratio): ResetLevel[] {
  const isAllInBand = drift.assets.every((asset) => asset.isInBand)
  return drift.assets.map(({ asset, target, band, isInBand }) => {
    const width = isInBand && !isAllInBand && reset > 0n ? band : mulDiv(band, reset, RATIO_ONE, 'down')
    return { asset, lower: larger(0n, target - width), upper: smaller(RATIO_ONE, target + width) }
  })
}
