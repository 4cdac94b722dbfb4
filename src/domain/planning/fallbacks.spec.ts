import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { anySetting, aSetting, inputOf, type Setting, usd } from '../../../test/support/planning-input.js'
import { anyWorld, DEEP, problemOf, SOLVER, variedDepths } from '../../../test/support/pool-quotes.js'
import { usdToNumber } from '../units/usd.js'
import type { PricedArc } from './curve-book.js'
import { appraise, byMarginalPrice, greedyFlows, inOneOrder, naiveFlows, waterFillingFlows } from './fallbacks.js'
import { exactModel, type Flow, type Problem, UNMET_PRICE } from './optimiser.js'

jest.setTimeout(60_000)

const problems = fc.tuple(anySetting, anyWorld).map(([from, world]) => problemOf(inputOf(from), world))
const world = { ...DEEP, depth: variedDepths(4, 60_000_000) }
const methods = [
  ['water-filling', waterFillingFlows],
  ['greedy', greedyFlows],
  ['naive', naiveFlows],
] as const

/** What lies at each node after the flows, in their order; undefined as soon as something is sent that is not there. */
function played(problem: Problem, flows: readonly Flow[]): ReadonlyMap<unknown, number> | undefined {
  const held = new Map<unknown, number>(problem.network.nodes.map((node) => [node, node.value]))
  for (const { priced, sent } of flows) {
    const { from, to } = priced.arc
    if (held.get(from)! - sent < -1e-6) return undefined
    held.set(from, held.get(from)! - sent)
    held.set(to, held.get(to)! + priced.evaluate(sent) - priced.kept)
  }
  return held
}

describe.each(methods)('%s', (_name, find) => {
  test('sends only what is there or has come, at least a minimum trade, at most what an arc takes', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const flows = find(problem)
        expect(played(problem, flows)).toBeDefined()
        for (const { priced, sent } of flows) {
          expect(sent).toBeGreaterThanOrEqual(usdToNumber(problem.policy.minimumTrade) * (1 - 1e-9))
          const offered = problem.arcs.find(({ arc }) => arc.key === priced.arc.key)!
          expect(sent).toBeLessThanOrEqual(offered.cap * (1 + 1e-9))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('meets each side of a market on each chain once (theory 8.7)', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const keys = find(problem).map(({ priced: { arc } }) => arc.group ?? arc.key)
        expect(new Set(keys).size).toBe(keys.length)
      }),
      { numRuns: 50 },
    )
  })

  test('does nothing where nothing is offered', () => {
    expect(find({ ...problemOf(inputOf(aSetting()), world), arcs: [] })).toEqual([])
  })

  test('is the same for the same problem', () => {
    const once = () => find(problemOf(inputOf(aSetting()), world)).map(({ priced, sent }) => [priced.arc.key, sent])
    expect(once()).toEqual(once())
  })
})

test('greedy is never worse than naive (theory 8.3)', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      expect(appraise(problem, greedyFlows(problem)).score).toBeLessThanOrEqual(
        appraise(problem, naiveFlows(problem)).score,
      )
    }),
    { numRuns: 50 },
  )
})

test('what it appraises is value sent less value received, charges, and the distance left at its price', () => {
  const problem = problemOf(inputOf(aSetting()), world)
  const nothing = appraise(problem, [])
  expect(nothing.cost).toBe(0)
  expect(nothing.score).toBeCloseTo(nothing.unmet * UNMET_PRICE, 9)
  const sale = problem.arcs.find(({ arc }) => arc.group === 'ETH on alpha, sell')!
  const { cost, unmet } = appraise(problem, [{ priced: sale, sent: 10_000 }])
  expect(cost).toBeCloseTo(10_000 - sale.evaluate(10_000) + sale.charge, 9)
  expect(unmet).toBeLessThan(nothing.unmet)
})

