import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ROWS } from '../../../test/support/returns.js'
import { isPositiveSemidefinite } from './definiteness.js'
import { StatisticsError } from './input.js'
import type { Matrix } from './matrix.js'
import { shrinkToConstantCorrelation, shrinkToIdentity } from './shrinkage.js'

type Rows = readonly (readonly number[])[]

const value = fc.integer({ min: -1_000, max: 1_000 }).map((one) => one / 10_000)
const histories = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 2, maxLength: 25 }))

const expectMatrix = (actual: Matrix, expected: Matrix, digits: number) => {
  for (const [i, row] of expected.entries())
    for (const [j, entry] of row.entries()) expect(actual[i]![j]).toBeCloseTo(entry, digits)
}

/** Every average of the papers written out over days, assets and pairs, with nothing shared or reordered. */
function bruteForce(rows: Rows) {
  const [days, size] = [rows.length, rows[0]!.length]
  const each = [...Array.from({ length: size }).keys()]
  const average = (of: (t: number) => number) => rows.reduce((sum, _, t) => sum + of(t), 0) / days
  const means = each.map((i) => average((t) => rows[t]![i]!))
  const x = rows.map((row) => row.map((one, i) => one - means[i]!))
  const s = each.map((i) => each.map((j) => average((t) => x[t]![i]! * x[t]![j]!)))
  const over = (of: (i: number, j: number) => number) =>
    each.reduce((sum, i) => sum + each.reduce((part, j) => part + of(i, j), 0), 0)
  const blend = (target: Matrix, delta: number) =>
    each.map((i) => each.map((j) => delta * target[i]![j]! + (1 - delta) * s[i]![j]!))

  const m = each.reduce((sum, i) => sum + s[i]![i]!, 0) / size
  const identity = each.map((i) => each.map((j) => (i === j ? m : 0)))
  const d2 = over((i, j) => (s[i]![j]! - identity[i]![j]!) ** 2) / size
  const bar2 = x.reduce((sum, row) => sum + over((i, j) => (row[i]! * row[j]! - s[i]![j]!) ** 2) / size, 0) / days ** 2
  const first = d2 === 0 ? 0 : Math.min(bar2, d2) / d2

  const root = (i: number) => Math.sqrt(s[i]![i]!)
  const r = over((i, j) => (i < j ? s[i]![j]! / root(i) / root(j) : 0)) / ((size * (size - 1)) / 2)
  const constant = each.map((i) => each.map((j) => (i === j ? s[i]![i]! : r * root(i) * root(j))))
  const product = (t: number, i: number, j: number) => x[t]![i]! * x[t]![j]! - s[i]![j]!
  const pi = (i: number, j: number) => average((t) => product(t, i, j) ** 2)
  const theta = (k: number, i: number, j: number) => average((t) => product(t, k, k) * product(t, i, j))
  const rho =
    each.reduce((sum, i) => sum + pi(i, i), 0) +
    over((i, j) =>
      i === j ? 0 : (r / 2) * ((root(j) / root(i)) * theta(i, i, j) + (root(i) / root(j)) * theta(j, i, j)),
    )
  const gamma = over((i, j) => (constant[i]![j]! - s[i]![j]!) ** 2)
  const second = Math.max(0, Math.min(1, (over(pi) - rho) / gamma / days))
  return {
    identity: { intensity: first, covariance: blend(identity, first) },
    constant: { intensity: second, covariance: blend(constant, second), gamma },
  }
}

describe('shrinkToIdentity', () => {
  test('by hand for four days of two assets', () => {
    // S = diag(1/2, 2), m = 5/4, d² = 9/16; each day is 17/4 from S, so that b̄² = 4·(17/4)/16/2 = 17/32 and b²/d² = 17/18.
    const { intensity, covariance } = shrinkToIdentity(
      [
        [1, 0],
        [-1, 0],
        [0, 2],
        [0, -2],
      ],
      1,
    )!
    expect(intensity).toBeCloseTo(17 / 18, 14)
    expectMatrix(
      covariance,
      [
        [29 / 24, 0],
        [0, 31 / 24],
      ],
      14,
    )
  })

  test('is that of scikit-learn 1.9', () => {
    const { intensity, covariance } = shrinkToIdentity(ROWS, 1)!
    expect(intensity).toBeCloseTo(0.2938717597218415, 14)
    const expected = [
      [0.0001235634787910684, 0.000055882988935613465, 0.0000071883854860316525],
      [0.000055882988935613465, 0.000071557133894582, 0.0000017088303414731425],
      [0.0000071883854860316525, 0.0000017088303414731425, 0.00005268938731434961],
    ]
    expectMatrix(covariance, expected, 17)
  })

  test('is that of the sums written out', () => {
    fc.assert(
      fc.property(histories, (rows) => {
        const { intensity, covariance } = shrinkToIdentity(rows, 1)!
        const expected = bruteForce(rows).identity
        expectMatrix(covariance, expected.covariance, 12)
        expect(rows[0]!.length === 1 ? 0 : expected.intensity).toBeCloseTo(intensity, 6)
      }),
      { numRuns: 40 },
    )
  })

  test('makes fewer days than assets invertible', () => {
    const { covariance, intensity } = shrinkToIdentity(
      [
        [1, 2, 3],
        [2, 0, 1],
        [0, 1, 1],
      ],
      1,
    )!
    expect(intensity).toBeGreaterThan(0)
    const [[a, b, c], [d, e, f], [g, h, i]] = covariance as [number[], number[], number[]]
    const determinant = a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!)
    expect(determinant).toBeGreaterThan(1e-3)
  })
})

