import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aCovariance, anAssetState, aState, solveByPairs } from '../../../test/support/rebalancing.js'
import { basisPointsOf, ratioOfBasisPoints, ratioToNumber } from '../units/ratio.js'
import { impulseBandPolicy } from './impulse-band-policy.js'
import { quadraticPolicy } from './quadratic-policy.js'
import {
  bestAdvantage,
  bestWeights,
  gradientOf,
  programOf,
  type QuadraticSolver,
  type RebalancingProblem,
} from './quadratic-program.js'
import { RebalancingInputError } from './rebalancing-error.js'

const bps = ratioOfBasisPoints
const numbers = (size: number, min: number, max: number) =>
  fc.array(fc.double({ min, max, noNaN: true }), { minLength: size, maxLength: size })
const summed = (values: readonly number[]) => {
  const total = values.reduce((sum, value) => sum + value, 0)
  return values.map((value) => value / total)
}

const problems: fc.Arbitrary<RebalancingProblem> = fc.integer({ min: 2, max: 4 }).chain((size) =>
  fc
    .record({
      loadings: fc.array(numbers(3, -1, 1), { minLength: size, maxLength: size }),
      weights: numbers(size, 0.01, 1),
      isAbsent: fc.boolean(),
      targets: numbers(size, 0.01, 1),
      nearness: fc.double({ min: 0, max: 1, noNaN: true }),
      tolls: numbers(size, 0, 0.3),
      isHeld: fc.array(fc.constantFrom(false, false, false, true), { minLength: size, maxLength: size }),
    })
    .map(({ loadings, weights, isAbsent, targets, nearness, tolls, isHeld }) => {
      const wanted = summed(targets)
      const actual = summed(isAbsent ? [0, ...weights.slice(1)] : weights)
      return {
        penalty: loadings.map((a, i) =>
          loadings.map((b, j) => a.reduce((sum, one, k) => sum + one * b[k]!, i === j ? 0.1 : 0)),
        ),
        weights: isAbsent ? actual : actual.map((weight, i) => nearness * weight + (1 - nearness) * wanted[i]!),
        targets: wanted,
        tolls,
        isHeld,
      }
    }),
)

const objective = ({ penalty, weights, targets, tolls }: RebalancingProblem, x: readonly number[]) =>
  penalty.reduce(
    (sum, row, i) =>
      sum +
      (x[i]! - targets[i]!) * row.reduce((part, value, j) => part + (value * (x[j]! - targets[j]!)) / 2, 0) +
      tolls[i]! * Math.abs(x[i]! - weights[i]!),
    0,
  )

