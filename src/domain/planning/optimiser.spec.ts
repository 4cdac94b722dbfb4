import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { anySetting, aSetting, bps, inputOf, type Setting, usd } from '../../../test/support/planning-input.js'
import { anyWorld, DEEP, problemOf, type PoolWorld, SOLVER, variedDepths } from '../../../test/support/pool-quotes.js'
import { RATIO_ONE } from '../units/ratio.js'
import type { PricedArc } from './curve-book.js'
import { appraise } from './fallbacks.js'
import type { LinearModel, Solution } from './linear-model.js'
import {
  boundModel,
  exactModel,
  fixedModel,
  type Flow,
  limitsOf,
  type Model,
  type Problem,
  relaxedModel,
} from './optimiser.js'

jest.setTimeout(60_000)

/** The gap to which models are solved, in basis points of NAV. */
const GAP = 2e-3
const few = { numRuns: 12, endOnFailure: true }

async function solve({ model, read }: Model): Promise<Extract<Solution, { values: unknown }> & { flows: Flow[] }> {
  const solution = await SOLVER.solve(model)
  if (!('values' in solution)) throw new Error(solution.reason)
  return { ...solution, flows: read(solution) }
}

const name = ({ priced: { arc } }: Flow) =>
  `${arc.kind} ${arc.from.token.asset}@${arc.from.token.chain} > ${arc.to.token.asset}@${arc.to.token.chain}`
const ofSetting = (
  changes: Partial<Setting> = {},
  world: PoolWorld = { ...DEEP, depth: variedDepths(4, 60_000_000) },
): Problem => problemOf(inputOf(aSetting(changes)), world)
const unmetShare = (problem: Problem, flows: readonly Flow[]) => appraise(problem, flows).unmet / problem.network.nav
const sentOver = (flows: readonly Flow[], kind: 'swap' | 'bridge') =>
  flows.filter(({ priced }) => priced.arc.kind === kind).reduce((sum, { sent }) => sum + sent, 0)
const problems = fc
  .tuple(anySetting, anyWorld)
  .map(([from, world]) => problemOf(inputOf(from), world))
  .filter(({ arcs }) => arcs.length > 0)

