import type { Ratio } from '../units/ratio.js'
import { banded } from './assessment.js'
import { expectShare, type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'

export interface AbsoluteThresholdParameters extends SharedParameters {
  /** Half-width of every band as a share of NAV; undefined goes by the configured ones. */
  readonly band: Ratio | undefined
}

/** Trades when an asset is farther from its target than its band, a share of NAV. */
export const absoluteThresholdPolicy = definePolicy<AbsoluteThresholdParameters>(
  { ...USUAL_PARAMETERS, band: undefined },
  (parameters) => {
    const { band } = parameters
    expectShare('band', band ?? 0n)
    return ({ assets }) => ({
      findings: assets.map((asset) =>
        banded(asset, parameters, { band: asset.ownBand ?? band ?? asset.configuredBand }),
      ),
      waits: undefined,
      notes: [],
    })
  },
)
