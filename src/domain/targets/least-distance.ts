/** `normal · point ≥ bound`, or equal to it. */
export interface HalfSpace {
  readonly normal: readonly number[]
  readonly bound: number
  readonly isEquality?: boolean
}

export type LeastDistance =
  | {
      readonly status: 'found'
      readonly point: readonly number[]
      /** Places of the half-spaces on whose edge the point is held. */
      readonly active: readonly number[]
    }
  /** No point is in all of them; these already have none in common. */
  | { readonly status: 'infeasible'; readonly conflict: readonly number[] }
  | { readonly status: 'failed' }

/** Distances from an edge, of half-spaces whose normal has the length one, that are rounding. */
const ON_EDGE = 1e-11
/** A normal this near to the span of others adds no direction, and what it then lacks up to this is rounding as well. */
const DEPENDENT = 1e-9

/**
 * The point nearest to the origin that lies in every half-space, exact to rounding: the dual active-set method for a
 * strictly convex quadratic program whose Hessian is the identity (Goldfarb and Idnani 1983). Half-spaces enter by the
 * largest violation, the first of equal ones; normals may depend on each other but none may be zero. `failed` after more
 * steps than any program of such a size takes, which only rounding can bring about.
 */
export function leastDistance(size: number, halfSpaces: readonly HalfSpace[]): LeastDistance {
  const edges = halfSpaces.map(unitOf)
  const search = new Search(size, edges)
  for (const [place, edge] of edges.entries()) {
    if (!edge.isEquality) continue
    const conflict = search.enter(place)
    if (conflict) return { status: 'infeasible', conflict }
  }
  for (let step = 0; step < 50 * (edges.length + size); step++) {
    const place = search.mostViolated()
    if (place === undefined) return { status: 'found', point: search.point, active: search.activePlaces() }
    const conflict = search.enter(place)
    if (conflict) return { status: 'infeasible', conflict }
  }
  return { status: 'failed' }
}

interface Edge {
  readonly normal: readonly number[]
  readonly bound: number
  readonly isEquality: boolean
}

function unitOf({ normal, bound, isEquality = false }: HalfSpace): Edge {
  const length = Math.hypot(...normal)
  return { normal: normal.map((one) => one / length), bound: bound / length, isEquality }
}

class Search {
  /** The nearest to the origin on the active edges. */
  point: readonly number[]
  private readonly active: { readonly place: number; multiplier: number }[] = []
  /** Edges that the active ones imply, to rounding. */
  private readonly implied = new Set<number>()

  constructor(
    size: number,
    private readonly edges: readonly Edge[],
  ) {
    this.point = Array.from({ length: size }, () => 0)
  }

  activePlaces(): number[] {
    return this.active.map(({ place }) => place)
  }

  mostViolated(): number | undefined {
    let [worst, least]: [number | undefined, number] = [undefined, -ON_EDGE]
    for (const [place, edge] of this.edges.entries()) {
      if (edge.isEquality || this.implied.has(place) || this.active.some((one) => one.place === place)) continue
      const slack = this.slackOf(edge)
      if (slack < least) [worst, least] = [place, slack]
    }
    return worst
  }

  /**
   * Moves to the nearest point of the active edges that satisfies this one as well, giving up edges that no longer hold
   * it. Where there is none, the places of half-spaces without a common point.
   */
  enter(place: number): readonly number[] | undefined {
    const edge = this.edges[place]!
    let multiplier = 0
    for (;;) {
      const basis = this.basis()
      const { rest, coefficients } = split(edge.normal, basis)
      const room = dot(rest, rest)
      const isIndependent = room > DEPENDENT * DEPENDENT
      const slack = this.slackOf(edge)
      if (!isIndependent && Math.abs(slack) <= DEPENDENT) {
        this.implied.add(place)
        return undefined
      }
      let [dropped, partial] = [-1, Infinity]
      for (const [index, one] of this.active.entries()) {
        const coefficient = coefficients[index]!
        if (this.edges[one.place]!.isEquality || coefficient <= DEPENDENT * DEPENDENT) continue
        const ratio = one.multiplier / coefficient
        if (ratio < partial) [dropped, partial] = [index, ratio]
      }
      const full = isIndependent ? -slack / room : Infinity
      const step = edge.isEquality ? full : Math.min(full, partial)
      if (step === Infinity)
        return [
          place,
          ...this.active.flatMap((one, index) => (Math.abs(coefficients[index]!) > DEPENDENT ? [one.place] : [])),
        ]
      if (isIndependent) this.point = this.point.map((one, i) => one + step * rest[i]!)
      for (const [index, one] of this.active.entries()) one.multiplier -= step * coefficients[index]!
      multiplier += step
      if (step === full) {
        this.active.push({ place, multiplier })
        this.point = this.nearest()
        return undefined
      }
      this.active.splice(dropped, 1)
    }
  }

  /** Computed from the active edges alone, so that no rounding of the way to it is left. */
  private nearest(): number[] {
    const { directions, triangle } = this.basis()
    const point = this.point.map(() => 0)
    const along: number[] = []
    for (const [k, direction] of directions.entries()) {
      const edge = this.edges[this.active[k]!.place]!
      const length = (edge.bound - along.reduce((sum, one, i) => sum + one * triangle[k]![i]!, 0)) / triangle[k]![k]!
      along.push(length)
      for (const [i, one] of direction.entries()) point[i]! += length * one
    }
    return point
  }

  private slackOf(edge: Edge): number {
    return dot(edge.normal, this.point) - edge.bound
  }

  private basis(): Basis {
    const basis: Basis = { directions: [], triangle: [] }
    for (const { place } of this.active) {
      const { rest, along } = split(this.edges[place]!.normal, basis)
      const length = Math.sqrt(dot(rest, rest))
      basis.directions.push(rest.map((one) => one / length))
      basis.triangle.push([...along, length])
    }
    return basis
  }
}

/** Orthonormal directions of the active normals, and how each normal is made of them (row by row). */
interface Basis {
  readonly directions: number[][]
  readonly triangle: number[][]
}

/**
 * A normal as what it has along the directions, as coefficients of the active normals, and the rest beside them.
 * Orthogonal to rounding, because what is left of the directions is taken off twice.
 */
function split(
  normal: readonly number[],
  { directions, triangle }: Basis,
): { readonly rest: number[]; readonly along: number[]; readonly coefficients: number[] } {
  let rest = [...normal]
  const along = directions.map(() => 0)
  for (let pass = 0; pass < 2; pass++)
    for (const [k, direction] of directions.entries()) {
      const part = dot(direction, rest)
      along[k]! += part
      rest = rest.map((one, i) => one - part * direction[i]!)
    }
  const coefficients = [...along]
  for (let k = coefficients.length - 1; k >= 0; k--) {
    coefficients[k]! /= triangle[k]![k]!
    for (let i = 0; i < k; i++) coefficients[i]! -= coefficients[k]! * triangle[k]![i]!
  }
  return { rest, along, coefficients }
}

function dot(a: readonly number[], b: readonly number[]): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}
