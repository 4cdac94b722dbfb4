import type { ResetLevel } from '../policy/levels.js'
import { absolute, larger, mulDiv, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import type { Finding } from './assessment.js'
import type { SharedParameters } from './parameters.js'
import type { PortfolioView } from './portfolio-view.js'

/**
 * The weights between which every asset should end, in the order of the assets:
 *
 * - One outside returns to its inner distance.
 * - One inside may be a counterpart within its own band, where it is included; in a reset to the targets it closes its
 *   own distance instead.
 * - One whose legs settle is not brought back: it may stay where it is, move toward its target, and within its band.
 * - When none is outside (the trade was asked for), every one returns like one that is.
 *
 * Each level holds the target. All distances round toward it.
 */
export function levelsOf(
  { assets }: PortfolioView,
  findings: readonly Finding[],
  shared: SharedParameters,
): ResetLevel[] {
  const isToTargets = shared.reset === 'target'
  const isOutside = assets.map(({ isSettling }, index) => findings[index]!.isOutside && !isSettling)
  const isNoneOutside = !isOutside.includes(true)
  return assets.map(({ asset, weight, target, drift, isSettling }, index): ResetLevel => {
    const { band } = findings[index]!
    if (!isSettling && (isToTargets || isOutside[index] || isNoneOutside)) {
      const inner = innerOf(findings[index]!, shared)
      return { asset, lower: larger(0n, target - inner), upper: smaller(RATIO_ONE, target + inner) }
    }
    const width = isToTargets ? 0n : larger(inside(band, shared), isSettling ? 0n : absolute(drift))
    return {
      asset,
      lower: larger(0n, smaller(weight, target - width)),
      upper: smaller(RATIO_ONE, larger(weight, target + width)),
    }
  })
}

/** Where an asset outside is brought: its inner distance, and never nearer to the edge than the hysteresis. */
export function innerOf({ band, inner }: Finding, shared: SharedParameters): Ratio {
  return smaller(inner, inside(band, shared))
}

function inside(band: Ratio, { hysteresis }: SharedParameters): Ratio {
  return hysteresis === 0n ? band : mulDiv(band, RATIO_ONE - hysteresis, RATIO_ONE, 'down')
}
