import type { Point } from './thin.js'

/**
 * Path data through the points, to a tenth of a pixel, written as short as it can be: relative, and horizontals in one. A
 * single point is a line of no length, which a round cap makes visible.
 */
export function pathThrough(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  let [x, y] = [tenths(first.x), tenths(first.y)]
  let text = `M${short(x)} ${short(y)}`
  let level = 0
  const flush = () => {
    if (level !== 0) text += `h${short(level)}`
    level = 0
  }
  for (const point of rest) {
    const [dx, dy] = [tenths(point.x) - x, tenths(point.y) - y]
    x += dx
    y += dy
    // A line that goes back on itself keeps both of its ends.
    if (dy === 0 && dx * level >= 0) level += dx
    else {
      flush()
      if (dy === 0) level = dx
      else text += dx === 0 ? `v${short(dy)}` : `l${short(dx)}${dy < 0 ? '' : ' '}${short(dy)}`
    }
  }
  flush()
  return text.includes('h') || text.includes('v') || text.includes('l') ? text : `${text}h0`
}

/** The area between an upper and a lower line. */
export function pathAround(upper: readonly Point[], lower: readonly Point[]): string {
  return upper.length === 0 ? '' : `${pathThrough([...upper, ...lower.toReversed()])}z`
}

function tenths(pixels: number): number {
  return Math.round(pixels * 10)
}

/** Tenths as a number without a zero before its point. */
function short(value: number): string {
  if (value === 0 || Math.abs(value) >= 10) return String(value / 10)
  return value < 0 ? `-.${-value}` : `.${value}`
}
