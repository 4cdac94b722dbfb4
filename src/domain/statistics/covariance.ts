import { requireParameter, requireReturns, StatisticsError } from './input.js'
import type { Matrix } from './matrix.js'

/** Crypto trades on every day of the year. */
export const DAYS_PER_YEAR = 365
export const HOURS_PER_YEAR = 24 * DAYS_PER_YEAR

/** A stable asset is never taken to be calmer than this, per year: what it may do is not in its prices until it does it. */
export const STABLE_VOLATILITY_FLOOR = 0.01

/**
 * Unbiased sample covariance of rows of returns, one row for each period, annual by `perYear` periods. A constant asset
 * has zeros in its row and column. Undefined for fewer than two rows. Throws StatisticsError for ragged rows and returns
 * that are none.
 */
export function sampleCovariance(
  rows: readonly (readonly number[])[],
  perYear: number = DAYS_PER_YEAR,
): Matrix | undefined {
  requireReturns(rows)
  requireParameter('perYear', perYear, perYear > 0 && perYear <= HOURS_PER_YEAR, 'the number of periods in a year')
  if (rows.length < 2) return undefined
  const columns = centred(rows)
  return symmetric(columns.length, (i, j) => (inner(columns[i]!, columns[j]!) * perYear) / (rows.length - 1))
}

/** Columns of at least one row, each less its mean; a column of equal values is exactly zero. */
export function centred(rows: readonly (readonly number[])[]): Float64Array[] {
  return rows[0]!.map((first, column) => {
    const values = Float64Array.from(rows, (row) => row[column]! - first)
    const mean = values.reduce((total, value) => total + value, 0) / rows.length
    return values.map((value) => value - mean)
  })
}

/** Sum of products, place by place. */
export function inner(a: Float64Array, b: Float64Array): number {
  let total = 0
  for (let index = 0; index < a.length; index++) total += a[index]! * b[index]!
  return total
}

/** The symmetric matrix of which `entry` gives the lower half. */
export function symmetric(size: number, entry: (i: number, j: number) => number): number[][] {
  const matrix: number[][] = []
  for (let i = 0; i < size; i++) {
    const row: number[] = []
    for (let j = 0; j <= i; j++) {
      const value = entry(i, j)
      row.push(value)
      if (j < i) matrix[j]!.push(value)
    }
    matrix.push(row)
  }
  return matrix
}

/** Annual volatilities of an annual covariance. Throws StatisticsError as `correlation` does. */
export function volatilities(covariance: Matrix): number[] {
  requireCovariance(covariance)
  return covariance.map((row, i) => Math.sqrt(row[i]!))
}

/**
 * Correlations, each between −1 and 1 and one of an asset with itself; zero of a constant asset with any other. Throws
 * StatisticsError for what is not square, not symmetric, or has an entry that is no number or a negative variance.
 */
export function correlation(covariance: Matrix): Matrix {
  const deviations = volatilities(covariance)
  return symmetric(covariance.length, (i, j) => {
    if (i === j) return 1
    const scale = deviations[i]! * deviations[j]!
    return scale === 0 ? 0 : Math.max(-1, Math.min(1, covariance[i]![j]! / scale))
  })
}

/**
 * Raises volatilities to at least `floors`, annual and in the order of the assets; undefined leaves one as it is. What is
 * added belongs to the asset alone: covariances stay, and a positive semidefinite matrix stays one. A stable asset that
 * lost its peg is above its floor and counts with what it does.
 */
export function withVolatilityFloors(covariance: Matrix, floors: readonly (number | undefined)[]): Matrix {
  requireCovariance(covariance)
  requireWidth(covariance, floors.length, 'floors')
  for (const floor of floors)
    if (floor !== undefined) requireParameter('floor', floor, floor >= 0 && floor <= MOST_VOLATILITY, 'a volatility')
  return covariance.map((row, i) => row.map((entry, j) => (i === j ? Math.max(entry, (floors[i] ?? 0) ** 2) : entry)))
}

/** The same correlations with other annual volatilities, as where each asset's own is forecast by its best model. */
export function withVolatilities(covariance: Matrix, wanted: readonly number[]): Matrix {
  requireWidth(covariance, wanted.length, 'volatilities')
  for (const one of wanted) requireParameter('volatility', one, one >= 0 && one <= MOST_VOLATILITY, 'not negative')
  const correlations = correlation(covariance)
  return symmetric(wanted.length, (i, j) => correlations[i]![j]! * wanted[i]! * wanted[j]!)
}

/**
 * Annual volatility of a portfolio: √(xᵀΣx) for weights, and the ex-ante tracking error for drifts (planning theory, 1).
 * Zero where rounding makes the form negative. Throws StatisticsError for sizes that differ and for what is no number.
 */
export function volatilityOf(covariance: Matrix, exposures: readonly number[]): number {
  requireWidth(covariance, exposures.length, 'exposures')
  return rootOf(covariance, exposures)
}

const MOST_WEIGHT = 1e6
const MOST_VOLATILITY = 1e6

function rootOf(covariance: Matrix, exposures: readonly number[]): number {
  let total = 0
  for (let i = 0; i < exposures.length; i++) {
    const row = covariance[i]!
    let sum = 0
    for (let j = 0; j < exposures.length; j++) sum += row[j]! * exposures[j]!
    total += sum * exposures[i]!
  }
  if (Number.isFinite(total)) return Math.sqrt(Math.max(0, total))
  requireCovariance(covariance)
  const odd = exposures.findIndex((one) => !(Math.abs(one) <= MOST_WEIGHT))
  throw new StatisticsError(
    'not-a-number',
    `Exposures should be shares of NAV, got ${exposures[odd]} in place ${odd}. Leave out assets of unknown weight.`,
    { row: odd },
  )
}

/** Throws StatisticsError unless the matrix is square, symmetric, of numbers, and without negative variances. */
export function requireCovariance(matrix: Matrix): void {
  const size = matrix.length
  for (const [row, entries] of matrix.entries())
    if (entries.length !== size)
      throw new StatisticsError(
        'shape',
        `Row ${row} of a covariance of ${size} assets has ${entries.length} entries; it needs one for each asset.`,
        { row },
      )
  for (const [row, entries] of matrix.entries())
    for (const [column, entry] of entries.entries()) {
      const mirrored = matrix[column]![row]!
      const isFine = Math.abs(entry) <= MOST_VOLATILITY ** 2 && (row !== column || entry >= 0)
      if (isFine && Math.abs(entry - mirrored) <= 1e-9 * Math.max(Math.abs(entry), Math.abs(mirrored))) continue
      throw new StatisticsError(
        'not-a-number',
        `Covariance in row ${row}, column ${column} should be a number, the same the other way round, and not negative on the diagonal; got ${entry} and ${mirrored}. Estimate it from known returns.`,
        { row, column },
      )
    }
}

function requireWidth(covariance: Matrix, width: number, name: string): void {
  if (covariance.length !== width)
    throw new StatisticsError(
      'shape',
      `A covariance of ${covariance.length} assets needs as many ${name}, got ${width}; hand in both in the same order.`,
    )
}
