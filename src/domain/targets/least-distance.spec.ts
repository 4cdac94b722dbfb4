import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type HalfSpace, type LeastDistance, leastDistance } from './least-distance.js'

const whole = fc.integer({ min: -5, max: 5 })
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, one, i) => sum + one * b[i]!, 0)
const above = (normal: readonly number[], bound: number): HalfSpace => ({ normal, bound })
/** Edges with whole-number normals, parallel, opposite and repeated ones among them. */
const programs = fc.integer({ min: 1, max: 4 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    halfSpaces: fc.array(
      fc
        .tuple(fc.array(whole, { minLength: size, maxLength: size }), whole)
        .filter(([normal]) => normal.some((one) => one !== 0))
        .map(([normal, bound]) => above(normal, bound)),
      { minLength: 1, maxLength: 6 },
    ),
  }),
)

const expectPoint = (found: LeastDistance, expected: readonly number[]) => {
  expect(found.status).toBe('found')
  for (const [i, one] of expected.entries()) expect(found.status === 'found' && found.point[i]).toBeCloseTo(one, 12)
}

/** Solves a square system by elimination with pivots; undefined where it is singular. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  for (const [i] of rows.entries()) {
    const pivot = rows.slice(i).reduce((best, row) => (Math.abs(row[i]!) > Math.abs(best[i]!) ? row : best))
    if (Math.abs(pivot[i]!) < 1e-9) return undefined
    rows.splice(rows.indexOf(pivot), 1)
    rows.splice(i, 0, pivot)
    for (const row of rows) {
      if (row === pivot) continue
      const factor = row[i]! / pivot[i]!
      for (const [k, one] of pivot.entries()) row[k]! -= factor * one
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!)
}

/** The nearest of the points nearest to the origin on every choice of edges that lies in all half-spaces. */
function byEnumeration(size: number, halfSpaces: readonly HalfSpace[]): number[] | undefined {
  let best: number[] | undefined
  for (let mask = 0; mask < 2 ** halfSpaces.length; mask++) {
    const chosen = halfSpaces.filter((_, index) => (mask >> index) & 1)
    if (chosen.length > size) continue
    const multipliers = solved(
      chosen.map((a) => chosen.map((b) => dot(a.normal, b.normal))),
      chosen.map(({ bound }) => bound),
    )
    if (!multipliers) continue
    const point = Array.from({ length: size }, (_, i) =>
      chosen.reduce((sum, one, k) => sum + one.normal[i]! * multipliers[k]!, 0),
    )
    const isInside = halfSpaces.every(({ normal, bound }) => dot(normal, point) >= bound - 1e-8)
    if (isInside && (!best || dot(point, point) < dot(best, best))) best = point
  }
  return best
}

describe('leastDistance', () => {
  test('finds the point that trying every choice of edges finds, and none where that finds none', () => {
    fc.assert(
      fc.property(programs, ({ size, halfSpaces }) => {
        const expected = byEnumeration(size, halfSpaces)
        const found = leastDistance(size, halfSpaces)
        expect(found.status).toBe(expected ? 'found' : 'infeasible')
        if (found.status === 'found')
          for (const [i, one] of expected!.entries()) expect(found.point[i]).toBeCloseTo(one, 9)
      }),
      { numRuns: 100 },
    )
  })

  test('names half-spaces that have no point in common already without the others', () => {
    fc.assert(
      fc.property(programs, ({ size, halfSpaces }) => {
        const found = leastDistance(size, halfSpaces)
        if (found.status !== 'infeasible') return
        const conflict = found.conflict.map((place) => halfSpaces[place]!)
        expect(byEnumeration(size, conflict)).toBeUndefined()
      }),
      { numRuns: 100 },
    )
  })

  test('meets equalities from either side, and gives up edges that no longer hold the point', () => {
    const onLine = leastDistance(2, [{ normal: [1, 1], bound: 2, isEquality: true }, above([1, 0], 1.5)])
    expect(onLine).toMatchObject({ status: 'found', active: [0, 1] })
    expectPoint(onLine, [1.5, 0.5])
    const below = leastDistance(2, [{ normal: [1, 1], bound: -2, isEquality: true }])
    expectPoint(below, [-1, -1])
    // The first edge is violated most at the origin; the nearest point is held by the second alone.
    const steep = leastDistance(2, [above([1, 0], 1), above([0.6, 0.8], 2)])
    expect(steep).toMatchObject({ status: 'found', active: [1] })
    expectPoint(steep, [1.2, 1.6])
  })

  test('tells equalities that contradict each other from such that say the same', () => {
    const equal = (bound: number): HalfSpace => ({ normal: [1, 1], bound, isEquality: true })
    expectPoint(leastDistance(2, [equal(1), equal(1)]), [0.5, 0.5])
    expect(leastDistance(2, [equal(1), equal(2)])).toEqual({ status: 'infeasible', conflict: [1, 0] })
  })

  test('is the origin where nothing keeps it away', () => {
    expect(leastDistance(2, [above([1, 1], -1)])).toEqual({ status: 'found', point: [0, 0], active: [] })
  })
})
