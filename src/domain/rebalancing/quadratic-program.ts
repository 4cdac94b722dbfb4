import type { Matrix } from '../statistics/matrix.js'

/** Minimise `½x'Qx + c'x` with every variable and every row between bounds. All bounds are finite. */
export interface QuadraticProgram {
  /** Q: symmetric and positive semidefinite. */
  readonly quadratic: Matrix
  /** c, and with it the number of variables. */
  readonly linear: readonly number[]
  readonly lower: readonly number[]
  readonly upper: readonly number[]
  readonly rows: readonly {
    readonly coefficients: readonly number[]
    readonly lower: number
    readonly upper: number
  }[]
}

/** The solution to about 1e-7; undefined when none was found. The same program always gives the same answer. */
export type QuadraticSolver = (program: QuadraticProgram) => readonly number[] | undefined

/**
 * The rebalancing problem of Dybvig and Pezzo (planning theory, 5.5), per year:
 *
 *     minimise  ½κ(x−w)'Σ(x−w) + Σ t_i|x_i − x0_i|   with Σx = Σx0, x ≥ 0
 */
export interface RebalancingProblem {
  /** κΣ, per year. */
  readonly penalty: Matrix
  /** x0 and w, shares of NAV. */
  readonly weights: readonly number[]
  readonly targets: readonly number[]
  /** t: proportional cost over the time it is written off in, per year; zero or more. */
  readonly tolls: readonly number[]
  /** These are not traded. */
  readonly isHeld: readonly boolean[]
}

/** κΣ(x0 − w): what one more unit of each asset adds to the yearly penalty. */
export function gradientOf({ penalty, weights, targets }: RebalancingProblem): number[] {
  return penalty.map((row) => row.reduce((sum, value, j) => sum + value * (weights[j]! - targets[j]!), 0))
}

/**
 * What the best sale and purchase of one unit would save per year beyond their tolls, at the start of the trade. Standing
 * still is optimal exactly when that is not above zero: then there is a price μ of money with `g_i + t_i ≥ μ` for every
 * asset, so that none is worth buying, and `g_i − t_i ≤ μ` for every one there is some of to sell (the conditions of
 * Karush, Kuhn and Tucker; planning theory, 5.5). Undefined when nothing may be traded.
 */
export function bestAdvantage(problem: RebalancingProblem): number | undefined {
  const { weights, tolls, isHeld } = problem
  let [buying, selling] = [Infinity, -Infinity]
  for (const [i, gradient] of gradientOf(problem).entries()) {
    if (isHeld[i]) continue
    buying = Math.min(buying, gradient + tolls[i]!)
    if (weights[i]! > 0) selling = Math.max(selling, gradient - tolls[i]!)
  }
  return Number.isFinite(selling) ? selling - buying : undefined
}

/** The problem with |x_i − x0_i| split into a purchase and a sale: first all purchases, then all sales. */
export function programOf(problem: RebalancingProblem): QuadraticProgram {
  const { penalty, weights, tolls, isHeld } = problem
  const gradient = gradientOf(problem)
  const size = weights.length
  const signs = [...weights.map(() => 1), ...weights.map(() => -1)]
  return {
    quadratic: signs.map((sign, k) => signs.map((other, l) => sign * other * penalty[k % size]![l % size]!)),
    linear: signs.map((sign, k) => sign * gradient[k % size]! + tolls[k % size]!),
    lower: signs.map(() => 0),
    upper: signs.map((sign, k) => {
      const weight = weights[k % size]!
      return isHeld[k % size] ? 0 : Math.max(0, sign > 0 ? 1 - weight : weight)
    }),
    rows: [{ coefficients: signs, lower: 0, upper: 0 }],
  }
}

/** How far a solution may miss a bound, as a share of NAV: solvers work to about a tenth of this. */
export const SOLVER_SLACK = 1e-6

/**
 * The best weights x; undefined when the solver finds none, or gives an answer that is of another size, breaks a bound
 * or the sum, or is worse than standing still.
 */
export function bestWeights(problem: RebalancingProblem, solve: QuadraticSolver): number[] | undefined {
  const program = programOf(problem)
  const answer = solve(program)
  if (answer?.length !== program.linear.length || !answer.every(Number.isFinite)) return undefined
  const isWithin = answer.every(
    (value, k) => value >= program.lower[k]! - SOLVER_SLACK && value <= program.upper[k]! + SOLVER_SLACK,
  )
  const size = problem.weights.length
  const moves = problem.weights.map((_, i) => answer[i]! - answer[size + i]!)
  const isBalanced = Math.abs(moves.reduce((sum, move) => sum + move, 0)) <= SOLVER_SLACK * size
  if (!isWithin || !isBalanced || gainOf(problem, moves) < -SOLVER_SLACK * SOLVER_SLACK) return undefined
  return problem.weights.map((weight, i) => Math.min(1, Math.max(0, weight + moves[i]!)))
}

/** What moves save of the yearly objective against standing still. */
function gainOf(problem: RebalancingProblem, moves: readonly number[]): number {
  const gradient = gradientOf(problem)
  return -moves.reduce((sum, move, i) => {
    const curvature = problem.penalty[i]!.reduce((product, value, j) => product + value * moves[j]!, 0)
    return sum + move * (gradient[i]! + curvature / 2) + problem.tolls[i]! * Math.abs(move)
  }, 0)
}
