import type { QuadraticProgram } from './quadratic-program.js'

/** Programs that take more steps are left to a solver with a method for them. */
const MOST_STEPS = 2_000
/** How far the conditions of optimality may be missed, as a share of the largest coefficient of the linear part. */
const TOLERANCE = 1e-11

/** A curvature below zero by more than rounding: the program is not convex. */
const NEGLIGIBLE = 1e-12

/**
 * Solves programs of the form that rebalancing has: variables from zero up, and one row of ±1 that stays at zero. From the
 * start of all zeros it moves along the pair of variables that gains most, each time to the exact minimum along it
 * (sequential minimal optimisation: Platt 1998, with the pairs of Fan, Chen and Lin 2005), until no pair gains anything. That
 * is the condition of optimality itself, so an answer is proven by the way it was found. Undefined for programs of
 * another form, those that turn out not to be convex and those it does not get to the end of: ask another solver then.
 */
export function descendByPairs(program: QuadraticProgram): readonly number[] | undefined {
  if (!hasForm(program)) return undefined
  const { quadratic, linear, upper, rows } = program
  const signs = rows[0]!.coefficients
  const size = linear.length
  const values = linear.map(() => 0)
  const gradient = [...linear]
  const tolerance = TOLERANCE * linear.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-6)
  for (let step = 0; step < MOST_STEPS; step++) {
    const up = steepest(program, values, gradient, tolerance)
    if (up === undefined) return values
    const { rising, falling } = up
    const [a, b] = [signs[rising]!, signs[falling]!]
    const gap = gradient[falling]! * b - gradient[rising]! * a
    const curvature = curvatureOf(program, rising, falling)
    if (curvature < -NEGLIGIBLE) return undefined
    const rooms = [
      a > 0 ? upper[rising]! - values[rising]! : values[rising]!,
      b > 0 ? values[falling]! : upper[falling]! - values[falling]!,
    ]
    const length = Math.min(curvature > 0 ? gap / curvature : Infinity, ...rooms)
    move(values, rising, a * length, upper[rising]!)
    move(values, falling, -b * length, upper[falling]!)
    for (let k = 0; k < size; k++) gradient[k]! += length * (a * quadratic[k]![rising]! - b * quadratic[k]![falling]!)
  }
  return undefined
}

function hasForm({ quadratic, linear, lower, upper, rows }: QuadraticProgram): boolean {
  const [row, ...others] = rows
  const size = linear.length
  const isSized = [lower, upper, quadratic, row?.coefficients ?? []].every((one) => one.length === size)
  return (
    row !== undefined &&
    others.length === 0 &&
    isSized &&
    row.lower === 0 &&
    row.upper === 0 &&
    row.coefficients.every((one) => Math.abs(one) === 1) &&
    lower.every((one) => one === 0) &&
    upper.every((one) => one >= 0 && one < Infinity) &&
    linear.every(Number.isFinite) &&
    quadratic.every((one, k) => one.length === size && one[k]! >= 0 && one.every(Number.isFinite))
  )
}

/** The variable along the row that falls steepest, and the one that gains most with it; undefined where none gains. */
function steepest(
  program: QuadraticProgram,
  values: readonly number[],
  gradient: readonly number[],
  tolerance: number,
): { readonly rising: number; readonly falling: number } | undefined {
  const { upper, rows } = program
  const signs = rows[0]!.coefficients
  let [rising, least] = [-1, Infinity]
  for (let k = 0; k < values.length; k++) {
    const slope = gradient[k]! * signs[k]!
    const isFree = signs[k]! > 0 ? values[k]! < upper[k]! : values[k]! > 0
    if (isFree && slope < least) [rising, least] = [k, slope]
  }
  if (rising < 0) return undefined
  let [falling, most] = [-1, 0]
  for (let k = 0; k < values.length; k++) {
    const gap = gradient[k]! * signs[k]! - least
    const isFree = signs[k]! > 0 ? values[k]! > 0 : values[k]! < upper[k]!
    if (!isFree || gap <= tolerance) continue
    const gain = (gap * gap) / Math.max(curvatureOf(program, rising, k), NEGLIGIBLE)
    if (gain > most) [falling, most] = [k, gain]
  }
  return falling < 0 ? undefined : { rising, falling }
}

/** Along a pair that keeps the row. */
function curvatureOf({ quadratic, rows }: QuadraticProgram, i: number, j: number): number {
  const signs = rows[0]!.coefficients
  return quadratic[i]![i]! + quadratic[j]![j]! - 2 * signs[i]! * signs[j]! * quadratic[i]![j]!
}

/** Rounding ends at the bounds. */
function move(values: number[], k: number, by: number, upper: number): void {
  values[k] = Math.min(upper, Math.max(0, values[k]! + by))
}
