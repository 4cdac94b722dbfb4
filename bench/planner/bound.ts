import { ModelBuilder, type SolveLimits, type Solution } from '../../src/domain/planning/linear-model.js'
import type { Solver } from '../../src/ports/solver.js'
import { unmetOf } from './account.js'
import { APPROVAL_UNITS, gasOn } from './gas.js'
import { type Instance, navOf, pricesOf } from './instance.js'
import type { World } from './world.js'

export interface LowerBound {
  readonly usd: number
  readonly method: 'milp' | 'lp'
  readonly rounds: number
  readonly ms: number
}

/** NAV in the units of the model. */
const SCALE = 10_000
/** Tangents of every pool to begin with, at these shares of NAV; more are added where the solution lies. */
const FIRST_TANGENTS = [0, 1e-3, 1e-2, 0.1]
const NEARBY = [0.8, 1, 1.25]
const LP_ROUNDS = 12
const MILP_ROUNDS = 3
/** Pools with a bound small enough to prove with whole numbers. */
const MOST_WHOLE = 700
const EXACT_ENOUGH = 2e-4

/**
 * A value in USD below which no plan can end within the same distances of the reset levels as `values` did, whatever it
 * trades, splits and carries in this world.
 *
 * Why nothing executable costs less:
 *
 * - The model moves value through the pools themselves, whoever quotes them, in any split. A pool keeps its fee outside
 *   the reserves, so trades one after another in one direction bring together what one trade of their sum brings, and
 *   trades to and fro bring less than their net. What any sequence of routes leaves is therefore a net trade per pool
 *   that brings at most `f(x)`, and `f` is concave: every tangent lies above it. Tangents are added where the solution
 *   lies until that costs nothing, and each round is a bound by itself.
 * - Balances count only at the end: what is bought may be spent before it is there. Smallest and largest legs, leg
 *   counts, loss limits and tanks are left out, and so is what a venue does not see. All of these only take freedom from
 *   a plan.
 * - A route fills at whole pools and pays gas per pool (`perPool`), and each call pays the rest of a call's gas once.
 *   A call sells one asset and buys one. An asset of which an account has less after all calls of a chain was sold by one
 *   of them, one of which it has more was bought; so a chain sees at least as many calls as assets leave, and at least as
 *   many as come. `calls` is at least both. An asset that routes do not pass through is moreover sold or bought by a call
 *   wherever a pool of it is used. No asset is taken to leave or come on one chain for more than NAV.
 * - A bridge used at all pays its gas and its fixed fee once. One use carries at most its capacity.
 * - Whether something is used is a whole number or, in a relaxation, lies between zero and one; a tangent
 *   `α + β x` counts as `α u + β x`, which is the same at both ends. A search that was cut off gives its proven bound.
 */
export async function lowerBound(
  instance: Instance,
  world: World,
  values: ReadonlyMap<string, number>,
  solver: Solver,
  seconds = 20,
): Promise<LowerBound> {
  const startedAt = performance.now()
  const model = new BoundModel(instance, world, unmetOf(instance, values))
  const limits = () => ({
    relativeGap: 5e-4,
    absoluteGap: 1e-5,
    seconds: Math.max(1, seconds - (performance.now() - startedAt) / 1000),
  })
  let [best, rounds, isWhole] = [-Infinity, 0, false]
  for (let round = 0; round < LP_ROUNDS; round++) {
    const solution = await solver.solve(model.build(limits(), false))
    if (solution.status !== 'optimal') break
    rounds++
    best = Math.max(best, solution.bound)
    if (model.refine(solution.values) < EXACT_ENOUGH * Math.abs(solution.bound)) break
  }
  if (model.uses <= MOST_WHOLE)
    for (let round = 0; round < MILP_ROUNDS && performance.now() - startedAt < 1000 * seconds; round++) {
      const solution: Solution = await solver.solve(model.build(limits(), true))
      if (solution.status !== 'optimal' && solution.status !== 'limit') break
      rounds++
      best = Math.max(best, solution.bound)
      isWhole = true
      if (model.refine(solution.values) < EXACT_ENOUGH * Math.abs(solution.bound)) break
    }
  return {
    usd: (best * navOf(instance)) / SCALE,
    method: isWhole ? 'milp' : 'lp',
    rounds,
    ms: performance.now() - startedAt,
  }
}

