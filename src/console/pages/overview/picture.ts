/** One asset in the picture. Shares of NAV. */
export interface PictureRow {
  readonly asset: string
  readonly weight: number
  readonly target: number
  readonly band: number
  readonly isInBand: boolean
  /** Once what is in flight has ended; undefined where that changes nothing. */
  readonly after: number | undefined
}

/** Where things stand across the track, in per cent of its width. The target is in the middle. */
export interface TrackMarks {
  readonly band: { readonly from: number; readonly to: number }
  readonly now: number
  readonly after: number | undefined
}

/** So much room beyond the furthest mark, that its shape is whole. */
const MARGIN = 1.12
/** A picture of a portfolio without bands that lies on target still has a width. */
const LEAST_REACH = 0.001

/** The furthest distance from a target that the picture shows, the same for every asset, so that they compare. */
export function reachOf(rows: readonly PictureRow[]): number {
  const distances = rows.flatMap(({ weight, target, band, after = target }) => [
    Math.abs(weight - target),
    band,
    Math.abs(after - target),
  ])
  return Math.max(LEAST_REACH, ...distances) * MARGIN
}

export function marksOf({ weight, target, band, after }: PictureRow, reach: number): TrackMarks {
  const at = (distance: number) => 50 + (50 * distance) / reach
  return {
    band: { from: at(-band), to: at(band) },
    now: at(weight - target),
    after: after === undefined ? undefined : at(after - target),
  }
}

const STEPS = [1, 2, 5]

/** A round distance, below the reach and not far from half of it, for the scale's labels. */
export function tickOf(reach: number): number {
  const power = 10 ** Math.floor(Math.log10(reach))
  const candidates = [0.1, 1].flatMap((scale) => STEPS.map((step) => step * scale * power))
  return candidates.reduce((best, one) => (Math.abs(one - reach * 0.6) < Math.abs(best - reach * 0.6) ? one : best))
}
