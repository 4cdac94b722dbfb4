/** What one setting of a policy's parameter led to. */
export interface FrontierPoint {
  readonly parameter: number
  readonly trackingError: number
  readonly costPerYear: number
}

/**
 * The points that nothing beats: no other is cheaper at no more tracking error. Sorted by tracking error, with falling
 * cost. Policies are compared along it, as each alone can be made cheap by being made loose.
 */
export function frontierOf(points: readonly FrontierPoint[]): FrontierPoint[] {
  const sorted = points.toSorted((a, b) => a.trackingError - b.trackingError || a.costPerYear - b.costPerYear)
  const best: FrontierPoint[] = []
  for (const point of sorted) if (best.length === 0 || point.costPerYear < best.at(-1)!.costPerYear) best.push(point)
  return best
}

/** Cost per year on the frontier at this tracking error, by the straight line between its neighbours; undefined beyond its ends. */
export function costAt(frontier: readonly FrontierPoint[], trackingError: number): number | undefined {
  const next = frontier.findIndex((point) => point.trackingError >= trackingError)
  if (next < 0) return undefined
  const after = frontier[next]!
  if (after.trackingError === trackingError) return after.costPerYear
  const before = frontier[next - 1]
  if (!before) return undefined
  const share = (trackingError - before.trackingError) / (after.trackingError - before.trackingError)
  return before.costPerYear + share * (after.costPerYear - before.costPerYear)
}
