import { byConfiguredBands } from './assessment.js'
import { type CalendarParameters, calendarOf, USUAL_GRACE_MS, waitForDue } from './due-times.js'
import { type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'

/** Looks when it is due, and trades then if an asset is outside its configured band: calendar and threshold. */
export const hybridPolicy = definePolicy<SharedParameters & CalendarParameters>(
  { ...USUAL_PARAMETERS, graceMs: USUAL_GRACE_MS },
  (parameters, services) => {
    const nextDue = calendarOf('hybrid', services.nextDue, parameters)
    return (view) => ({
      ...byConfiguredBands(view, parameters),
      waits: waitForDue(nextDue, parameters, view),
    })
  },
)
