import { absolute } from '../units/ratio.js'
import { banded } from './assessment.js'
import { byDueTimes, type CalendarParameters, calendarOf, GRACE_TERM, USUAL_GRACE_SECONDS } from './due-times.js'
import { type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'

/**
 * Trades when it is due, however small the distances: every asset farther than the inner distance of its configured band
 * is brought back to it. Its band says what is tolerated, and is no reason by itself.
 */
export const calendarPolicy = definePolicy<SharedParameters & CalendarParameters>(
  {
    about: 'Trades at the times of a calendar, however small the distances.',
    defaults: { ...USUAL_PARAMETERS, reset: 'target', graceSeconds: USUAL_GRACE_SECONDS },
    terms: { graceSeconds: GRACE_TERM },
    dial: {
      name: 'every',
      unit: 'days',
      tight: 1,
      loose: 365,
      at: (value) => ({ parameters: {}, everyDays: Math.round(value) }),
    },
  },
  (parameters, services) => {
    const nextDue = calendarOf('calendar', services.nextDue, parameters)
    return (view) => ({
      findings: view.assets.map((asset) => {
        const finding = banded(asset, parameters, { band: asset.configuredBand })
        return { ...finding, isOutside: absolute(asset.drift) > finding.inner }
      }),
      ...byDueTimes(nextDue, parameters, view),
    })
  },
)