/** A pool in one direction, in units of the model. */
interface PoolArc {
  readonly chain: string
  readonly sold: string
  readonly bought: string
  readonly gas: number
  /** Value of both reserves at oracle prices, and the share of a sale that is not fee. */
  readonly into: number
  readonly outOf: number
  readonly kept: number
  readonly tangents: number[]
}

interface Columns {
  readonly sent: number
  readonly lost: number
  readonly use: number | undefined
}

type Entries = Map<number, number>
/** The column that says whether an asset is sold, or bought, on a chain, by `<asset> on <chain>`. */
type Sides = Record<'sold' | 'bought', Map<string, number>>

class BoundModel {
  private readonly unit: number
  private readonly arcs: readonly PoolArc[]
  private readonly prices: ReadonlyMap<string, number>
  private columns: readonly Columns[] = []
  /** How many yes-or-no columns the model with whole numbers has. */
  uses = 0

  constructor(
    private readonly instance: Instance,
    private readonly world: World,
    private readonly unmet: ReadonlyMap<string, number>,
  ) {
    this.unit = SCALE / navOf(instance)
    this.prices = pricesOf(instance)
    this.arcs = instance.pools.flatMap(({ chain, assets, feeBps }, index) => {
      const gas = gasOn(instance.chains.find(({ key }) => key === chain)!)
      const reserves = world.reservesOf(index)
      return [0, 1].map((side): PoolArc => ({
        chain,
        sold: assets[side]!,
        bought: assets[1 - side]!,
        gas: (gas.swapUnits(2) - gas.swapUnits(1)) * gas.usdPerUnit * this.unit,
        into: reserves[side]! * this.prices.get(assets[side]!)! * this.unit,
        outOf: reserves[1 - side]! * this.prices.get(assets[1 - side]!)! * this.unit,
        kept: 1 - feeBps / 10_000,
        tangents: FIRST_TANGENTS.map((share) => share * SCALE),
      }))
    })
    this.uses = this.arcs.filter(({ gas }) => gas > 0).length + instance.bridges.length
  }

  build(limits: SolveLimits, isWhole: boolean) {
    const builder = new ModelBuilder()
    const nodes = new Map<string, Entries>()
    const nodeOf = (asset: string, chain: string) => {
      const key = `${asset} on ${chain}`
      const known = nodes.get(key) ?? new Map<number, number>()
      nodes.set(key, known)
      return known
    }
    const sides: Sides = { sold: new Map<string, number>(), bought: new Map<string, number>() }
    this.columns = this.arcs.map((arc) => {
      const sent = builder.column(0, 0, Infinity)
      const lost = builder.column(1, -Infinity, Infinity)
      const use = builder.column(arc.gas, 0, 1, isWhole)
      for (const point of arc.tangents) {
        const { offset, slope } = tangentAt(arc, point)
        builder.row(0, Infinity, [
          [lost, 1],
          [sent, slope - 1],
          [use, offset],
        ])
      }
      nodeOf(arc.sold, arc.chain).set(sent, -1)
      const bought = nodeOf(arc.bought, arc.chain)
      bought.set(sent, 1)
      bought.set(lost, -1)
      for (const side of ['sold', 'bought'] as const) {
        const asset = arc[side]
        if (this.world.connectorsOn(arc.chain).includes(asset)) continue
        const key = `${asset} on ${arc.chain}`
        const touched = sides[side].get(key) ?? builder.column(0, 0, 1, isWhole)
        sides[side].set(key, touched)
        builder.row(0, Infinity, [
          [touched, 1],
          [use, -1],
        ])
      }
      return { sent, lost, use }
    })
    this.addCalls(builder, nodes, sides, isWhole)
    this.addBridges(builder, nodeOf, isWhole)
    this.addEnd(builder, nodeOf)
    return builder.build(limits)
  }

  /** One column per asset that leaves or comes on each chain; together they are the least number of calls. */
  private addCalls(builder: ModelBuilder, nodes: ReadonlyMap<string, Entries>, sides: Sides, isWhole: boolean): void {
    for (const chain of this.instance.chains) {
      const gas = gasOn(chain)
      const perPool = gas.swapUnits(2) - gas.swapUnits(1)
      const charge = (gas.swapUnits(1) - perPool + APPROVAL_UNITS) * gas.usdPerUnit * this.unit
      const calls = builder.column(charge, 0, Infinity)
      const touched = { sold: [] as number[], bought: [] as number[] }
      for (const { key: asset } of this.instance.assets) {
        const key = `${asset} on ${chain.key}`
        const entries = nodes.get(key)
        if (!entries) continue
        const net = { sold: builder.column(0, 0, SCALE), bought: builder.column(0, 0, SCALE) }
        builder.row(0, 0, [...entries, [net.sold, 1], [net.bought, -1]])
        for (const side of ['sold', 'bought'] as const) {
          const use = sides[side].get(key) ?? builder.column(0, 0, 1, isWhole)
          touched[side].push(use)
          builder.row(-Infinity, 0, [
            [net[side], 1],
            [use, -SCALE],
          ])
        }
      }
      for (const uses of [touched.sold, touched.bought])
        builder.row(0, Infinity, [[calls, 1], ...uses.map((use) => [use, -1] as const)])
    }
  }

