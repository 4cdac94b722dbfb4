import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyCovariance, aTargetInput, inOrder } from '../../../test/support/targets.js'
import type { Matrix } from '../statistics/matrix.js'
import { minimumVariance, minimumVarianceWeights } from './minimum-variance.js'

const varianceOf = (covariance: Matrix, weights: readonly number[]) =>
  weights.reduce((sum, a, i) => sum + weights.reduce((row, b, j) => row + a * b * covariance[i]![j]!, 0), 0)
const covarianceOf = (volatilities: readonly number[], rho: number): Matrix =>
  volatilities.map((a, i) => volatilities.map((b, j) => a * b * (i === j ? 1 : rho)))
const expectAll = (actual: readonly number[] | undefined, expected: readonly number[], digits: number) => {
  expect(actual).toHaveLength(expected.length)
  for (const [i, one] of expected.entries()) expect(actual![i]).toBeCloseTo(one, digits)
}

/** Least variance of weights in whole parts of `parts`. */
function leastOnGrid(covariance: Matrix, parts: number): number {
  let least = Infinity
  const walk = (taken: readonly number[], left: number) => {
    if (taken.length === covariance.length - 1) {
      const weights = [...taken, left].map((one) => one / parts)
      least = Math.min(least, varianceOf(covariance, weights))
      return
    }
    for (let one = 0; one <= left; one++) walk([...taken, one], left - one)
  }
  walk([], parts)
  return least
}

/** Of the mixes Σ⁻¹1 of every choice of assets that are not short, the calmest: a Gauss–Seidel solve for each choice. */
function byEnumeration(covariance: Matrix): number[] {
  const size = covariance.length
  let best: number[] = []
  for (let mask = 1; mask < 2 ** size; mask++) {
    const chosen = [...covariance.keys()].filter((i) => (mask >> i) & 1)
    const x = covariance.map(() => 0)
    for (let sweep = 0; sweep < 20_000; sweep++) {
      let change = 0
      for (const i of chosen) {
        const next =
          (1 - chosen.reduce((sum, j) => (j === i ? sum : sum + covariance[i]![j]! * x[j]!), 0)) / covariance[i]![i]!
        change = Math.max(change, Math.abs(next - x[i]!))
        x[i] = next
      }
      if (change < 1e-13) break
    }
    const sum = x.reduce((all, one) => all + one, 0)
    const weights = x.map((one) => one / sum)
    const isLong = weights.every((one) => one >= -1e-12)
    if (isLong && (best.length === 0 || varianceOf(covariance, weights) < varianceOf(covariance, best))) best = weights
  }
  return best
}

describe('minimumVarianceWeights', () => {
  test('has the published weights 74.5, 0, 15.2 and 10.3 % (Maillard, Roncalli and Teïletche 2010, section 3.1)', () => {
    const correlations = [[1, 0.8, 0, 0], [0.8, 1, 0, 0], [0, 0, 1, -0.5], [0, 0, -0.5, 1]] // prettier-ignore
    const volatilities = [0.1, 0.2, 0.3, 0.4]
    const covariance = correlations.map((row, i) => row.map((one, j) => one * volatilities[i]! * volatilities[j]!))
    expectAll(minimumVarianceWeights(covariance), [0.745, 0, 0.152, 0.103], 3)
  })

  test('is what trying every choice of assets finds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }).chain(anyCovariance), (covariance) => {
        expectAll(minimumVarianceWeights(covariance), byEnumeration(covariance), 6)
      }),
      { numRuns: 40 },
    )
  })

  test('no mix of a grid is calmer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }).chain(anyCovariance), (covariance) => {
        const weights = minimumVarianceWeights(covariance)!
        expect(varianceOf(covariance, weights)).toBeLessThanOrEqual(leastOnGrid(covariance, 20) * (1 + 1e-9))
        expect(weights.every((one) => one >= 0)).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  test('does not depend on the scale of the covariance, nor on the order of the assets', () => {
    const cases = fc.integer({ min: 2, max: 6 }).chain((size) =>
      fc.record({
        covariance: anyCovariance(size),
        order: fc.shuffledSubarray([...Array.from({ length: size }).keys()], { minLength: size }),
        power: fc.integer({ min: -8, max: 8 }),
      }),
    )
    fc.assert(
      fc.property(cases, ({ covariance, order, power }) => {
        const weights = minimumVarianceWeights(covariance)!
        const moved = order.map((i) => order.map((j) => covariance[i]![j]! * 3 ** power))
        expectAll(minimumVarianceWeights(moved), inOrder(order, weights), 7)
      }),
      { numRuns: 40 },
    )
  })

  test('of perfectly correlated assets is the calmest, of equally calm ones the even mix', () => {
    expectAll(minimumVarianceWeights(covarianceOf([0.2, 0.6, 0.4], 1)), [1, 0, 0], 12)
    expectAll(minimumVarianceWeights(covarianceOf([0.5, 0.5, 0.5], 1)), [1 / 3, 1 / 3, 1 / 3], 6)
    const twice = [0.2, 0.2, 0.6].map((a, i, all) => all.map((b, j) => a * b * (i === j || i + j === 1 ? 1 : 0)))
    expectAll(minimumVarianceWeights(twice), [0.45, 0.45, 0.1], 6)
  })

  test('of assets that mirror each other has no variance', () => {
    const mirrored = covarianceOf([0.2, 0.6], -1)
    expectAll(minimumVarianceWeights(mirrored), [0.75, 0.25], 8)
  })

  test('stays right with volatilities apart by ten thousand and twenty assets', () => {
    expectAll(minimumVarianceWeights(covarianceOf([1e-4, 1], 0)), [1 / (1 + 1e-8), 1e-8 / (1 + 1e-8)], 12)
    const many = Array.from({ length: 20 }, (_, i) => 0.1 + 0.05 * i)
    const total = many.reduce((sum, one) => sum + one ** -2, 0)
    expectAll(minimumVarianceWeights(covarianceOf(many, 0)), many.map((one) => one ** -2 / total), 8) // prettier-ignore
  })
})

describe('the setter', () => {
  test('says how calm the mix is', () => {
    const input = aTargetInput(['BTC', 'ETH'], { covariance: covarianceOf([0.3, 0.4], 0) })
    expect(minimumVariance.want(input, {})).toMatchObject({
      status: 'set',
      reasons: ['No mix without short positions has a volatility below 24.0 % a year, that of BTC 64.0 %, ETH 36.0 %.'],
    })
  })
})
