import { byDueTimes, type CalendarParameters, calendarOf, GRACE_TERM, USUAL_GRACE_SECONDS } from './due-times.js'
import { BAND_TERM, bandDial, byGivenBand, type GivenBandParameters } from './given-band.js'
import { USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'

/** Looks when it is due, and trades then if an asset is outside its band: calendar and threshold. */
export const hybridPolicy = definePolicy<GivenBandParameters & CalendarParameters>(
  {
    about: 'Looks at the times of a calendar, and trades then if an asset is outside its band.',
    defaults: { ...USUAL_PARAMETERS, band: undefined, graceSeconds: USUAL_GRACE_SECONDS },
    terms: { band: BAND_TERM, graceSeconds: GRACE_TERM },
    dial: bandDial,
  },
  (parameters, services) => {
    const assess = byGivenBand(parameters)
    const nextDue = calendarOf('hybrid', services.nextDue, parameters)
    return (view) => ({ ...assess(view), ...byDueTimes(nextDue, parameters, view) })
  },
)
