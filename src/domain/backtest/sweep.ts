import type { CourseOutline } from './course.js'
import { measureOutline } from './measure.js'
import type { SweepPoint } from './result.js'

/** `points` values from tight to loose in equal proportions, both ends among them; a single one is their middle. */
export function dialValues(
  { tight, loose }: { readonly tight: number; readonly loose: number },
  points: number,
): number[] {
  const [from, to] = [Math.log(tight), Math.log(loose)]
  if (points === 1) return [Math.exp((from + to) / 2)]
  return Array.from({ length: points }, (_, place) => {
    // The ends exactly: they may be limits of what the parameter can be.
    if (place === 0) return tight
    return place === points - 1 ? loose : Math.exp(from + ((to - from) * place) / (points - 1))
  })
}

/** What a setting of the dial led to. */
export function sweepPoint(parameter: number, outline: CourseOutline): SweepPoint {
  return { parameter, ...measureOutline(outline) }
}
