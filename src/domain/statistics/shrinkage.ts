import { centred, DAYS_PER_YEAR, HOURS_PER_YEAR, inner, symmetric } from './covariance.js'
import { requireParameter, requireReturns } from './input.js'
import type { Matrix } from './matrix.js'

export interface Shrinkage {
  /** Annual. */
  readonly covariance: Matrix
  /** Share of the target in it, 0 to 1; the rest is the sample covariance. */
  readonly intensity: number
}

/** A distance between sample and target below this share of the sample is rounding: there is nothing to shrink. */
const ROUNDING = 1e-24

/**
 * Sample covariance shrunk toward the identity times the mean variance (Ledoit and Wolf 2004, "A well-conditioned
 * estimator"; planning theory, 6). `rows` are returns, one row for each period; their mean is taken off and sums are
 * divided by the number of rows. Undefined for fewer than two rows. Positive definite unless every asset is constant or
 * the intensity is zero. A single asset and assets that equal the target keep the sample. Throws StatisticsError for
 * ragged rows and returns that are none.
 */
export function shrinkToIdentity(
  rows: readonly (readonly number[])[],
  perYear: number = DAYS_PER_YEAR,
): Shrinkage | undefined {
  const sample = sampleOf(rows, perYear)
  if (!sample) return undefined
  const { columns, covariance, size } = sample
  const mean = covariance.reduce((total, row, i) => total + row[i]!, 0) / size
  const target = symmetric(size, (i, j) => (i === j ? mean : 0))
  const distance = squaredDistance(covariance, target)
  const noise = total(size, (i, j) => meanSquare(columns[i]!, columns[j]!, covariance[i]![j]!)) / rows.length
  return shrunk(covariance, target, Math.min(noise, distance), distance, perYear)
}

/**
 * Sample covariance shrunk toward its own variances with the mean correlation between all pairs (Ledoit and Wolf 2004,
 * "Honey, I shrunk the sample covariance matrix"; planning theory, 6). Otherwise as `shrinkToIdentity`. Correlations of a
 * constant asset are unknown: they are left out of the mean and stay zero. Two assets have but one correlation, which is
 * its own mean, and keep the sample.
 */
export function shrinkToConstantCorrelation(
  rows: readonly (readonly number[])[],
  perYear: number = DAYS_PER_YEAR,
): Shrinkage | undefined {
  const sample = sampleOf(rows, perYear)
  if (!sample) return undefined
  const { columns, covariance, size } = sample
  const deviations = covariance.map((row, i) => Math.sqrt(row[i]!))
  const isPair = (i: number, j: number) => i !== j && deviations[i]! * deviations[j]! > 0
  const pairs = total(size, (i, j) => (isPair(i, j) ? 1 : 0))
  const correlations = total(size, (i, j) =>
    isPair(i, j) ? covariance[i]![j]! / (deviations[i]! * deviations[j]!) : 0,
  )
  const mean = pairs === 0 ? 0 : correlations / pairs
  const target = symmetric(size, (i, j) =>
    i === j ? covariance[i]![i]! : isPair(i, j) ? mean * deviations[i]! * deviations[j]! : 0,
  )
  const pi = (i: number, j: number) => meanSquare(columns[i]!, columns[j]!, covariance[i]![j]!)
  // Summed over both orders of a pair, the two terms of the paper's ρ̂ are twice the first of them.
  const rho = (i: number, j: number) =>
    i === j
      ? pi(i, i)
      : isPair(i, j)
        ? ((mean * theta(columns[i]!, columns[j]!, covariance[i]![j]!)) / deviations[i]!) * deviations[j]!
        : 0
  const noise = (total(size, pi) - total(size, rho)) / rows.length
  return shrunk(covariance, target, noise, squaredDistance(covariance, target), perYear)
}

/** Asymptotic covariance of a variance with a covariance: mean of (x² − S_xx)(x·y − S_xy). */
function theta(x: Float64Array, y: Float64Array, covariance: number): number {
  const variance = inner(x, x) / x.length
  return x.reduce((sum, one, t) => sum + (one * one - variance) * (one * y[t]! - covariance), 0) / x.length
}

/** Asymptotic variance of a covariance: mean of (x·y − S_xy)². */
function meanSquare(x: Float64Array, y: Float64Array, covariance: number): number {
  return x.reduce((sum, one, t) => sum + (one * y[t]! - covariance) ** 2, 0) / x.length
}

function sampleOf(
  rows: readonly (readonly number[])[],
  perYear: number,
): { columns: readonly Float64Array[]; covariance: number[][]; size: number } | undefined {
  requireReturns(rows)
  requireParameter('perYear', perYear, perYear > 0 && perYear <= HOURS_PER_YEAR, 'the number of periods in a year')
  if (rows.length < 2) return undefined
  const columns = centred(rows)
  const size = columns.length
  return { columns, size, covariance: symmetric(size, (i, j) => inner(columns[i]!, columns[j]!) / rows.length) }
}

function shrunk(sample: Matrix, target: Matrix, noise: number, distance: number, perYear: number): Shrinkage {
  const scale = total(sample.length, (i, j) => sample[i]![j]! ** 2)
  const intensity = distance <= ROUNDING * scale ? 0 : Math.max(0, Math.min(1, noise / distance))
  return {
    covariance: symmetric(
      sample.length,
      (i, j) => (intensity * target[i]![j]! + (1 - intensity) * sample[i]![j]!) * perYear,
    ),
    intensity,
  }
}

function squaredDistance(a: Matrix, b: Matrix): number {
  return total(a.length, (i, j) => (a[i]![j]! - b[i]![j]!) ** 2)
}

function total(size: number, term: (i: number, j: number) => number): number {
  let sum = 0
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) sum += term(i, j)
  return sum
}
