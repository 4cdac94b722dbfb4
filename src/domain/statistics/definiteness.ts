import { correlation, symmetric, volatilities } from './covariance.js'
import { requireParameter } from './input.js'
import type { Matrix } from './matrix.js'

export interface Repair {
  readonly covariance: Matrix
  /** How far every correlation was brought toward zero, 0 to 1; zero where nothing was wrong. */
  readonly shrunk: number
  /** Smallest eigenvalue of the correlations that came; negative where they contradict each other. */
  readonly leastEigenvalue: number
}

/** What rounding may take from an eigenvalue that is zero. */
const TOLERANCE = 1e-10

/** Whether no portfolio has a negative variance. Throws StatisticsError for what is no covariance at all. */
export function isPositiveSemidefinite(covariance: Matrix): boolean {
  return !exceeds(covariance) && leastEigenvalue(correlation(covariance)) >= -TOLERANCE
}

/**
 * The covariance with correlations that can occur together, their eigenvalues at least `least`: all correlations are
 * brought toward zero by the same share, the smallest that does it, and volatilities stay (Higham, Strabić and Šego
 * 2016). A covariance beyond the product of its volatilities is first brought down to that.
 *
 * A covariance that is fine is returned as it is. That includes perfectly correlated assets at the default of zero: their
 * matrix is singular, and a portfolio of theirs may have no variance. Ask for a small positive `least` where the matrix
 * will be inverted. A constant asset has correlation zero with the others and a variance of zero; give it a floor.
 * Throws StatisticsError for what is no covariance at all and for a `least` outside [0, 1).
 */
export function repairCovariance(covariance: Matrix, least = 0): Repair {
  requireParameter('least', least, least >= 0 && least < 1, 'from zero to below one')
  const correlations = correlation(covariance)
  const smallest = leastEigenvalue(correlations)
  const isFine = smallest >= least - TOLERANCE && !exceeds(covariance)
  if (isFine) return { covariance, shrunk: 0, leastEigenvalue: smallest }
  const shrunk = smallest >= least ? 0 : (least - smallest) / (1 - smallest)
  const deviations = volatilities(covariance)
  const repaired = symmetric(covariance.length, (i, j) =>
    i === j ? covariance[i]![i]! : (1 - shrunk) * correlations[i]![j]! * deviations[i]! * deviations[j]!,
  )
  return { covariance: repaired, shrunk, leastEigenvalue: smallest }
}

/** Whether an entry is beyond the product of the volatilities it belongs to. */
function exceeds(covariance: Matrix): boolean {
  const deviations = volatilities(covariance)
  return covariance.some((row, i) =>
    row.some((entry, j) => Math.abs(entry) > deviations[i]! * deviations[j]! * (1 + TOLERANCE)),
  )
}

function leastEigenvalue(correlations: Matrix): number {
  return correlations.length === 0 ? 1 : Math.min(...eigenvalues(correlations))
}

/** Sweeps of rotations after which any matrix of a size that occurs here is diagonal to rounding. */
const MOST_SWEEPS = 60

/** Eigenvalues of a symmetric matrix in no particular order, by cyclic rotations (Jacobi 1846). */
function eigenvalues(matrix: Matrix): number[] {
  const size = matrix.length
  const a = matrix.map((row) => Float64Array.from(row))
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let [off, all] = [0, 0]
    for (let p = 0; p < size; p++)
      for (let q = 0; q < size; q++) {
        all += a[p]![q]! ** 2
        if (p !== q) off += a[p]![q]! ** 2
      }
    if (off <= 1e-30 * all) break
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, p, q)
  }
  return a.map((row, i) => row[i]!)
}

/** Rotates rows and columns `p` and `q` so that the entry between them becomes zero. */
function rotate(a: readonly Float64Array[], p: number, q: number): void {
  const entry = a[p]![q]!
  if (entry === 0) return
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * entry)
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  for (const row of a) {
    const [x, y] = [row[p]!, row[q]!]
    row[p] = cosine * x - sine * y
    row[q] = sine * x + cosine * y
  }
  const [up, uq] = [a[p]!, a[q]!]
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [up[k]!, uq[k]!]
    up[k] = cosine * x - sine * y
    uq[k] = sine * x + cosine * y
  }
}
