import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aCovariance } from '../../../test/support/rebalancing.js'
import { deviationDiffusion, relativeVolatility, varianceAlong } from './deviation.js'

describe('relativeVolatility', () => {
  test('of two assets is √(σ₁² + σ₂² − 2ρσ₁σ₂) for both, whatever their targets', () => {
    for (const first of [0.1, 0.5, 0.9])
      for (const i of [0, 1])
        expect(relativeVolatility(aCovariance([0.6, 0.8], 0.25), [first, 1 - first], i)).toBeCloseTo(
          Math.sqrt(0.76),
          12,
        )
  })

  test('of three: the rest is held in the proportions of its targets', () => {
    // e = (1, −0.4, −0.6) with variances 0.16, 0.25, 0.04 and covariances 0.1, 0.02, 0.05 (independently by hand):
    // 0.16 + 0.04 + 0.0144 − 0.08 − 0.024 + 0.024 = 0.1344
    const covariance = [
      [0.16, 0.1, 0.02],
      [0.1, 0.25, 0.05],
      [0.02, 0.05, 0.04],
    ]
    expect(relativeVolatility(covariance, [0.5, 0.2, 0.3], 0)).toBeCloseTo(Math.sqrt(0.1344), 12)
  })

  test('is zero, not noise, for assets that move alike', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        fc.integer({ min: 1, max: 99 }),
        (volatility, part) => {
          const covariance = aCovariance([volatility, volatility, volatility], 1)
          for (const i of [0, 1, 2])
            expect(relativeVolatility(covariance, [part / 200, part / 200, 1 - part / 100], i)).toBe(0)
        },
      ),
    )
    expect(relativeVolatility(aCovariance([0, 0]), [0.5, 0.5], 0)).toBe(0)
  })

  test('is unknown where nothing else is wanted, and where the matrix gives a negative variance', () => {
    expect(relativeVolatility(aCovariance([0.6]), [1], 0)).toBeUndefined()
    expect(relativeVolatility(aCovariance([0.6, 0.5]), [1, 0], 0)).toBeUndefined()
    expect(relativeVolatility(aCovariance([0.6, 0.6], 1.5), [0.5, 0.5], 0)).toBeUndefined()
    expect(varianceAlong([[-1]], [1])).toBeUndefined()
  })
})

test('the deviation of a quarter of NAV at 60 % wanders 11.25 % a year', () => {
  expect(deviationDiffusion(0.25, 0.6)).toBeCloseTo(0.1125, 12)
  expect(deviationDiffusion(0, 0.6)).toBe(0)
})
