import { mulDiv, type Ratio, RATIO_ONE } from '../units/ratio.js'
import { banded } from './assessment.js'
import { expectParameter, type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'
import { ratioBelow } from './shares.js'

export interface RelativeThresholdParameters extends SharedParameters {
  /** θ: half-width of the band as a share of the target. */
  readonly threshold: Ratio
}

/**
 * Trades when `|d| > θ·w` (planning theory, 5.7). An asset with a target of zero has no such band and keeps its configured
 * one, or the least dust would be a reason. Bands round down.
 */
export const relativeThresholdPolicy = definePolicy<RelativeThresholdParameters>(
  {
    about: 'Trades when an asset is farther from its target than a share of that target.',
    defaults: { ...USUAL_PARAMETERS, threshold: RATIO_ONE / 5n },
    terms: { threshold: { kind: 'share', about: 'Half-width of the band as a share of the target.' } },
    dial: {
      name: 'threshold',
      unit: 'share of the target',
      tight: 0.01,
      loose: 1,
      at: (value) => ({ parameters: { threshold: ratioBelow(value) } }),
    },
  },
  (parameters) => {
    const { threshold } = parameters
    expectParameter(threshold > 0n && threshold <= RATIO_ONE, 'threshold is above zero and at most one', threshold)
    return ({ assets }) => ({
      findings: assets.map((asset) => {
        const relative = mulDiv(asset.target, threshold, RATIO_ONE, 'down')
        const band = asset.ownBand ?? (asset.target === 0n ? asset.configuredBand : relative)
        return banded(asset, parameters, { band })
      }),
      waits: undefined,
      notes: () =>
        assets
          .filter(({ target, ownBand }) => target === 0n && ownBand === undefined)
          .map(({ asset }) => `${asset} keeps its configured band: its target is zero.`),
    })
  },
)
