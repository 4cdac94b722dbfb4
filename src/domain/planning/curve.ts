/** A point of a curve: what is received for what is sent, both as values in one unit. */
export interface Point {
  readonly sent: number
  readonly received: number
}

/** A piece of a concave function: `slope` more is received for each unit sent, over `width` units. */
export interface Segment {
  readonly width: number
  readonly slope: number
}

/**
 * What a trade brings at any size, in r-space: `r(x) = x / f(x)`, the value sent for one unit received. For a
 * constant-product pool of fee factor γ and depth D it is exactly the line `1/γ + x/D` (planning theory, 2.3), and close
 * to piecewise linear for other routes. Knots are sorted by size, and `r` never falls: a larger sale that was quoted a
 * better rate is not believed to have one, so every knot lies on the safe side of its sample.
 */
export interface Curve {
  readonly knots: readonly { readonly size: number; readonly r: number }[]
  /** Growth of `r` per unit beyond the last knot. */
  readonly tail: number
}

/** Assumed about a market of which one size is known. */
export interface CurvePrior {
  /** Share lost to fees at any size. */
  readonly fee: number
}

/** No marginal rate better than our own price by more than this is planned with: it would print money. */
const MOST_GAIN = 1e-3

/**
 * Fits a curve to samples of positive sizes. Two samples or more define it; one leaves the split between fee and impact
 * open, which the prior fills. Samples that are no numbers are left out; undefined when none is left.
 */
export function fitCurve(samples: readonly Point[], prior: CurvePrior): Curve | undefined {
  const points = samples
    .filter(({ sent, received }) => Number.isFinite(sent) && Number.isFinite(received) && sent > 0 && received > 0)
    .map(({ sent, received }) => ({ size: sent, r: Math.max(sent / received, 1 / (1 + MOST_GAIN)) }))
    .toSorted((a, b) => a.size - b.size || b.r - a.r)
  const knots: { size: number; r: number }[] = []
  for (const { size, r } of points) {
    const last = knots.at(-1)
    if (last?.size === size) continue
    knots.push({ size, r: Math.max(r, last?.r ?? 0) })
  }
  const first = knots[0]
  if (!first) return undefined
  if (knots.length === 1) {
    const loss = Math.max(0, first.r - 1)
    const impact = Math.max(loss - prior.fee, 0.2 * loss)
    return { knots: [{ size: 0, r: first.r - impact }, first], tail: impact / first.size }
  }
  const second = knots[1]!
  // Below the first sample the line goes on, but never to a better rate than no loss at all.
  const slope = (second.r - first.r) / (second.size - first.size)
  const origin = Math.max(first.r - slope * first.size, Math.min(first.r, 1))
  const [before, last] = [knots.at(-2)!, knots.at(-1)!]
  return { knots: [{ size: 0, r: origin }, ...knots], tail: (last.r - before.r) / (last.size - before.size) }
}

export function rateAt(curve: Curve, size: number): number {
  const { knots, tail } = curve
  for (let index = 1; index < knots.length; index++) {
    const knot = knots[index]!
    if (size > knot.size) continue
    const before = knots[index - 1]!
    return before.r + ((knot.r - before.r) * (size - before.size)) / (knot.size - before.size)
  }
  const last = knots.at(-1)!
  return last.r + tail * (size - last.size)
}

export function receivedAt(curve: Curve, size: number): number {
  return size <= 0 ? 0 : size / rateAt(curve, size)
}

/** The largest size whose average loss `1 − f(x)/x` is within the limit; 0 when none is, infinite when all are. */
export function sizeWithin(curve: Curve, maxLoss: number): number {
  const limit = 1 / (1 - maxLoss)
  const { knots, tail } = curve
  if (knots[0]!.r > limit) return 0
  for (let index = 1; index < knots.length; index++) {
    const [before, knot] = [knots[index - 1]!, knots[index]!]
    if (knot.r > limit) return before.size + ((knot.size - before.size) * (limit - before.r)) / (knot.r - before.r)
  }
  const last = knots.at(-1)!
  return tail <= 0 ? Infinity : last.size + (limit - last.r) / tail
}

/** Another market quoted at one size, drawn as this curve moved up or down in r to go through that quote. */
export function movedTo(curve: Curve, { sent, received }: Point): Curve {
  const shift = sent / received - rateAt(curve, sent)
  const knots = curve.knots.map(({ size, r }) => ({ size, r: Math.max(r + shift, 1 / (1 + MOST_GAIN)) }))
  return { knots, tail: curve.tail }
}

