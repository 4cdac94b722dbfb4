import { banded, byConfiguredBands } from './assessment.js'
import { type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'
import {
  aversionDial,
  checkSizing,
  keptBands,
  SIZING_TERMS,
  type SizingParameters,
  sizedBand,
  unknownVolatility,
  USUAL_SIZING,
} from './sized-bands.js'

/**
 * Trades when an asset leaves the band of least mean cost, and back to the inner distance that belongs to it (planning
 * theory, 5.4): wide where trading is dear, and inside the edge where a leg costs something whatever its size.
 */
export const impulseBandPolicy = definePolicy<SharedParameters & SizingParameters>(
  {
    about: 'Trades when an asset leaves the band of least mean cost, and back inside as far as costs make worth it.',
    defaults: { ...USUAL_PARAMETERS, ...USUAL_SIZING, reset: 'inner' },
    terms: SIZING_TERMS,
    dial: aversionDial,
  },
  (parameters) => {
    checkSizing(parameters)
    const bandOf = keptBands()
    return (view) => {
      const unknown = unknownVolatility(view)
      if (unknown !== undefined) return byConfiguredBands(view, parameters, [unknown])
      const bands = view.assets.map((asset) => sizedBand(asset, view.fixedCost, parameters, bandOf))
      return {
        findings: view.assets.map((asset, index) => banded(asset, parameters, bands[index]!)),
        waits: undefined,
        notes: () => bands.flatMap(({ note }) => note ?? []),
      }
    }
  },
)
