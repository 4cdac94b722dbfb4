import { describe, expect, test } from '@jest/globals'
import { ROWS } from '../../../test/support/returns.js'
import {
  correlation,
  sampleCovariance,
  volatilities,
  volatilityOf,
  withVolatilities,
  withVolatilityFloors,
} from './covariance.js'
import { StatisticsError } from './input.js'
import type { Matrix } from './matrix.js'

const COVARIANCE: Matrix = [
  [0.36, 0.24, 0],
  [0.24, 0.64, 0],
  [0, 0, 0.0001],
]

const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof StatisticsError) return error.code
  }
  return undefined
}
const expectMatrix = (actual: Matrix | undefined, expected: Matrix) => {
  expect(actual).toHaveLength(expected.length)
  for (const [i, row] of expected.entries())
    for (const [j, entry] of row.entries()) expect(actual![i]![j]).toBeCloseTo(entry, 12)
}

describe('sampleCovariance', () => {
  test('is that of numpy.cov, times 365', () => {
    expectMatrix(sampleCovariance(ROWS), [
      [0.057025166666666675, 0.03209566666666666, 0.004128555555555554],
      [0.03209566666666666, 0.027155999999999993, 0.0009814444444444439],
      [0.004128555555555554, 0.0009814444444444439, 0.016319555555555556],
    ])
  })

  test('is undefined of one row or none', () => {
    expect(sampleCovariance([])).toBeUndefined()
    expect(sampleCovariance([[0.1, 0.2]])).toBeUndefined()
  })

  test('has exact zeros for a constant asset', () => {
    const rows = ROWS.map(([one], day) => [one!, 0.1, day % 2 === 0 ? 0.01 : -0.01])
    const matrix = sampleCovariance(rows)!
    expect(matrix[1]).toEqual([0, 0, 0])
    expect(correlation(matrix)[1]).toEqual([0, 1, 0])
  })

  test('refuses ragged rows, rows of nothing and what is no number', () => {
    expect(code(() => sampleCovariance([[1, 2], [1]]))).toBe('shape')
    expect(code(() => sampleCovariance([[], []]))).toBe('shape')
    expect(code(() => sampleCovariance([[1], [Number.NaN]]))).toBe('not-a-number')
    expect(code(() => sampleCovariance(ROWS, 0))).toBe('out-of-range')
  })
})

describe('correlation', () => {
  test('divides by volatilities', () => {
    expectMatrix(correlation(COVARIANCE), [
      [1, 0.5, 0],
      [0.5, 1, 0],
      [0, 0, 1],
    ])
    const expected = [0.6, 0.8, 0.01]
    for (const [i, volatility] of volatilities(COVARIANCE).entries()) expect(volatility).toBeCloseTo(expected[i]!, 15)
  })

  test('of perfectly correlated assets is one, of opposite ones minus one', () => {
    const rows = ROWS.map(([one]) => [one!, 3 * one!, -one!])
    for (const [i, row] of correlation(sampleCovariance(rows)!).entries())
      for (const [j, entry] of row.entries()) expect(entry).toBeCloseTo((i === 2) === (j === 2) ? 1 : -1, 12)
  })

  test('refuses what is no covariance', () => {
    expect(code(() => correlation([[1, 0]]))).toBe('shape')
    expect(code(() => correlation([[-1]]))).toBe('not-a-number')
    expect(code(() => correlation([[Number.NaN]]))).toBe('not-a-number')
    expect(
      code(() =>
        correlation([
          [1, 0.5],
          [0.4, 1],
        ]),
      ),
    ).toBe('not-a-number')
  })
})

describe('withVolatilityFloors', () => {
  test('raises the variance of a calm asset and no covariance', () => {
    const calm = [
      [0.25, 0.001],
      [0.001, 0.00002],
    ]
    expect(withVolatilityFloors(calm, [undefined, 0.01])).toEqual([
      [0.25, 0.001],
      [0.001, 0.0001],
    ])
  })

  test('leaves a stable asset that lost its peg with what it does', () => {
    const wild = [
      [0.25, 0],
      [0, 0.04],
    ]
    expect(withVolatilityFloors(wild, [0.01, 0.01])).toEqual(wild)
  })

  test('refuses floors of other assets and floors that are none', () => {
    expect(code(() => withVolatilityFloors(COVARIANCE, [0.01]))).toBe('shape')
    expect(code(() => withVolatilityFloors([[1]], [Number.NaN]))).toBe('out-of-range')
  })
})

describe('withVolatilities', () => {
  test('keeps correlations', () => {
    const changed = withVolatilities(COVARIANCE, [0.3, 1, 0.5])
    expectMatrix(changed, [
      [0.09, 0.15, 0],
      [0.15, 1, 0],
      [0, 0, 0.25],
    ])
    expect(code(() => withVolatilities(COVARIANCE, [0.3, 1, -1]))).toBe('out-of-range')
    expect(code(() => withVolatilities(COVARIANCE, [0.3]))).toBe('shape')
  })
})

describe('volatilityOf', () => {
  test('is √(xᵀΣx)', () => {
    // ¼·0.36 + ¼·0.64 + 2·¼·0.24 = 0.37
    expect(volatilityOf(COVARIANCE, [0.5, 0.5, 0])).toBeCloseTo(Math.sqrt(0.37), 12)
    expect(volatilityOf(COVARIANCE, [0.5, -0.5, 0])).toBeCloseTo(Math.sqrt(0.13), 12)
    expect(volatilityOf([], [])).toBe(0)
  })

  test('refuses other sizes and what is no number', () => {
    expect(code(() => volatilityOf(COVARIANCE, [1]))).toBe('shape')
    expect(code(() => volatilityOf(COVARIANCE, [1, Number.NaN, 0]))).toBe('not-a-number')
    expect(code(() => volatilityOf([[Infinity]], [0]))).toBe('not-a-number')
    expect(code(() => volatilityOf([[1]], [1e300]))).toBe('not-a-number')
  })
})