describe('the exact model', () => {
  test('reaches the levels, at the cost of what it trades', async () => {
    const problem = ofSetting()
    const { flows, status } = await solve(exactModel(problem))
    expect(status).toBe('optimal')
    expect(unmetShare(problem, flows)).toBeLessThan(1e-4)
    expect(flows.length).toBeGreaterThan(1)
  })

  test('goes to the nearer edge of the levels, no further', async () => {
    const edge = aSetting({ reset: RATIO_ONE })
    const [exactly, nearly] = [ofSetting(), problemOf(inputOf(edge), { ...DEEP, depth: variedDepths(4, 60_000_000) })]
    const [to, near] = [await solve(exactModel(exactly)), await solve(exactModel(nearly))]
    expect(unmetShare(nearly, near.flows)).toBeLessThan(1e-4)
    expect(sentOver(near.flows, 'swap')).toBeLessThan(sentOver(to.flows, 'swap'))
    expect(appraise(nearly, near.flows).cost).toBeLessThan(appraise(exactly, to.flows).cost)
  })

  test('leaves what it cannot reach unmet instead of having no solution', async () => {
    const problem = ofSetting({ policy: { maxLeg: usd(20_000) } })
    const { flows } = await solve(exactModel(problem))
    expect(flows.length).toBeGreaterThan(0)
    expect(unmetShare(problem, flows)).toBeGreaterThan(0.01)
    for (const { sent } of flows) expect(sent).toBeLessThanOrEqual(20_000 * (1 + 1e-6))
  })

  test('does nothing where no arc is offered', async () => {
    const problem = { ...ofSetting(), arcs: [] }
    expect((await solve(exactModel(problem))).flows).toEqual([])
  })

  test('never sends less than a minimum trade over an arc', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const { flows } = await solve(exactModel(problem))
        const least = Number(problem.policy.minimumTrade / 10n ** 12n) / 1e6
        for (const { sent, priced } of flows) {
          expect(sent).toBeGreaterThanOrEqual(least * (1 - 1e-5))
          expect(sent).toBeLessThanOrEqual(priced.cap)
        }
      }),
      few,
    )
  })

  test('burns no more gas on a chain than its tank holds', async () => {
    const problem = ofSetting()
    const used = (await solve(exactModel(problem))).flows.filter(
      ({ priced }) => priced.arc.from.token.chain === 'alpha',
    )
    expect(used.length).toBeGreaterThan(1)
    const tank = used[0]!.priced.gas * (used.length - 0.5)
    const tanks = new Map([...problem.network.tanks, ['alpha', tank]])
    const { flows } = await solve(exactModel({ ...problem, network: { ...problem.network, tanks } }))
    expect(flows.filter(({ priced }) => priced.arc.from.token.chain === 'alpha').length).toBe(used.length - 1)
  })

  test('uses no more legs than allowed', async () => {
    for (const maxLegs of [0, 1, 2, 3]) {
      const { flows } = await solve(exactModel(ofSetting({ policy: { maxLegs } })))
      expect(flows.length).toBeLessThanOrEqual(maxLegs)
    }
  })

  /** A second arc of the group of the first swap that is used, a little dearer. */
  const twin = ({ priced }: Flow): PricedArc => ({ ...priced, evaluate: (sent) => priced.evaluate(sent) * 0.9999 })
  const shallow: PoolWorld = { ...DEEP, depth: () => usd(15_000_000) }

  test('uses one arc of a liquidity group, and all where their pools are separate (theory 8.7)', async () => {
    const problem = ofSetting({}, shallow)
    const largest = (await solve(exactModel(problem))).flows
      .filter(({ priced }) => priced.arc.kind === 'swap')
      .toSorted((a, b) => b.sent - a.sent)[0]!
    const second = twin(largest)
    const used = async (arcs: readonly PricedArc[]) =>
      (await solve(exactModel({ ...problem, arcs }))).flows.filter(({ priced }) => priced.arc === largest.priced.arc)
        .length
    expect(await used([...problem.arcs, second])).toBe(1)
    const parts = [
      { ...largest.priced, only: 'one' },
      { ...second, only: 'two' },
    ]
    expect(await used([...problem.arcs.filter((one) => one !== largest.priced), ...parts])).toBe(2)
  })

  test('uses one arc of each group anywhere, and no pair of tokens in both directions (theory 8.7)', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const { flows } = await solve(exactModel(problem))
        const groups = flows.flatMap(({ priced: { arc } }) => arc.group ?? [])
        expect(new Set(groups).size).toBe(groups.length)
        for (const { priced: one } of flows)
          expect(
            flows.some(({ priced: other }) => other.arc.from === one.arc.to && other.arc.to === one.arc.from),
          ).toBe(false)
      }),
      few,
    )
  })

  test('keeps chains within their shares where it can, and does the rest where it cannot (theory 8.2)', async () => {
    const shareOf = (problem: Problem, flows: readonly Flow[], chain: string) => {
      let value = problem.network.nodes
        .filter(({ token }) => token.chain === chain)
        .reduce((sum, node) => sum + node.value, 0)
      for (const { priced, sent } of flows) {
        if (priced.arc.from.token.chain === chain) value -= sent
        if (priced.arc.to.token.chain === chain) value += priced.evaluate(sent) - priced.kept
      }
      return value / problem.network.nav
    }
    const free = ofSetting()
    const before = shareOf(free, (await solve(exactModel(free))).flows, 'alpha')
    const bound = (maximum: number) =>
      ofSetting({ policy: { chainShares: { alpha: { minimum: 0n, maximum: bps(maximum) } } } })
    const reachable = bound(Math.floor((before - 0.1) * 10_000))
    const { flows } = await solve(exactModel(reachable))
    expect(shareOf(reachable, flows, 'alpha')).toBeLessThanOrEqual(before - 0.1 + 1e-4)
    expect(unmetShare(reachable, flows)).toBeLessThan(1e-4)
    const none = bound(0)
    const hopeless = { ...none, arcs: none.arcs.filter(({ arc }) => arc.kind === 'swap') }
    expect((await solve(exactModel(hopeless))).flows.length).toBeGreaterThan(0)
  })

  test('empties a chain that holds more than its share, though every asset lies within its levels', async () => {
    const input = inputOf({
      assets: [
        { key: 'USD', class: 'stable', price: 1, target: 5_000, on: { alpha: 6, beta: 6 }, held: { beta: 500_000 } },
        { key: 'ETH', class: 'major', price: 3_000, target: 5_000, on: { alpha: 18 }, held: { alpha: 494_000 } },
      ],
      reset: RATIO_ONE,
      policy: {
        targets: ['USD', 'ETH'].map((asset) => ({ asset, weight: bps(5_000), absoluteBand: bps(1_000) })),
        chainShares: { alpha: { minimum: 0n, maximum: bps(4_500) } },
      },
    })
    // Each asset is where it should be: levels as wide as the bands.
    const wide = input.levels.map(({ asset }) => ({ asset, lower: bps(4_000), upper: bps(6_000) }))
    const problem = problemOf({ ...input, levels: wide }, DEEP)
    const { flows } = await solve(exactModel(problem))
    const left = 494_000 - sentOver(flows, 'bridge')
    expect(flows.map(name)).toEqual(
      expect.arrayContaining(['swap ETH@alpha > USD@alpha', 'bridge USD@alpha > USD@beta']),
    )
    expect(left).toBeLessThan(452_000)
  })

  test('brings two that lack less than a minimum trade there, each by one', async () => {
    const assets = [
      { key: 'USD', class: 'stable' as const, price: 1, target: 8_000, on: { alpha: 6 }, held: { alpha: 803_540 } },
      { key: 'BTC', class: 'major' as const, price: 60_000, target: 1_000, on: { alpha: 8 }, held: { alpha: 96_730 } },
      { key: 'LINK', class: 'other' as const, price: 15, target: 1_000, on: { alpha: 18 }, held: { alpha: 96_230 } },
    ]
    const input = inputOf({ assets, policy: { minimumTrade: usd(6_000) } })
    const wide = input.levels.map((one) =>
      one.asset === 'USD' ? { ...one, lower: bps(7_000), upper: bps(9_000) } : { ...one, upper: bps(1_100) },
    )
    const problem = problemOf({ ...input, levels: wide }, DEEP)
    const { flows } = await solve(exactModel(problem))
    expect(flows.map(name)).toEqual(['swap USD@alpha > BTC@alpha', 'swap USD@alpha > LINK@alpha'])
  })

  test('sends no more over one bridge than its share of the whole', async () => {
    const shares = { alpha: { minimum: 0n, maximum: bps(2_000) } }
    const free = ofSetting({ policy: { chainShares: shares } })
    const tight = ofSetting({ policy: { chainShares: shares, maxBridgeShare: bps(1_000) } })
    const carried = async (problem: Problem) =>
      sentOver((await solve(exactModel(problem))).flows, 'bridge') / problem.network.nav
    expect(await carried(free)).toBeGreaterThan(0.11)
    expect(await carried(tight)).toBeLessThanOrEqual(0.1 + 1e-6)
  })
})