/** Makes what is old dearer: the loss at every size grows by the given share. */
export function agedPoint({ sent, received }: Point, growth: number): Point {
  const loss = sent / received - 1
  return { sent, received: sent / (1 + loss + Math.abs(loss) * growth) }
}

/**
 * The curve as segments with falling slopes up to `cap`, cut at the given sizes. The function they draw is concave, starts
 * at zero and lies nowhere above the curve at a cut: chords of a concave function lie below it, and where the curve is not
 * concave the slope before is kept until the function has caught up.
 */
export function chords(evaluate: (size: number) => number, cuts: readonly number[], cap: number): Segment[] {
  const segments: Segment[] = []
  let [size, value, slope] = [0, 0, 1 + MOST_GAIN]
  for (const cut of [...cuts.filter((one) => one > 0 && one < cap), cap].toSorted((a, b) => a - b)) {
    const width = cut - size
    if (width <= cap * 1e-9) continue
    slope = Math.min(slope, (evaluate(cut) - value) / width)
    // What would lose more by selling more ends the curve.
    if (slope <= 0) break
    segments.push({ width, slope })
    size = cut
    value += slope * width
  }
  return segments
}

/** How often a stretch that is not concave is halved, to find where it is not. */
const MOST_HALVINGS = 8
/** Where in a stretch it is looked whether the tangents at its ends lie above it. */
const BETWEEN = [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]

/**
 * Segments with falling slopes that lie nowhere below the curve: for a bound on what is possible. On concave stretches
 * they follow its tangents; over a kink, as where a better venue takes over, they bridge what lies between.
 */
export function tangents(evaluate: (size: number) => number, cuts: readonly number[], cap: number): Segment[] {
  const ends = [0, ...cuts.filter((one) => one > 0 && one < cap).toSorted((a, b) => a - b), cap]
  const apart = ends.filter(
    (end, index) => index === 0 || end === cap || (end - ends[index - 1]! > cap * 1e-9 && cap - end > cap * 1e-9),
  )
  const points = apart
    .slice(1)
    .flatMap((to, index) => pointsAbove(evaluate, apart[index]!, to, cap * 1e-7, MOST_HALVINGS))
  return hull([{ sent: 0, received: 0 }, ...points.toSorted((a, b) => a.sent - b.sent || a.received - b.received)])
}

/** Corners of a line above the curve from one size to another. */
function pointsAbove(
  evaluate: (size: number) => number,
  from: number,
  to: number,
  step: number,
  halvings: number,
): Point[] {
  const width = to - from
  const [low, high] = [evaluate(from), evaluate(to)]
  const near = Math.min(step, width / 4)
  const [out, back] = [(evaluate(from + near) - low) / near, (high - evaluate(to - near)) / near]
  const below = (share: number) =>
    evaluate(from + share * width) - Math.min(low + out * share * width, high - back * (1 - share) * width)
  const isConcave =
    out * width >= high - low && high - low >= back * width && BETWEEN.every((share) => below(share) <= step * 1e-3)
  if (!isConcave && halvings > 0)
    return [
      ...pointsAbove(evaluate, from, from + width / 2, step, halvings - 1),
      ...pointsAbove(evaluate, from + width / 2, to, step, halvings - 1),
    ]
  if (isConcave) {
    const part = out - back > 1e-9 ? (high - low - back * width) / (out - back) : 0
    return [
      { sent: from, received: low },
      { sent: from + part, received: low + out * part },
      { sent: to, received: high },
    ]
  }
  return [
    { sent: from, received: Math.max(low, high - back * width) },
    { sent: to, received: Math.max(high, low + out * width) },
  ]
}

/** The least concave line over points that are sorted by size; it ends at the last of them. */
function hull(points: readonly Point[]): Segment[] {
  const corners: Point[] = []
  const slope = (a: Point, b: Point) => (b.received - a.received) / (b.sent - a.sent)
  for (const point of points) {
    while (corners.length > 0) {
      const [before, last] = [corners.at(-2), corners.at(-1)!]
      const isCovered = last.sent === point.sent || (before && slope(before, last) <= slope(last, point))
      if (!isCovered) break
      corners.pop()
    }
    corners.push(point)
  }
  return corners
    .slice(1)
    .map((to, index) => ({ width: to.sent - corners[index]!.sent, slope: slope(corners[index]!, to) }))
}
