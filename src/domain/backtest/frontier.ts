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
export function frontierOf<P extends FrontierPoint>(points: readonly P[]): P[] {
  const sorted = points.toSorted((a, b) => a.trackingError - b.trackingError || a.costPerYear - b.costPerYear)
  const best: P[] = []
  for (const point of sorted) if (best.length === 0 || point.costPerYear < best.at(-1)!.costPerYear) best.push(point)
  return best
}

/** A place on a frontier: `share` of the way from one of its points to the next. */
export interface FrontierPlace<P extends FrontierPoint> {
  readonly before: P
  readonly after: P
  readonly share: number
}

/** Where a frontier has this tracking error; undefined beyond its ends. */
export function placeAt<P extends FrontierPoint>(
  frontier: readonly P[],
  trackingError: number,
): FrontierPlace<P> | undefined {
  const next = frontier.findIndex((point) => point.trackingError >= trackingError)
  if (next < 0) return undefined
  const after = frontier[next]!
  if (after.trackingError === trackingError) return { before: after, after, share: 0 }
  const before = frontier[next - 1]
  if (!before) return undefined
  return { before, after, share: (trackingError - before.trackingError) / (after.trackingError - before.trackingError) }
}

/** A figure at a place of a frontier, by the straight line. */
export function between<P extends FrontierPoint>(
  { before, after, share }: FrontierPlace<P>,
  figure: (point: P) => number,
): number {
  return figure(before) + share * (figure(after) - figure(before))
}
