import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyCovariance, anyShares } from '../../../test/support/targets.js'
import type { Matrix } from '../statistics/matrix.js'
import { riskBudgetWeights } from './risk-contribution.js'

/** Maillard, Roncalli and Teïletche 2010, section 3.1: volatilities of 10, 20, 30 and 40 %. */
const VOLATILITIES = [0.1, 0.2, 0.3, 0.4]
const CORRELATIONS = [
  [1, 0.8, 0, 0],
  [0.8, 1, 0, 0],
  [0, 0, 1, -0.5],
  [0, 0, -0.5, 1],
]
const covarianceOf = (correlations: Matrix, volatilities: readonly number[]) =>
  correlations.map((row, i) => row.map((one, j) => one * volatilities[i]! * volatilities[j]!))
const PUBLISHED = covarianceOf(CORRELATIONS, VOLATILITIES)
const quarters = [0.25, 0.25, 0.25, 0.25]
const expectAll = (actual: readonly number[] | undefined, expected: readonly number[], digits: number) => {
  expect(actual).toHaveLength(expected.length)
  for (const [i, one] of expected.entries()) expect(actual![i]).toBeCloseTo(one, digits)
}

/** Share of each asset in the variance of the portfolio: w_i(Σw)_i / wᵀΣw. Undefined where that is zero. */
function riskContributions(covariance: Matrix, weights: readonly number[]): number[] | undefined {
  const parts = weights.map((weight, i) => weight * covariance[i]!.reduce((sum, one, j) => sum + one * weights[j]!, 0))
  const total = parts.reduce((sum, part) => sum + part, 0)
  return total > 0 ? parts.map((part) => part / total) : undefined
}

const cases = fc
  .integer({ min: 1, max: 6 })
  .chain((size) => fc.record({ covariance: anyCovariance(size), budgets: anyShares(size) }))

describe('riskBudgetWeights', () => {
  test('has the published weights of equal contributions, 38.4, 19.2, 24.3 and 18.2 %', () => {
    const weights = riskBudgetWeights(PUBLISHED, quarters)
    expectAll(weights, [0.384, 0.192, 0.243, 0.182], 3)
    // By Newton's method in numpy 2.4.
    expectAll(weights, [0.383612506284, 0.191806253142, 0.242617851757, 0.181963388817], 11)
  })

  test('has contributions within 1e-8 of the budgets, and no weight where there is no budget', () => {
    fc.assert(
      fc.property(cases, ({ covariance, budgets }) => {
        const weights = riskBudgetWeights(covariance, budgets)!
        expectAll(riskContributions(covariance, weights), budgets, 9)
        for (const [i, budget] of budgets.entries()) expect(weights[i]! > 0).toBe(budget > 0)
        expect(weights.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 14)
      }),
      { numRuns: 100 },
    )
  })

  test('does not depend on the scale of the covariance', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: -8, max: 8 }), ({ covariance, budgets }, power) => {
        const scaled = covariance.map((row) => row.map((one) => one * 3 ** power))
        expectAll(riskBudgetWeights(scaled, budgets), riskBudgetWeights(covariance, budgets)!, 10)
      }),
      { numRuns: 30 },
    )
  })

  test('is inverse to volatility for two assets of any correlation, and for equal correlations', () => {
    for (const rho of [-0.9999, -0.5, 0, 0.5, 1]) {
      const two = covarianceOf([[1, rho], [rho, 1]], [0.2, 0.6]) // prettier-ignore
      expectAll(riskBudgetWeights(two, [0.5, 0.5]), [0.75, 0.25], 9)
    }
    for (const rho of [-0.3, 0, 0.7, 1]) {
      const same = covarianceOf(
        VOLATILITIES.map((_a, i) => VOLATILITIES.map((_b, j) => (i === j ? 1 : rho))),
        VOLATILITIES,
      )
      expectAll(riskBudgetWeights(same, quarters), [0.48, 0.24, 0.16, 0.12], 9)
    }
  })

  test('shares budgets out between assets that move alike by their volatilities', () => {
    const alike = covarianceOf([[1, 1], [1, 1]], [0.2, 0.6]) // prettier-ignore
    expectAll(riskBudgetWeights(alike, [0.25, 0.75]), [0.5, 0.5], 10)
  })

  test('finds volatilities apart by ten thousand as easily', () => {
    const apart = covarianceOf(CORRELATIONS, [1e-4, 0.2, 1, 0.5])
    expectAll(riskContributions(apart, riskBudgetWeights(apart, quarters)!), quarters, 9)
  })

  test('is undefined where a mix without any risk exists', () => {
    const mirrored = covarianceOf([[1, -1], [-1, 1]], [0.2, 0.6]) // prettier-ignore
    expect(riskBudgetWeights(mirrored, [0.5, 0.5])).toBeUndefined()
    expect(riskBudgetWeights(mirrored, [0.2, 0.8])).toBeUndefined()
    const third = -0.5
    const ring = covarianceOf([[1, third, third], [third, 1, third], [third, third, 1]], [0.2, 0.6, 1]) // prettier-ignore
    expect(riskBudgetWeights(ring, [0.5, 0.3, 0.2])).toBeUndefined()
  })

  test('puts the whole into a single asset', () => {
    expect(riskBudgetWeights([[0.25]], [1])).toEqual([1])
  })
})

describe('riskContributions', () => {
  test('of an equal mix, by hand', () => {
    // (Σw) is (1/4)(0.026, 0.056, 0.03, 0.1) and wᵀΣw is 0.212/16.
    expectAll(riskContributions(PUBLISHED, quarters), [26 / 212, 56 / 212, 30 / 212, 100 / 212], 12)
  })

  test('is undefined of a portfolio without variance', () => {
    expect(riskContributions([[0.04, -0.04], [-0.04, 0.04]], [0.5, 0.5])).toBeUndefined() // prettier-ignore
  })
})