  private addBridges(
    builder: ModelBuilder,
    nodeOf: (asset: string, chain: string) => Map<number, number>,
    isWhole: boolean,
  ): void {
    for (const { asset, from, to, feeBps, fixedFeeUsd, capacityUsd } of this.instance.bridges) {
      const gas = gasOn(this.instance.chains.find(({ key }) => key === from)!)
      const fixed = fixedFeeUsd * this.unit
      const most = Math.min(SCALE, (capacityUsd ?? Infinity) * this.unit)
      const fee = feeBps / 10_000
      const sent = builder.column(fee, 0, most)
      const use = builder.column(fixed + (gas.bridgeUnits + APPROVAL_UNITS) * gas.usdPerUnit * this.unit, 0, 1, isWhole)
      builder.row(-Infinity, 0, [
        [sent, 1],
        [use, -most],
      ])
      nodeOf(asset, from).set(sent, -1)
      const there = nodeOf(asset, to)
      there.set(sent, 1 - fee)
      there.set(use, -fixed)
    }
  }

  /** Nothing is spent that never was there, and the end lies as near to the levels as what is compared. */
  private addEnd(builder: ModelBuilder, nodeOf: (asset: string, chain: string) => ReadonlyMap<number, number>): void {
    const held = (asset: string, chain: string) =>
      this.instance.balances.reduce(
        (sum, one) => sum + (one.asset === asset && one.chain === chain ? one.amount * this.prices.get(asset)! : 0),
        0,
      ) * this.unit
    const ends = this.instance.assets.map(({ key: asset }) => {
      const parts = this.instance.chains.map(({ key: chain }) => {
        const end = builder.column(0, 0, Infinity)
        const start = held(asset, chain)
        builder.row(-start, -start, [...nodeOf(asset, chain), [end, -1]])
        return end
      })
      const whole = builder.column(0, 0, Infinity)
      builder.row(0, 0, [...parts.map((part) => [part, 1] as const), [whole, -1]])
      return whole
    })
    const total = builder.column(0, 0, Infinity)
    builder.row(0, 0, [...ends.map((end) => [end, 1] as const), [total, -1]])
    for (const { asset, lower, upper } of this.instance.targets) {
      const end = ends[this.instance.assets.findIndex(({ key }) => key === asset)]!
      const beyond = this.unmet.get(asset)! * this.unit
      builder.row(-beyond, Infinity, [
        [end, 1],
        [total, -lower],
      ])
      builder.row(-Infinity, beyond, [
        [end, 1],
        [total, -upper],
      ])
    }
  }

  /** Adds tangents at what each pool was sent; returns how much cost the tangents so far did not see. */
  refine(values: readonly number[]): number {
    let unseen = 0
    for (const [index, { sent, lost, use }] of this.columns.entries()) {
      const arc = this.arcs[index]!
      const x = values[sent]!
      if (x < 1e-6) continue
      // A part of a use counts as that part of a trade so much larger.
      const share = Math.max(1e-3, use === undefined ? 1 : Math.min(1, values[use]!))
      const size = x / share
      const real = share * (size - received(arc, size))
      const gap = real - values[lost]!
      if (gap < 1e-7) continue
      unseen += gap
      for (const near of NEARBY) arc.tangents.push(size * near)
    }
    return unseen
  }
}

function received({ into, outOf, kept }: PoolArc, sent: number): number {
  return (outOf * kept * sent) / (into + kept * sent)
}

/** `received(x) ≤ offset + slope · x` for every x, equal at the point. */
function tangentAt(arc: PoolArc, point: number): { offset: number; slope: number } {
  const { into, outOf, kept } = arc
  const slope = (outOf * kept * into) / (into + kept * point) ** 2
  return { slope, offset: received(arc, point) - slope * point }
}
