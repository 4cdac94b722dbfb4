/** Days of the averages: the last one, a week and a month of a market that never closes. */
const SPANS = [1, 7, 30] as const
export const LEAST_HAR_RETURNS = 120
const LONGEST = SPANS[2]

/**
 * v̂_{t+1} = c₀ + c₁·v_t + c₂·v̄_t(7) + c₃·v̄_t(30) of squared returns v, after the heterogeneous autoregression of realised
 * variance (Corsi 2009). A regression may leave the positive numbers; forecasts are held between the calmest month and
 * the wildest day it was fitted on (Swanson and White 1997 call this the insanity filter).
 */
export interface Har {
  readonly coefficients: readonly number[]
  readonly least: number
  readonly most: number
}

/**
 * Fits by ordinary least squares to squared returns, oldest first. Undefined where there are fewer than 120, or they do
 * not tell the coefficients apart, as where prices are constant.
 */
export function fitHar(squares: readonly number[]): Har | undefined {
  if (squares.length < LEAST_HAR_RETURNS) return undefined
  const scale = squares.reduce((total, one) => total + one, 0) / squares.length
  if (!(scale > 0 && scale < Infinity)) return undefined
  const sums = [0]
  for (const square of squares) sums.push(sums.at(-1)! + square / scale)
  const size = SPANS.length + 1
  const normal = Array.from({ length: size }, () => new Float64Array(size + 1))
  let [least, most] = [Infinity, 0]
  for (let end = LONGEST; end < squares.length; end++) {
    const inputs = [1, ...SPANS.map((span) => (sums[end]! - sums[end - span]!) / span)]
    const row = [...inputs, squares[end]! / scale]
    for (let i = 0; i < size; i++) for (let j = 0; j <= size; j++) normal[i]![j]! += row[i]! * row[j]!
    least = Math.min(least, row[size - 1]!)
    most = Math.max(most, row[size]!)
  }
  const solution = solve(normal)
  if (!solution || !(least > 0)) return undefined
  const [constant, ...slopes] = solution
  return { coefficients: [constant! * scale, ...slopes], least: least * scale, most: Math.max(least, most) * scale }
}

/** Variance of the period after the last of `squares`, positive. Undefined for fewer than thirty. */
export function forecastHar({ coefficients, least, most }: Har, squares: readonly number[]): number | undefined {
  if (squares.length < LONGEST) return undefined
  let forecast = coefficients[0]!
  for (const [place, span] of SPANS.entries()) {
    let sum = 0
    for (let age = 1; age <= span; age++) sum += squares[squares.length - age]!
    forecast += (coefficients[place + 1]! * sum) / span
  }
  return Math.min(most, Math.max(least, forecast))
}

/** A pivot below this share of its column's own square is rounding. */
const LEAST_PIVOT = 1e-10

/** Solves the symmetric system whose last column is the right-hand side; undefined where it is singular. */
function solve(system: readonly Float64Array[]): number[] | undefined {
  const size = system.length
  const squares = system.map((row, i) => row[i]!)
  for (let i = 0; i < size; i++) {
    // Pivots of a positive definite matrix stay on its diagonal.
    const pivot = system[i]![i]!
    if (!(pivot > LEAST_PIVOT * squares[i]!)) return undefined
    for (let k = i + 1; k < size; k++) {
      const share = system[k]![i]! / pivot
      for (let j = i; j <= size; j++) system[k]![j]! -= share * system[i]![j]!
    }
  }
  const solution = Array.from({ length: size }, () => 0)
  for (let i = size - 1; i >= 0; i--) {
    let rest = system[i]![size]!
    for (let j = i + 1; j < size; j++) rest -= system[i]![j]! * solution[j]!
    solution[i] = rest / system[i]![i]!
  }
  return solution
}
