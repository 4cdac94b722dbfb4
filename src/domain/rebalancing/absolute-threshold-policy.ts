import { BAND_TERM, bandDial, byGivenBand, type GivenBandParameters } from './given-band.js'
import { USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'

/** Trades when an asset is farther from its target than its band, a share of NAV. */
export const absoluteThresholdPolicy = definePolicy<GivenBandParameters>(
  {
    about: 'Trades when an asset is farther from its target than its band, a share of NAV.',
    defaults: { ...USUAL_PARAMETERS, band: undefined },
    terms: { band: BAND_TERM },
    dial: bandDial,
  },
  byGivenBand,
)
