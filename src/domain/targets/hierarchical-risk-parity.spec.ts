import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyCovariance, aTargetInput } from '../../../test/support/targets.js'
import type { Matrix } from '../statistics/matrix.js'
import {
  bisectedWeights,
  clusterDistances,
  hierarchicalRiskParity,
  quasiDiagonalOrder,
} from './hierarchical-risk-parity.js'

const KEYS = ['BTC', 'ETH', 'LINK', 'STETH', 'USD', 'XAU']
const VOLATILITIES = [0.55, 0.7, 0.9, 0.6, 0.02, 0.85]
const CORRELATIONS: Matrix = [
  [1, 0.82, 0.65, 0.78, 0.05, 0.55],
  [0.82, 1, 0.7, 0.97, 0.02, 0.6],
  [0.65, 0.7, 1, 0.68, -0.03, 0.62],
  [0.78, 0.97, 0.68, 1, 0.01, 0.58],
  [0.05, 0.02, -0.03, 0.01, 1, 0],
  [0.55, 0.6, 0.62, 0.58, 0, 1],
]
const covarianceOf = (correlations: Matrix, volatilities: readonly number[]): Matrix =>
  correlations.map((row, i) => row.map((one, j) => one * volatilities[i]! * volatilities[j]!))
const COVARIANCE = covarianceOf(CORRELATIONS, VOLATILITIES)
const weightsOf = (covariance: Matrix) => {
  const result = hierarchicalRiskParity.want(aTargetInput(KEYS.slice(0, covariance.length), { covariance }), {})
  return result.status === 'set' ? result.weights : []
}

describe('hierarchical risk parity', () => {
  test('has the order and weights of the code in the appendix of López de Prado 2016, run with scipy 1.17', () => {
    expect(quasiDiagonalOrder(clusterDistances(COVARIANCE))).toEqual([4, 5, 2, 0, 1, 3])
    const expected = [0.000694531086, 0.000218916172, 0.000304455529, 0.000297969235, 0.998142800671, 0.000341327306]
    for (const [i, weight] of weightsOf(COVARIANCE).entries()) expect(weight).toBeCloseTo(expected[i]!, 11)
  })

  test('has the distances of the example in the paper', () => {
    const correlations = [[1, 0.7, 0.2], [0.7, 1, -0.2], [0.2, -0.2, 1]] // prettier-ignore
    const distances = clusterDistances(covarianceOf(correlations, [1, 1, 1]))
    expect(distances[0]![1]).toBeCloseTo(0.5659, 4)
    expect(distances[0]![2]).toBeCloseTo(0.9747, 4)
    expect(distances[1]![2]).toBeCloseTo(1.1225, 4)
  })

  test('by hand: two pairs share by the variance of each pair, the assets of a pair by their own', () => {
    const block = [[1, 0.5, 0, 0], [0.5, 1, 0, 0], [0, 0, 1, 0.5], [0, 0, 0.5, 1]] // prettier-ignore
    // Pairs of equal volatility σ have the variance ¾σ²: 0.03 against 0.12, so that 0.8 and 0.2 are halved.
    const weights = weightsOf(covarianceOf(block, [0.2, 0.2, 0.4, 0.4]))
    for (const [i, one] of [0.4, 0.4, 0.1, 0.1].entries()) expect(weights[i]).toBeCloseTo(one, 12)
  })

  test('does not depend on the scale of the covariance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }).chain(anyCovariance),
        fc.integer({ min: -6, max: 6 }),
        (one, power) => {
          const scaled = weightsOf(one.map((row) => row.map((entry) => entry * 3 ** power)))
          for (const [i, weight] of weightsOf(one).entries()) expect(scaled[i]).toBeCloseTo(weight, 10)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('joins the oldest of equal distances, whatever rounding makes of perfect correlations', () => {
    for (const scale of [1, 1 / 3, 0.7, 1.1]) {
      const alike = covarianceOf(
        KEYS.map(() => KEYS.map(() => 1)),
        VOLATILITIES.map((one) => one * scale),
      )
      expect(quasiDiagonalOrder(clusterDistances(alike))).toEqual([4, 5, 0, 1, 2, 3])
      expect(weightsOf(alike).every((weight) => weight > 0)).toBe(true)
    }
  })

  test('halves without any variance get the same', () => {
    const mirrored = covarianceOf([[1, -1, 0, 0], [-1, 1, 0, 0], [0, 0, 1, -1], [0, 0, -1, 1]], [0.5, 0.5, 0.5, 0.5]) // prettier-ignore
    expect(bisectedWeights(mirrored, [0, 1, 2, 3])).toEqual([0.25, 0.25, 0.25, 0.25])
  })

  test('puts the whole into a single asset, and says in which order assets stand', () => {
    expect(weightsOf([[0.3]])).toEqual([1])
    expect(hierarchicalRiskParity.want(aTargetInput(KEYS, { covariance: COVARIANCE }), {})).toMatchObject({
      reasons: [
        'By how they move, assets stand in the order USD, XAU, LINK, BTC, ETH, STETH; every half of it is weighted inversely to its variance.',
        'That gives BTC 0.069 %, ETH 0.022 %, LINK 0.030 %, STETH 0.030 %, USD 99.8 %, XAU 0.034 %.',
      ],
    })
  })
})