describe('water-filling', () => {
  /** Nothing binds but the pools: small minimum, large legs, one hub, gas for all. */
  const free = fc
    .record({
      held: fc.array(fc.integer({ min: 50_000, max: 900_000 }), { minLength: 9, maxLength: 9 }),
      parts: fc.array(fc.integer({ min: 2, max: 8 }), { minLength: 3, maxLength: 3 }),
      seed: fc.integer({ min: 1, max: 1_000 }),
    })
    .map(({ held, parts, seed }) => {
      const chains = ['alpha', 'beta', 'gamma']
      const whole = parts.reduce((sum, part) => sum + part, 0)
      const shares = parts.map((part) => Math.floor((part * 10_000) / whole))
      shares[0]! += 10_000 - shares.reduce((sum, one) => sum + one, 0)
      const from: Setting = {
        assets: aSetting().assets.map((spec, index) => ({
          ...spec,
          target: shares[index]!,
          on: Object.fromEntries(chains.map((chain) => [chain, 18])),
          held: Object.fromEntries(chains.map((chain, at) => [chain, held[3 * index + at]!])),
        })),
        native: Object.fromEntries(chains.map((chain) => [chain, 6_000])),
        policy: { minimumTrade: usd(100), maxLeg: usd(10_000_000) },
      }
      const depth = variedDepths(seed, 200_000_000)
      return problemOf(inputOf(from), {
        ...DEEP,
        bridgeFixed: usd(0.1),
        depth: (...place) => depth(...place) ?? usd(100_000_000),
      })
    })

  test('mostly scores within 8 percent of the exact model where no side constraint binds, and never twice as much', async () => {
    const ratios: number[] = []
    for (const problem of fc.sample(free, { numRuns: 40, seed: 3 })) {
      const { model, read } = exactModel(problem)
      const solution = await SOLVER.solve(model)
      if (!('values' in solution)) throw new Error(solution.reason)
      ratios.push(appraise(problem, waterFillingFlows(problem)).score / appraise(problem, read(solution)).score)
    }
    const sorted = ratios.toSorted((a, b) => a - b)
    expect(sorted[0]).toBeGreaterThan(0.99)
    expect(sorted[Math.floor(0.6 * sorted.length)]).toBeLessThan(1.08)
    expect(sorted.at(-1)).toBeLessThan(2)
  })
})

describe('a division over arcs', () => {
  const arcs = problemOf(inputOf(aSetting()), world).arcs.filter(
    ({ arc }) => arc.group?.startsWith('ETH') && arc.group.endsWith('sell') && arc.from.value > 10_000,
  )
  const none = () => 0
  const total = (flows: readonly Flow[]) => flows.reduce((sum, { sent }) => sum + sent, 0)

  test('in one order uses one arc while that has room, then the next', () => {
    expect(arcs.length).toBeGreaterThan(1)
    expect(inOneOrder(arcs, 5_000, none)).toHaveLength(1)
    const narrow = arcs.map((one): PricedArc => ({ ...one, cap: 3_000 }))
    expect(inOneOrder(narrow, 5_000, none).map(({ sent }) => sent)).toEqual([3_000, 2_000])
  })

  test('by marginal price leaves no arc where the next dollar would bring more', () => {
    const flows = byMarginalPrice(100)(arcs, 150_000, none)
    expect(total(flows)).toBeCloseTo(150_000, 6)
    expect(flows.length).toBeGreaterThan(1)
    const marginal = ({ priced, sent }: Flow) => (priced.evaluate(sent) - priced.evaluate(sent - 100)) / 100
    const [low, high] = [Math.min(...flows.map(marginal)), Math.max(...flows.map(marginal))]
    expect(high - low).toBeLessThan(5e-4)
  })

  test('by marginal price gives what falls below the minimum to the others, and nothing below it at all', () => {
    for (const { sent } of byMarginalPrice(60_000)(arcs, 150_000, none)) expect(sent).toBeGreaterThanOrEqual(60_000)
    expect(byMarginalPrice(100)(arcs, 99, none)).toEqual([])
  })

  test('leans away from where lying is dear', () => {
    const [first] = byMarginalPrice(100)(arcs, 150_000, none)
    const { chain } = first!.priced.arc.from.token
    const sentOn = (flows: readonly Flow[]) =>
      flows.find(({ priced }) => priced.arc.from.token.chain === chain)?.sent ?? 0
    const leaning = byMarginalPrice(100)(arcs, 150_000, (one) => (one === chain ? 1e-3 : 0))
    expect(sentOn(leaning)).toBeLessThan(first!.sent)
  })
})
