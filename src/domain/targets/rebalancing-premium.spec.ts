import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyCovariance, anyShares } from '../../../test/support/targets.js'
import { StatisticsError } from '../statistics/input.js'
import { rebalancingPremium } from './rebalancing-premium.js'

describe('rebalancingPremium', () => {
  test('of two assets is ½w(1 − w)σ_rel²', () => {
    const covariance = [[0.36, 0.3], [0.3, 0.49]] // prettier-ignore
    // σ_rel² = 0.36 + 0.49 − 0.6.
    expect(rebalancingPremium(covariance, [0.3, 0.7])).toBeCloseTo(0.5 * 0.3 * 0.7 * 0.25, 14)
  })

  test('of three assets is as numpy 2.4 has it', () => {
    const volatilities = [0.55, 0.7, 0.9]
    const correlations = [[1, 0.82, 0.65], [0.82, 1, 0.7], [0.65, 0.7, 1]] // prettier-ignore
    const covariance = correlations.map((row, i) => row.map((one, j) => one * volatilities[i]! * volatilities[j]!))
    expect(rebalancingPremium(covariance, [0.5, 0.3, 0.2])).toBeCloseTo(0.0480725, 14)
  })

  test('is never negative, and nothing for a single asset or for assets that are the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }).chain((size) => fc.tuple(anyCovariance(size), anyShares(size))),
        ([covariance, weights]) => expect(rebalancingPremium(covariance, weights)).toBeGreaterThanOrEqual(0),
      ),
    )
    expect(rebalancingPremium([[0.5]], [1])).toBeCloseTo(0, 14)
    expect(rebalancingPremium([[0.5, 0.5], [0.5, 0.5]], [0.4, 0.6])).toBeCloseTo(0, 14) // prettier-ignore
  })

  test('refuses what does not fit', () => {
    expect(() => rebalancingPremium([[0.5]], [0.5, 0.5])).toThrow(StatisticsError)
    expect(() => rebalancingPremium([[0.5]], [Number.NaN])).toThrow(StatisticsError)
    expect(() => rebalancingPremium([[Number.NaN]], [1])).toThrow(StatisticsError)
  })
})
