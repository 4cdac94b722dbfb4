import { between, placeAt } from './frontier.js'
import type { Comparison, ComparisonRow, PolicyResult } from './result.js'
import { points } from './points.js'

/** Tracking error per √year at which policies are compared unless another one is asked for. */
export const USUAL_TRACKING_ERROR = 0.02

/**
 * What each policy costs at the same tracking error, read off its frontier by a straight line between the two settings
 * around it; the dial between them in proportion, as it is swept.
 */
export function comparePolicies(
  results: readonly Pick<PolicyResult, 'policy' | 'label' | 'frontier'>[],
  trackingError: number,
): Comparison {
  const rows = results.map(({ policy, label, frontier }): ComparisonRow => {
    const place = placeAt(frontier, trackingError)
    return {
      policy,
      label,
      costPerYear: place && between(place, (point) => point.costPerYear),
      parameter: place && Math.exp(between(place, (point) => Math.log(point.parameter))),
      finalValue: place && between(place, (point) => point.finalValue),
    }
  })
  return { trackingError, rows, note: noteOn(rows, trackingError) }
}

function noteOn(rows: readonly ComparisonRow[], trackingError: number): string {
  const error = `a tracking error of ${points(trackingError)} bps a year`
  const known = rows.flatMap(({ label, costPerYear }) => (costPerYear === undefined ? [] : [{ label, costPerYear }]))
  const others = rows.length - known.length
  const unreached = others === 0 ? '' : ` ${others} of ${rows.length} policies reach it with no setting that was tried.`
  if (known.length === 0)
    return `No policy reaches ${error} with a setting that was tried: nothing can be compared there.`
  const sorted = known.toSorted((a, b) => a.costPerYear - b.costPerYear)
  const [best, dearest] = [sorted[0]!, sorted.at(-1)!]
  const range = sorted.length === 1 ? '' : `, ${dearest.label} most with ${points(dearest.costPerYear)} bps`
  return `At ${error} ${best.label} costs least, ${points(best.costPerYear)} bps of NAV a year${range}.${unreached}`
}