describe('the quadratic program', () => {
  test('standing still is best exactly where the conditions of Karush, Kuhn and Tucker hold', () => {
    let [still, moving] = [0, 0]
    fc.assert(
      fc.property(problems, (problem) => {
        const advantage = bestAdvantage(problem) ?? -Infinity
        // At the very edge both answers are right to the accuracy of the solver.
        fc.pre(Math.abs(advantage) > 1e-9)
        const best = bestWeights(problem, solveByPairs)!
        const moved = Math.max(...best.map((weight, i) => Math.abs(weight - problem.weights[i]!)))
        if (advantage > 0) moving++
        else still++
        expect(moved > 1e-11).toBe(advantage > 0)
      }),
      { numRuns: 250 },
    )
    expect(Math.min(still, moving)).toBeGreaterThan(30)
  })

  test('the best weights keep the sum, nothing is sold short or moved where it is held, and no pair is worth trading', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const best = bestWeights(problem, solveByPairs)!
        expect(best.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9)
        for (const [i, weight] of best.entries()) {
          expect(weight >= 0 && weight <= 1).toBe(true)
          if (problem.isHeld[i]) expect(weight).toBe(problem.weights[i])
        }
        for (const [i, j] of [
          [0, 1],
          [1, 0],
        ] as const) {
          if (problem.isHeld[i] || problem.isHeld[j]) continue
          for (const step of [1e-4, 1e-2]) {
            const other = best.map((weight, k) => weight + (k === i ? step : k === j ? -step : 0))
            if (other[j]! >= 0) expect(objective(problem, other)).toBeGreaterThan(objective(problem, best) - 1e-9)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  test('two assets in closed form: they stop where κσ_rel²·d is what both tolls are together', () => {
    const problem: RebalancingProblem = {
      penalty: aCovariance([1, 2]).map((row) => [...row]),
      weights: [0.8, 0.2],
      targets: [0.5, 0.5],
      tolls: [0.2, 0.3],
      isHeld: [false, false],
    }
    expect(gradientOf(problem)[0]).toBeCloseTo(0.3, 12)
    expect(gradientOf(problem)[1]).toBeCloseTo(-1.2, 12)
    expect(bestAdvantage(problem)).toBeCloseTo(1, 12)
    const [first, second] = bestWeights(problem, solveByPairs)!
    expect(first).toBeCloseTo(0.6, 9)
    expect(second).toBeCloseTo(0.4, 9)
  })

  test('an answer that is none, of another size, out of bounds, unbalanced or worse than nothing is not used', () => {
    const problem: RebalancingProblem = {
      penalty: aCovariance([1, 1]),
      weights: [0.7, 0.3],
      targets: [0.5, 0.5],
      tolls: [0.01, 0.01],
      isHeld: [false, false],
    }
    const right = solveByPairs(programOf(problem))!
    expect(bestWeights(problem, () => right)).toBeDefined()
    for (const wrong of [
      undefined,
      right.slice(1),
      [NaN, 0, 0, 0],
      [0, Infinity, 0, 0],
      [0, 0.8, 0.8, 0],
      [0, 0.1, 0, 0],
      [0, -0.1, -0.1, 0],
      [0.1, 0, 0, 0.1],
    ])
      expect(bestWeights(problem, () => wrong)).toBeUndefined()
  })
})

describe('the quadratic-program policy', () => {
  const policy = quadraticPolicy.create({ minimumBand: 0n }, { solve: solveByPairs })
  const pair = (drift: number, fixedCost = 0) =>
    aState([anAssetState('ETH', 2_500, drift), anAssetState('USD', 7_500, -drift, { cost: 0 })], {
      covariance: aCovariance([0.6, 0]),
      fixedCost,
    })

  test.each([0, 2e-5, 2e-4])('of one asset against a free rest is its impulse band: a leg of %s', (fixedCost) => {
    const [eth] = impulseBandPolicy.create({ minimumBand: 0n }).decide(pair(0, fixedCost)).figures
    const edge = basisPointsOf(eth!.band)
    expect(policy.decide(pair(edge, fixedCost)).trade).toBe(false)
    const { trade, figures, levels } = policy.decide(pair(edge + 1, fixedCost))
    expect(trade).toBe(true)
    expect(ratioToNumber(figures[0]!.band)).toBeCloseTo(ratioToNumber(eth!.band), 9)
    expect(ratioToNumber(figures[0]!.inner)).toBeCloseTo(ratioToNumber(eth!.inner), 9)
    expect(levels[0]).toMatchObject({ lower: bps(2_500) - figures[0]!.inner, upper: bps(2_500) + figures[0]!.inner })
  })

  test('assets that move together are not traded against each other, which single bands would do', () => {
    const covariance = [
      [0.36, 0.3596, 0],
      [0.3596, 0.3604, 0],
      [0, 0, 0.0001],
    ]
    const state = aState(
      [anAssetState('ETH', 3_000, 800), anAssetState('stETH', 3_000, -800), anAssetState('USD', 4_000, 0)],
      { covariance },
    )
    expect(impulseBandPolicy.create({}).decide(state)).toMatchObject({ trade: true, breached: ['ETH', 'stETH'] })
    expect(policy.decide(state)).toMatchObject({ trade: false, breached: [] })
    expect(policy.decide(state).reasons.at(-1)).toMatch(/^No pair is worth trading: the best one lacks \d+ bps a year/)
    const apart = { ...state, covariance: aCovariance([0.6, 0.6, 0.01]) }
    expect(policy.decide(apart)).toMatchObject({ trade: true, breached: ['ETH', 'stETH'] })
    expect(policy.decide(apart).reasons.at(-1)).toMatch(/^The best pair to trade saves \d+ bps a year more/)
  })

  test.each([
    ['target', 0],
    ['half', 0.5],
    ['edge', 1],
  ] as const)('to %s', (reset, share) => {
    const { figures, levels } = quadraticPolicy.create({ reset }, { solve: solveByPairs }).decide(pair(900))
    const { band, inner } = figures[0]!
    expect(ratioToNumber(inner)).toBeCloseTo(share * ratioToNumber(band), 12)
    expect(levels[0]).toMatchObject({ upper: bps(2_500) + inner })
  })

  test('an asset whose legs settle is neither a reason nor moved', () => {
    const settling = pair(900)
    const [eth, usd] = settling.assets
    const assets = [{ ...eth!, settlesAt: settling.now + 1 }, usd!]
    expect(policy.decide({ ...settling, assets })).toMatchObject({ trade: false, breached: [] })
  })

  test.each<[string, ReturnType<typeof pair>, QuadraticSolver]>([
    ['prices are too few', { ...pair(201), covariance: undefined }, solveByPairs],
    [
      'ETH has no volatility against what it is traded for',
      { ...pair(201), covariance: aCovariance([0.6, 0.6], 1) },
      solveByPairs,
    ],
    ['the solver found no answer', pair(900), () => undefined],
  ])('goes by the configured bands when %s', (why, state, solve) => {
    const { trade, figures, reasons } = quadraticPolicy.create({}, { solve }).decide(state)
    expect(trade).toBe(true)
    expect(figures.map(({ band }) => band)).toEqual([bps(200), bps(200)])
    expect(reasons.at(-1)).toContain(why)
  })

  test('needs a solver', () => {
    expect(() => quadraticPolicy.create({})).toThrow(RebalancingInputError)
  })
})
