import { requireParameter } from './input.js'

export interface Minimum {
  readonly point: readonly number[]
  readonly value: number
  /** How often the function was asked. */
  readonly evaluations: number
  /** False when it ran out of evaluations before the simplex was small and level. */
  readonly hasConverged: boolean
}

export interface NelderMeadOptions {
  /** Edge of the first simplex along each axis. */
  readonly step?: number
  /** Spread of values, relative to their size, and of points at which it stops. */
  readonly valueTolerance?: number
  readonly pointTolerance?: number
  readonly mostEvaluations?: number
}

interface Vertex {
  readonly point: readonly number[]
  readonly value: number
}

/**
 * A local minimum without derivatives, by the simplex of Nelder and Mead (1965) with the rules of Lagarias et al. (1998).
 * The same function and start give the same answer. Where the function has no finite value the search turns back; the
 * answer is undefined where it has none at the start. Throws StatisticsError for a start that is not of numbers.
 */
export function minimise(
  evaluate: (point: readonly number[]) => number,
  start: readonly number[],
  { step = 0.5, valueTolerance = 1e-10, pointTolerance = 1e-6, mostEvaluations = 2_000 }: NelderMeadOptions = {},
): Minimum | undefined {
  for (const one of start) requireParameter('start', one, Number.isFinite(one), 'a number')
  requireParameter('step', step, Number.isFinite(step) && step !== 0, 'a number other than zero')
  let evaluations = 0
  const at = (point: readonly number[]): Vertex => {
    evaluations += 1
    const value = point.every(Number.isFinite) ? evaluate(point) : Infinity
    return { point, value: Number.isFinite(value) ? value : Infinity }
  }
  const first = at(start)
  if (first.value === Infinity) return undefined
  const simplex = [first, ...start.map((_, axis) => at(start.map((one, i) => (i === axis ? one + step : one))))]
  const answer = (hasConverged: boolean) => ({ ...simplex[0]!, evaluations, hasConverged })
  for (;;) {
    simplex.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
    const [best, worst] = [simplex[0]!, simplex.at(-1)!]
    const isLevel = worst.value - best.value <= valueTolerance * (1 + Math.abs(best.value))
    if (isLevel && simplex.every(({ point }) => distance(point, best.point) <= pointTolerance)) return answer(true)
    if (evaluations >= mostEvaluations) return answer(false)
    const others = simplex.slice(0, -1)
    const centre = start.map((_, i) => others.reduce((total, { point }) => total + point[i]!, 0) / others.length)
    const along = (share: number) => at(centre.map((one, i) => one + share * (worst.point[i]! - one)))
    const reflected = along(-1)
    const replacement = (): Vertex | undefined => {
      if (reflected.value < best.value) {
        const expanded = along(-2)
        return expanded.value < reflected.value ? expanded : reflected
      }
      if (reflected.value < others.at(-1)!.value) return reflected
      const isBetter = reflected.value < worst.value
      const contracted = along(isBetter ? -0.5 : 0.5)
      return contracted.value < Math.min(reflected.value, worst.value) ? contracted : undefined
    }
    const next = replacement()
    if (next) simplex[simplex.length - 1] = next
    else
      for (const [place, { point }] of simplex.entries())
        if (place > 0) simplex[place] = at(point.map((one, i) => best.point[i]! + 0.5 * (one - best.point[i]!)))
  }
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((most, one, i) => Math.max(most, Math.abs(one - b[i]!)), 0)
}