describe('the forms of one problem', () => {
  test('the bound is no more than any solution scores, the relaxation is near, the exact one is between', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const [bound, exact] = [await solve(boundModel(problem)), await solve(exactModel(problem))]
        const toBps = 10_000 / problem.network.nav
        expect(bound.bound).toBeLessThanOrEqual(appraise(problem, exact.flows).score * toBps + GAP)
        expect(bound.bound).toBeLessThanOrEqual(exact.objective + GAP)
      }),
      few,
    )
  })

  test('with the arcs of the exact solution fixed, the cost is the same', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const exact = await solve(exactModel(problem))
        fc.pre(exact.flows.length > 0 && exact.status === 'optimal')
        const used = new Set(exact.flows.map(({ priced }) => priced))
        const fixed = await solve(fixedModel({ ...problem, arcs: problem.arcs.filter((one) => used.has(one)) }))
        expect(fixed.objective).toBeLessThanOrEqual(exact.objective + GAP + 2e-3 * exact.objective)
      }),
      few,
    )
  })

  test('the relaxation has no whole numbers, the exact model one per arc', () => {
    const problem = ofSetting()
    const whole = ({ columns }: LinearModel) => columns.isInteger.filter(Boolean).length
    expect(whole(relaxedModel(problem).model)).toBe(0)
    expect(whole(boundModel(problem).model)).toBe(0)
    expect(whole(fixedModel(problem).model)).toBe(0)
    expect(whole(exactModel(problem).model)).toBe(problem.arcs.length)
  })

  test('the search is bounded by time where a time is given, and by nodes alone where none is', () => {
    const planning = { maxQuotes: 1, deadlineMs: 1, solverSeconds: 3 }
    const { policy } = inputOf(aSetting({ policy: { planning } }))
    expect(limitsOf(policy)).toMatchObject({ seconds: 3 })
    const timeless = limitsOf({ ...policy, planning: { ...planning, solverSeconds: undefined } })
    expect(timeless.seconds).toBeUndefined()
    expect(timeless.nodes).toBeGreaterThan(0)
  })
})