describe('shrinkToConstantCorrelation', () => {
  test('by hand for three assets, eight days', () => {
    // a, a + b and c of three uncorrelated series of ±1: r̄ = √2/6, π̂ = 12, ρ̂ = 13/3, γ̂ = 11/9, δ = (23/3)/(8·11/9) = 69/88.
    const once = [
      [1, 2, 1],
      [1, 0, -1],
      [-1, 0, -1],
      [-1, -2, 1],
    ]
    const { intensity, covariance } = shrinkToConstantCorrelation([...once, ...once], 1)!
    expect(intensity).toBeCloseTo(69 / 88, 14)
    const [r, s] = [((69 / 88) * Math.SQRT2) / 6, 69 / 88 / 3]
    expectMatrix(
      covariance,
      [
        [1, 21 / 44, r],
        [21 / 44, 2, s],
        [r, s, 1],
      ],
      14,
    )
    // The same four days once would be shrunk by 69/44, which is all the way.
    expect(shrinkToConstantCorrelation(once)!.intensity).toBe(1)
  })

  test('is that of the matrix form of PyPortfolioOpt, run with the sums divided by the number of days', () => {
    const { intensity, covariance } = shrinkToConstantCorrelation(ROWS, 1)!
    expect(intensity).toBeCloseTo(0.4185871653782332, 13)
    const expected = [
      [0.00014061, 0.00005951880690028122, 0.000016388655865342762],
      [0.00005951880690028122, 0.00006696, 0.000008632072117897896],
      [0.000016388655865342762, 0.000008632072117897896, 0.00004024],
    ]
    expectMatrix(covariance, expected, 17)
  })

  test('is that of the sums written out', () => {
    fc.assert(
      fc.property(histories, (rows) => {
        const expected = bruteForce(rows).constant
        // Where every asset moves, and sample and target are apart.
        fc.pre(expected.covariance.every((row, i) => row[i]! > 0) && expected.gamma > 1e-14)
        const { intensity, covariance } = shrinkToConstantCorrelation(rows, 1)!
        expectMatrix(covariance, expected.covariance, 12)
        expect(intensity).toBeCloseTo(expected.intensity, 6)
      }),
      { numRuns: 40 },
    )
  })

  test('leaves correlations of a constant asset at zero and out of the mean', () => {
    const rows = ROWS.map((row) => [...row, 0])
    const { intensity, covariance } = shrinkToConstantCorrelation(rows, 1)!
    const without = shrinkToConstantCorrelation(ROWS, 1)!
    expect(intensity).toBeCloseTo(without.intensity, 12)
    expect(covariance[3]).toEqual([0, 0, 0, 0])
  })

  test('keeps the sample of two assets, and of perfectly correlated ones', () => {
    const two = shrinkToConstantCorrelation(ROWS.map((row) => row.slice(0, 2)))!
    expect(two.intensity).toBe(0)
    const perfect = ROWS.map(([one]) => [one!, 2 * one!, 4 * one!])
    const { intensity, covariance } = shrinkToConstantCorrelation(perfect)!
    expect(intensity).toBe(0)
    expect(covariance[0]![1]! / covariance[0]![0]!).toBeCloseTo(2, 12)
  })
})

describe.each([
  ['identity', shrinkToIdentity],
  ['constant correlation', shrinkToConstantCorrelation],
])('shrinkage toward %s', (_, shrink) => {
  test('is annual by 365 days', () => {
    const [daily, annual] = [shrink(ROWS, 1)!, shrink(ROWS)!]
    expect(annual.intensity).toBe(daily.intensity)
    expect(annual.covariance[0]![1]).toBeCloseTo(365 * daily.covariance[0]![1]!, 12)
  })

  test('stays positive semidefinite, keeps the sum of variances, and is never NaN', () => {
    fc.assert(
      fc.property(histories, (rows) => {
        const { covariance, intensity } = shrink(rows, 1)!
        expect(intensity >= 0 && intensity <= 1).toBe(true)
        expect(isPositiveSemidefinite(covariance)).toBe(true)
        const sample = bruteForce(rows).identity.covariance
        const trace = (matrix: Matrix) => matrix.reduce((sum, row, i) => sum + row[i]!, 0)
        expect(trace(covariance)).toBeCloseTo(trace(sample), 12)
      }),
      { numRuns: 40 },
    )
  })

  test('of a single asset is its variance, of constant assets zero', () => {
    const { covariance, intensity } = shrink([[1], [3]], 1)!
    expect([covariance, intensity]).toEqual([[[1]], 0])
    expect(
      shrink(
        [
          [1, 2],
          [1, 2],
        ],
        1,
      ),
    ).toEqual({
      covariance: [
        [0, 0],
        [0, 0],
      ],
      intensity: 0,
    })
  })

  test('is undefined of one row, and refuses what is no return', () => {
    expect(shrink([[1, 2]])).toBeUndefined()
    expect(shrink([])).toBeUndefined()
    expect(() => shrink([[1, 2], [1]])).toThrow(StatisticsError)
    expect(() => shrink([[1], [Number.NaN]])).toThrow(StatisticsError)
    expect(() => shrink(ROWS, Number.NaN)).toThrow(StatisticsError)
  })
})
