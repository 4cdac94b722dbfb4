import { absolute } from '../units/ratio.js'
import { banded } from './assessment.js'
import { type CalendarParameters, calendarOf, USUAL_GRACE_MS, waitForDue } from './due-times.js'
import { type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'

/**
 * Trades when it is due, however small the distances: every asset farther than the inner distance of its configured band
 * is brought back to it. Its band says what is tolerated, and is no reason by itself.
 */
export const calendarPolicy = definePolicy<SharedParameters & CalendarParameters>(
  { ...USUAL_PARAMETERS, reset: 'target', graceMs: USUAL_GRACE_MS },
  (parameters, services) => {
    const nextDue = calendarOf('calendar', services.nextDue, parameters)
    return (view) => ({
      findings: view.assets.map((asset) => {
        const finding = banded(asset, parameters, { band: asset.configuredBand })
        return { ...finding, isOutside: absolute(asset.drift) > finding.inner }
      }),
      waits: waitForDue(nextDue, parameters, view),
      notes: [],
    })
  },
)