describe('monotone, up to the gap (theory 8.4)', () => {
  const isSolved = (...all: readonly { status: string }[]) => all.every(({ status }) => status === 'optimal')
  const slack = (...all: readonly { objective: number }[]) =>
    all.reduce((sum, { objective }) => sum + GAP + 2e-3 * objective, 0)

  test('wider levels cost no more', async () => {
    await fc.assert(
      fc.asyncProperty(problems, fc.integer({ min: 1, max: 500 }), async (problem, wider) => {
        const places = problem.network.places.map((place) => ({
          ...place,
          lower: Math.max(0, place.lower - wider / 10_000),
          upper: Math.min(1, place.upper + wider / 10_000),
        }))
        const wide = { ...problem, network: { ...problem.network, places } }
        const [narrow, loose] = [await solve(exactModel(problem)), await solve(exactModel(wide))]
        fc.pre(isSolved(narrow, loose))
        expect(loose.objective).toBeLessThanOrEqual(narrow.objective + slack(narrow))
      }),
      few,
    )
  })

  test('an additional arc costs no more', async () => {
    await fc.assert(
      fc.asyncProperty(problems, fc.nat(), async (problem, index) => {
        const fewer = { ...problem, arcs: problem.arcs.toSpliced(index % problem.arcs.length, 1) }
        const [without, all] = [await solve(exactModel(fewer)), await solve(exactModel(problem))]
        fc.pre(isSolved(without, all))
        expect(all.objective).toBeLessThanOrEqual(without.objective + slack(without))
      }),
      few,
    )
  })

  test('an additional venue costs no more', async () => {
    await fc.assert(
      fc.asyncProperty(anySetting, anyWorld, async (from, world) => {
        const [fewer, more] = [['one'], ['one', 'two']].map((venues) => problemOf(inputOf({ ...from, venues }), world))
        fc.pre(fewer!.arcs.length > 0)
        const [alone, both] = [await solve(exactModel(fewer!)), await solve(exactModel(more!))]
        fc.pre(isSolved(alone, both))
        const worth = (problem: Problem, { flows }: { flows: readonly Flow[] }) =>
          (appraise(problem, flows).score / problem.network.nav) * 10_000
        expect(worth(more!, both)).toBeLessThanOrEqual(worth(fewer!, alone) * 1.02 + slack(alone))
      }),
      { numRuns: 15, endOnFailure: true },
    )
  })

  test('dearer gas means no more legs, where a leg costs the same everywhere', async () => {
    await fc.assert(
      fc.asyncProperty(problems, fc.integer({ min: 2, max: 200 }), async (problem, factor) => {
        const tanks = new Map([...problem.network.tanks].map(([chain]) => [chain, 1e9]))
        const at = (times: number): Problem => ({
          ...problem,
          network: { ...problem.network, tanks },
          arcs: problem.arcs.map((one) => ({ ...one, charge: one.charge * times, gas: one.gas * times })),
        })
        const [cheap, dear] = [await solve(exactModel(at(1))), await solve(exactModel(at(factor)))]
        fc.pre(isSolved(cheap, dear))
        // By exchange: (k₂ − k₁)·(legs₂ − legs₁)·charge is no more than both gaps together.
        const charge = ((problem.arcs[0]!.charge * 10_000) / problem.network.nav) * (factor - 1)
        expect(dear.flows.length - cheap.flows.length).toBeLessThanOrEqual(slack(cheap, dear) / charge)
      }),
      few,
    )
  })
})

describe('of any size and order', () => {
  test('all values times a factor give the same flows in proportion (theory 8.5)', async () => {
    const [small, large] = [1, 1_000].map((by) => {
      const problem = ofSetting()
      const place = (one: Problem['network']['places'][number]) => ({
        ...one,
        value: one.value * by,
      })
      const nodes = new Map(problem.network.nodes.map((node) => [node, { ...node, value: node.value * by }]))
      return {
        network: {
          ...problem.network,
          nav: problem.network.nav * by,
          places: problem.network.places.map(place),
          nodes: [...nodes.values()],
          tanks: new Map([...problem.network.tanks].map(([chain, tank]) => [chain, tank * by])),
        },
        policy: { ...problem.policy, minimumTrade: problem.policy.minimumTrade * BigInt(by) },
        arcs: problem.arcs.map((one) => ({
          ...one,
          arc: { ...one.arc, from: nodes.get(one.arc.from)!, to: nodes.get(one.arc.to)! },
          evaluate: (sent: number) => one.evaluate(sent / by) * by,
          cap: one.cap * by,
          charge: one.charge * by,
          gas: one.gas * by,
          kept: one.kept * by,
        })),
        around: new Map(),
      }
    })
    const [one, other] = [await solve(exactModel(small!)), await solve(exactModel(large!))]
    expect(other.flows.map(name)).toEqual(one.flows.map(name))
    expect(other.objective).toBeCloseTo(one.objective, 4)
    for (const [index, { sent }] of one.flows.entries())
      expect(other.flows[index]!.sent / sent / 1_000).toBeCloseTo(1, 4)
  })

  test('the order of the arcs does not change the cost by more than the gap (theory 8.6)', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const turned = { ...problem, arcs: problem.arcs.toReversed() }
        const [one, other] = [await solve(exactModel(problem)), await solve(exactModel(turned))]
        fc.pre(one.status === 'optimal' && other.status === 'optimal')
        expect(Math.abs(one.objective - other.objective)).toBeLessThanOrEqual(GAP + 2e-3 * one.objective)
      }),
      few,
    )
  })
})
