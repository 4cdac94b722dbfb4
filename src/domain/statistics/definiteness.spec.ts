import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { correlation, volatilities, volatilityOf } from './covariance.js'
import { isPositiveSemidefinite, repairCovariance } from './definiteness.js'
import { StatisticsError } from './input.js'
import type { Matrix } from './matrix.js'

/** Three assets that cannot move so together: eigenvalues 1.9, 1.9 and −0.8. */
const IMPOSSIBLE: Matrix = [
  [1, 0.9, -0.9],
  [0.9, 1, 0.9],
  [-0.9, 0.9, 1],
]
const entry = fc.integer({ min: -120, max: 120 }).map((one) => one / 100)
/** Symmetric matrices with volatilities from 0 to 2 and correlations from −1.2 to 1.2. */
const matrices = fc
  .integer({ min: 1, max: 6 })
  .chain((size) =>
    fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: size, maxLength: size }),
        fc.array(entry, { minLength: size * size, maxLength: size * size }),
      )
      .map(([tenths, entries]) =>
        tenths.map((a, i) =>
          tenths.map((b, j) => (a * b * (i === j ? 1 : entries[Math.min(i, j) * size + Math.max(i, j)]!)) / 100),
        ),
      ),
  )

describe('isPositiveSemidefinite', () => {
  test('tells what can occur from what cannot', () => {
    expect(isPositiveSemidefinite(IMPOSSIBLE)).toBe(false)
    expect(
      isPositiveSemidefinite([
        [1, 0.5, 0.2],
        [0.5, 1, -0.3],
        [0.2, -0.3, 1],
      ]),
    ).toBe(true)
    expect(
      isPositiveSemidefinite([
        [1, 1.1],
        [1.1, 1],
      ]),
    ).toBe(false)
    expect(isPositiveSemidefinite([])).toBe(true)
  })

  test('is true of perfectly correlated and of constant assets', () => {
    expect(
      isPositiveSemidefinite([
        [0.04, 0.12],
        [0.12, 0.36],
      ]),
    ).toBe(true)
    expect(
      isPositiveSemidefinite([
        [0.04, 0],
        [0, 0],
      ]),
    ).toBe(true)
    expect(
      isPositiveSemidefinite([
        [0.04, 0.01],
        [0.01, 0],
      ]),
    ).toBe(false)
  })
})

describe('repairCovariance', () => {
  test('returns what is fine as it is, perfectly correlated assets included', () => {
    const perfect = [
      [0.04, 0.12],
      [0.12, 0.36],
    ]
    const repair = repairCovariance(perfect)
    expect(repair.covariance).toBe(perfect)
    expect(repair.shrunk).toBe(0)
    expect(repair.leastEigenvalue).toBeCloseTo(0, 12)
  })

  test('brings correlations toward zero just as far as is needed: by hand, 0.8 of 1.8', () => {
    const { covariance, shrunk, leastEigenvalue } = repairCovariance(IMPOSSIBLE)
    expect(leastEigenvalue).toBeCloseTo(-0.8, 12)
    expect(shrunk).toBeCloseTo(0.8 / 1.8, 12)
    expect(covariance[0]).toEqual([1, expect.closeTo(0.5, 12), expect.closeTo(-0.5, 12)])
    expect(volatilityOf(covariance, [1, -1, 1])).toBeCloseTo(0, 6)
  })

  test('finds the least eigenvalue that numpy finds', () => {
    const { leastEigenvalue } = repairCovariance([
      [1, 0.5, 0.2],
      [0.5, 1, -0.3],
      [0.2, -0.3, 1],
    ])
    expect(leastEigenvalue).toBeCloseTo(0.31609137, 8)
  })

  test('makes perfectly correlated assets distinct where that is asked', () => {
    const { covariance } = repairCovariance(
      [
        [0.04, 0.12],
        [0.12, 0.36],
      ],
      0.001,
    )
    expect(correlation(covariance)[0]![1]).toBeCloseTo(0.999, 12)
  })

  test('forgets a covariance with a constant asset', () => {
    expect(
      repairCovariance([
        [0.04, 0.01],
        [0.01, 0],
      ]).covariance,
    ).toEqual([
      [0.04, 0],
      [0, 0],
    ])
  })

  test('makes any symmetric matrix one that can occur, keeps volatilities, and is idempotent', () => {
    fc.assert(
      fc.property(matrices, fc.constantFrom(0, 1e-6, 0.1), (matrix, least) => {
        const { covariance } = repairCovariance(matrix, least)
        expect(isPositiveSemidefinite(covariance)).toBe(true)
        expect(volatilities(covariance)).toEqual(volatilities(matrix))
        const again = repairCovariance(covariance, least)
        expect(again.covariance).toBe(covariance)
        expect(again.leastEigenvalue).toBeGreaterThanOrEqual(least - 1e-9)
      }),
      { numRuns: 60 },
    )
  })

  test('refuses a negative variance and a least eigenvalue that no correlations have', () => {
    expect(() => repairCovariance([[-1]])).toThrow(StatisticsError)
    expect(() => repairCovariance([[1]], 1)).toThrow(StatisticsError)
    expect(() => repairCovariance([[1]], Number.NaN)).toThrow(StatisticsError)
  })
})
