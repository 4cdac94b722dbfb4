import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { loadHighsQuadratic, loadQuadraticSolver } from '../../src/adapters/optimiser/highs-quadratic.js'
import { impulseBandPolicy } from '../../src/domain/rebalancing/impulse-band-policy.js'
import {
  bestWeights,
  programOf,
  type QuadraticProgram,
  type QuadraticSolver,
  type RebalancingProblem,
} from '../../src/domain/rebalancing/quadratic-program.js'
import { quadraticPolicy } from '../../src/domain/rebalancing/quadratic-policy.js'
import { ratioToNumber } from '../../src/domain/units/ratio.js'
import { aCovariance, anAssetState, anyState, aState, solveByPairs } from '../support/rebalancing.js'

let solve: QuadraticSolver
let solveByHighs: QuadraticSolver
beforeAll(async () => {
  solve = await loadQuadraticSolver()
  solveByHighs = await loadHighsQuadratic()
})

/** Least distance from (1, 2) with x + y = 2 and both between 0 and 1.2: (0.8, 1.2). */
const program: QuadraticProgram = {
  quadratic: [
    [2, 0],
    [0, 2],
  ],
  linear: [-2, -4],
  lower: [0, 0],
  upper: [1.2, 1.2],
  rows: [{ coefficients: [1, 1], lower: 2, upper: 2 }],
}

const problems: fc.Arbitrary<RebalancingProblem> = fc.integer({ min: 2, max: 8 }).chain((size) => {
  const numbers = (min: number, max: number, length = size) =>
    fc.array(fc.double({ min, max, noNaN: true }), { minLength: length, maxLength: length })
  const shares = numbers(0.01, 1).map((parts) => parts.map((part) => part / parts.reduce((sum, one) => sum + one, 0)))
  return fc
    .record({
      loadings: fc.array(numbers(-1, 1, 3), { minLength: size, maxLength: size }),
      weights: shares,
      targets: shares,
      tolls: numbers(0, 0.3),
      isHeld: fc.array(fc.constantFrom(false, false, false, true), { minLength: size, maxLength: size }),
    })
    .map(({ loadings, ...rest }) => ({
      ...rest,
      penalty: loadings.map((a, i) =>
        loadings.map((b, j) => a.reduce((sum, one, k) => sum + one * b[k]!, i === j ? 0.1 : 0)),
      ),
    }))
})

/** What is left of the yearly objective: less is better. */
const objective = ({ penalty, weights, targets, tolls }: RebalancingProblem, x: readonly number[]) =>
  penalty.reduce(
    (sum, row, i) =>
      sum +
      (x[i]! - targets[i]!) * row.reduce((part, value, j) => part + (value * (x[j]! - targets[j]!)) / 2, 0) +
      tolls[i]! * Math.abs(x[i]! - weights[i]!),
    0,
  )

describe.each([
  ['by HiGHS alone', () => solveByHighs],
  ['by pairs first', () => solve],
])('quadratic programs %s', (_, solver) => {
  const solve: QuadraticSolver = (program) => solver()(program)

  test('are solved', () => {
    const [x, y] = solve(program)!
    expect(x).toBeCloseTo(0.8, 6)
    expect(y).toBeCloseTo(1.2, 6)
  })

  test('of rebalancing are as good as by another method', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const [ours, theirs] = [bestWeights(problem, solve), bestWeights(problem, solveByPairs)]
        expect(ours).toBeDefined()
        expect(objective(problem, ours!)).toBeLessThanOrEqual(objective(problem, theirs!) + 1e-7)
      }),
      { numRuns: 200 },
    )
  })

  test('have the same answer whatever was solved before', () => {
    const answers = fc.sample(problems, { numRuns: 30, seed: 7 }).map((problem) => {
      const own = solve(programOf(problem))
      solve(program)
      return [own, solve(programOf(problem))]
    })
    for (const [one, other] of answers) expect(other).toEqual(one)
  })

  test.each<[string, Partial<QuadraticProgram>]>([
    ['without a solution', { rows: [{ coefficients: [1, 1], lower: 3, upper: 3 }] }],
    ['without variables', { quadratic: [], linear: [], lower: [], upper: [], rows: [] }],
    ['of several sizes', { linear: [-2] }],
    ['with a row of another size', { rows: [{ coefficients: [1], lower: 0, upper: 0 }] }],
    ['with what is no number', { linear: [NaN, 1] }],
    ['with a bound that is none', { upper: [1, Infinity] }],
    ['with nothing between its bounds', { lower: [2, 0] }],
    [
      'with a coefficient beyond all measure',
      {
        quadratic: [
          [1e300, 0],
          [0, 1],
        ],
      },
    ],
    [
      'that is not convex',
      {
        quadratic: [
          [-2, 0],
          [0, -2],
        ],
        rows: [],
      },
    ],
  ])('%s have none', (_, changes) => {
    expect(solve({ ...program, ...changes })).toBeUndefined()
    expect(solve(program)![0]).toBeCloseTo(0.8, 6)
  })

  test('are fast enough to ask in a decision', () => {
    const some = fc.sample(problems, { numRuns: 200, seed: 3 }).map(programOf)
    const start = performance.now()
    for (const one of some) solve(one)
    expect((performance.now() - start) / some.length).toBeLessThan(20)
  })
})

describe('the quadratic-program policy with HiGHS', () => {
  test('decides about any state, the same way twice', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const policy = quadraticPolicy.create({}, { solve })
        expect(policy.decide(state)).toEqual(policy.decide(state))
      }),
    )
  })

  test('of one asset against a free rest is its impulse band', () => {
    const state = aState([anAssetState('ETH', 2_500, 900), anAssetState('USD', 7_500, -900, { cost: 0 })], {
      covariance: aCovariance([0.6, 0]),
      fixedCost: 2e-5,
    })
    const [ours] = quadraticPolicy.create({ minimumBand: 0n }, { solve }).decide(state).figures
    const [band] = impulseBandPolicy.create({ minimumBand: 0n }).decide(state).figures
    expect(ratioToNumber(ours!.band)).toBeCloseTo(ratioToNumber(band!.band), 6)
  })
})
