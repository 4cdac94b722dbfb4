import type { AssetKey, ChainKey } from '../assets.js'
import { ratioToNumber } from '../units/ratio.js'
import { usdToNumber } from '../units/usd.js'
import { bridgeShareOf, type Policy } from '../policy/policy.js'
import { chords, type Segment, tangents } from './curve.js'
import type { PricedArc } from './curve-book.js'
import { type LinearModel, ModelBuilder, type SolveLimits, type Solution } from './linear-model.js'
import type { Network, Node, Place } from './network.js'
import { bridgeOf } from './quote.js'

/** NAV in the units of the model: one unit is a basis point of NAV (planning theory, 4.1). */
const SCALE = 10_000
/**
 * Price of a unit of drift left outside the levels, well above what any allowed leg costs at the margin: the levels are
 * met wherever that is possible, and the model has a solution where it is not.
 */
export const UNMET_PRICE = 0.05
/** The same for value beyond a chain's share. */
export const EXPOSURE_PRICE = 0.03

/** What may arrive for what is sent, over a few legs that are each quoted better than our own prices. */
const GAINED = 1.01
/** What is traded for what is needed: as much more as may be lost on the way. */
const NEEDED = 1 + UNMET_PRICE

/** Value sent over each arc, in USD, by arc key and venue; arcs that send nothing are absent. */
export interface Flow {
  readonly priced: PricedArc
  readonly sent: number
}

export interface Problem {
  readonly network: Network
  readonly policy: Policy
  /** Arcs through one venue alone (`only`) are the parts of a group whose pools are proven separate. */
  readonly arcs: readonly PricedArc[]
  /** Sizes around which curves are cut finely: what the last solution sent. */
  readonly around: ReadonlyMap<PricedArc, number>
}

/** A model and how to read its solution. */
export interface Model {
  readonly model: LinearModel
  readonly read: (solution: Solution & { status: 'optimal' | 'limit' }) => Flow[]
}

const NODES = 150
const GAPS = { relativeGap: 2e-3, absoluteGap: 1e-4 }

export function limitsOf(policy: Policy): SolveLimits {
  const { solverSeconds } = policy.planning
  return { ...GAPS, ...(solverSeconds === undefined ? { nodes: NODES } : { seconds: solverSeconds }) }
}

/**
 * The continuous relaxation with charges smeared: below the size at which an arc is cheapest on average it costs that
 * average. Finds which arcs are worth having; no column is a whole number.
 */
export function relaxedModel(problem: Problem): Model {
  return new Formulation(problem).build('smeared')
}

/** The exact model: an arc is used or not, its charge is paid in full, minimum legs, tanks and leg counts hold. */
export function exactModel(problem: Problem): Model {
  return new Formulation(problem).build('exact')
}

/** The exact model with the choice of arcs already made: every given arc is used. */
export function fixedModel(problem: Problem): Model {
  return new Formulation(problem).build('fixed')
}

/**
 * A relaxation that promises no less than is possible: its optimum is a lower bound of any plan on these curves that trades
 * what its levels need and no more.
 */
export function boundModel(problem: Problem): Model {
  return new Formulation(problem).build('bound')
}

type Form = 'smeared' | 'exact' | 'fixed' | 'bound'
type Entries = Map<number, number>

class Formulation {
  private readonly builder = new ModelBuilder()
  private readonly scale: number
  private readonly minimum: number
  private readonly nodeRows = new Map<Node, Entries>()
  private readonly assetRows = new Map<AssetKey, Entries>()
  private readonly groups = new Map<string, { use: number; isPart: boolean }[]>()
  private readonly tankRows = new Map<ChainKey, Entries>()
  private readonly bridgeRows = new Map<string, Entries>()
  private readonly uses: Entries = new Map()
  private readonly usedBy: (readonly [PricedArc, number])[] = []

  constructor(private readonly problem: Problem) {
    const { network, policy } = problem
    this.scale = network.nav > 0 ? SCALE / network.nav : 0
    this.minimum = usdToNumber(policy.minimumTrade) * this.scale
    for (const node of network.nodes) this.nodeRows.set(node, new Map())
    for (const place of network.places) this.assetRows.set(place.key, new Map())
  }

  build(form: Form): Model {
    const { network, policy, arcs } = this.problem
    const columns = arcs.map((priced, rank) => this.addArc(priced, form, rank))
    this.addBalances()
    this.addLevels()
    if (form !== 'bound') this.addExposure()
    const whole = form === 'exact' || form === 'fixed'
    for (const [chain, entries] of this.tankRows)
      this.builder.row(-Infinity, (network.tanks.get(chain) ?? 0) * this.scale, entries)
    this.builder.row(-Infinity, policy.maxLegs, this.uses)
    if (whole) this.addGroups()
    for (const [bridge, entries] of this.bridgeRows) {
      const limit = ratioToNumber(bridgeShareOf(policy, bridge)) * SCALE
      if (limit < SCALE) this.builder.row(-Infinity, limit, entries)
    }
    return {
      model: this.builder.build(limitsOf(policy)),
      read: ({ values }) =>
        arcs.flatMap((priced, index) => {
          const sent = columns[index]!.reduce((sum, column) => sum + Math.max(0, values[column] ?? 0), 0) / this.scale
          const least = whole ? (0.5 * this.minimum) / this.scale : (1e-4 * this.minimum) / this.scale
          return sent > least ? [{ priced, sent: Math.min(sent, priced.cap) }] : []
        }),
    }
  }

  /** One use of a liquidity group, or all of its parts where they are proven separate; never both directions of a pair. */
  private addGroups(): void {
    for (const users of this.groups.values()) {
      const parts = users.filter(({ isPart }) => isPart)
      const others = users.filter(({ isPart }) => !isPart).map(({ use }) => [use, 1] as const)
      if (others.length === 0) continue
      if (parts.length === 0 && others.length > 1) this.builder.row(-Infinity, 1, others)
      for (const { use } of parts) this.builder.row(-Infinity, 1, [...others, [use, 1] as const])
    }
    for (const [index, [one, use]] of this.usedBy.entries())
      for (const [other, opposite] of this.usedBy.slice(index + 1))
        if (one.arc.from === other.arc.to && one.arc.to === other.arc.from)
          this.builder.row(-Infinity, 1, [
            [use, 1],
            [opposite, 1],
          ])
  }

  /** The columns that carry the arc's value. */
  private addArc(priced: PricedArc, form: Form, rank: number): number[] {
    const { arc, latency } = priced
    const cap = priced.cap * this.scale
    const kept = (form === 'bound' ? Math.min(...priced.venues.map((one) => one.kept)) : priced.kept) * this.scale
    const least = form === 'bound' ? Math.min(...priced.venues.map((one) => one.gas + one.onTop)) : priced.charge
    const charge = least * this.scale + kept
    const segments = this.segmentsOf(priced, form)
    const total = segments.reduce((sum, { width }) => sum + width, 0)
    // A stable order among arcs of equal cost.
    const tie = 1e-7 * ((rank + 1) / (this.problem.arcs.length + 1))
    if (form === 'smeared') {
      const columns = smear(segments, charge, Math.min(this.minimum, cap)).map(({ width, slope, extra }) =>
        this.addFlow(priced, width, slope, 1 - slope + extra + latency + tie),
      )
      for (const column of columns) this.countUse(priced, column, 1 / Math.max(cap, 1e-9))
      return columns
    }
    const use = this.builder.column(charge, form === 'fixed' ? 1 : 0, 1, form === 'exact')
    const columns = segments.map(({ width, slope }) => {
      const column = this.addFlow(priced, width, slope, 1 - slope + (form === 'bound' ? 0 : latency + tie))
      this.builder.row(-Infinity, 0, [
        [column, 1],
        [use, -width],
      ])
      return column
    })
    if (kept > 0) {
      accumulate(this.nodeRows.get(arc.to)!, use, -kept)
      accumulate(this.assetRows.get(arc.to.token.asset)!, use, -kept)
    }
    this.builder.row(0, Infinity, [
      ...columns.map((column) => [column, 1] as const),
      [use, -Math.min(this.minimum, total)] as const,
    ])
    this.countUse(priced, use, 1)
    for (const group of [arc.group, arc.secondGroup])
      if (group !== undefined)
        this.groups.set(group, [...(this.groups.get(group) ?? []), { use, isPart: priced.only !== undefined }])
    this.usedBy.push([priced, use])
    return columns
  }

  /** A column that takes value from the arc's origin and brings `slope` of it to its destination. */
  private addFlow({ arc, venues }: PricedArc, width: number, slope: number, cost: number): number {
    const column = this.builder.column(cost, 0, width)
    accumulate(this.nodeRows.get(arc.from)!, column, -1)
    accumulate(this.nodeRows.get(arc.to)!, column, slope)
    accumulate(this.assetRows.get(arc.from.token.asset)!, column, -1)
    accumulate(this.assetRows.get(arc.to.token.asset)!, column, slope)
    if (arc.kind === 'bridge') {
      const bridge = bridgeOf(venues[0]?.nearest(arc.cap).tool ?? '')
      const row = this.bridgeRows.get(bridge) ?? new Map<number, number>()
      this.bridgeRows.set(bridge, row)
      accumulate(row, column, 1)
    }
    return column
  }

  private countUse({ arc, charge }: PricedArc, column: number, share: number): void {
    const chain = arc.from.token.chain
    const row = this.tankRows.get(chain) ?? new Map<number, number>()
    this.tankRows.set(chain, row)
    accumulate(row, column, charge * this.scale * share)
    accumulate(this.uses, column, share)
  }

  private segmentsOf(priced: PricedArc, form: Form): Segment[] {
    const scaled = (value: number) => value * this.scale
    const cap = scaled(priced.cap)
    const last = this.problem.around.get(priced)
    const fine = form === 'fixed' ? POLISH : NEAR
    // The search for whole numbers gets slower with every cut; close to the last solution few are missed.
    const wide = form === 'exact' && last !== undefined ? FEW : COARSE
    const cuts = [
      ...wide.map((share) => share * cap),
      ...(last === undefined ? [] : fine.map((share) => share * scaled(last))),
      this.minimum,
    ]
    const evaluate = (size: number) => scaled(priced.evaluate(size / this.scale))
    return form === 'bound' ? tangents(evaluate, cuts, cap) : chords(evaluate, cuts, cap)
  }

  /** No token is spent that is not there or comes. */
  private addBalances(): void {
    for (const [node, entries] of this.nodeRows)
      if (entries.size > 0) this.builder.row(-node.value * this.scale, Infinity, entries)
  }

  /** Elastic levels on the weights at the end, against the value that is left then. */
  private addLevels(): void {
    const { places } = this.problem.network
    const amounts = places.map(({ key, value }) => {
      const amount = this.builder.column(0, 0, Infinity)
      const row = new Map(this.assetRows.get(key))
      row.set(amount, -1)
      this.builder.row(-value * this.scale, -value * this.scale, row)
      return amount
    })
    this.addNeed(amounts)
    const total = this.builder.column(0, 0, Infinity)
    this.builder.row(0, 0, [...amounts.map((column) => [column, 1] as const), [total, -1] as const])
    for (const [index, place] of places.entries()) {
      const amount = amounts[index]!
      const under = this.builder.column(UNMET_PRICE, 0, Infinity)
      const over = this.builder.column(UNMET_PRICE, 0, Infinity)
      this.builder.row(0, Infinity, [
        [amount, 1],
        [total, -place.lower],
        [under, 1],
      ])
      this.builder.row(-Infinity, 0, [
        [amount, 1],
        [total, -place.upper],
        [over, -1],
      ])
    }
  }

  /**
   * An offer that beats our own price is no reason to trade: it says as much about the price as about the offer (arbitrage
   * guard, planning theory 2). What is outside its levels gives and takes in all what brings it there, each at least a
   * minimum trade, and what is between them takes no more than that gives; what it may give for others follows, as all value
   * is kept but for what is lost. What chains hold beyond their shares, or lack, may change hands besides.
   */
  private addNeed(amounts: readonly number[]): void {
    const { network, policy } = this.problem
    const { places, nav } = network
    const under = places.flatMap(({ value, lower }, index) => (value < lower * nav ? [index] : []))
    const over = places.flatMap(({ value, upper }, index) => (value > upper * nav ? [index] : []))
    const sum = (indices: readonly number[], of: (place: Place) => number) =>
      indices.reduce((total, index) => total + of(places[index]!), 0) * this.scale
    const least = usdToNumber(policy.minimumTrade)
    const short = sum(under, (one) => Math.max(least, one.lower * nav - one.value))
    const beyond = sum(over, (one) => Math.max(least, one.value - one.upper * nav))
    const misplaced = this.misplaced()
    const most = NEEDED * (Math.max(short, beyond) + misplaced)
    const held = { under: sum(under, ({ value }) => value), over: sum(over, ({ value }) => value) }
    this.builder.row(
      -Infinity,
      held.under + most,
      under.map((index) => [amounts[index]!, 1] as const),
    )
    this.builder.row(
      held.over - most,
      Infinity,
      over.map((index) => [amounts[index]!, 1] as const),
    )
    const taken = places.flatMap(({ value }, index) => {
      if (under.includes(index) || over.includes(index)) return []
      const more = this.builder.column(0, 0, Infinity)
      this.builder.row(-Infinity, value * this.scale, [
        [amounts[index]!, 1],
        [more, -1],
      ])
      return [more]
    })
    this.builder.row(-Infinity, GAINED * (held.over + misplaced), [
      ...taken.map((column) => [column, 1] as const),
      ...over.map((index) => [amounts[index]!, GAINED] as const),
    ])
  }

  /** What lies beyond the shares of chains, and what they lack, before anything is done. */
  private misplaced(): number {
    return Object.entries(this.problem.policy.chainShares).reduce((sum, [chain, { minimum, maximum }]) => {
      const held = this.heldOn(chain)
      return sum + Math.max(0, ratioToNumber(minimum) * SCALE - held, held - ratioToNumber(maximum) * SCALE)
    }, 0)
  }

  private heldOn(chain: ChainKey): number {
    const here = this.problem.network.nodes.filter(({ token }) => token.chain === chain)
    return here.reduce((sum, { value }) => sum + value * this.scale, 0)
  }

  /** Shares of NAV per chain, elastic too: a chain that is over its share from the start must not stop the rest. */
  private addExposure(): void {
    for (const [chain, { minimum, maximum }] of Object.entries(this.problem.policy.chainShares)) {
      const entries: Entries = new Map()
      const held = this.heldOn(chain)
      for (const [node, row] of this.nodeRows)
        if (node.token.chain === chain) for (const [column, value] of row) accumulate(entries, column, value)
      for (const [bound, sign] of [
        [ratioToNumber(minimum) * SCALE, 1],
        [ratioToNumber(maximum) * SCALE, -1],
      ] as const) {
        const beyond = this.builder.column(EXPOSURE_PRICE, 0, Infinity)
        const row = new Map(entries).set(beyond, sign)
        this.builder.row(sign > 0 ? bound - held : -Infinity, sign > 0 ? Infinity : bound - held, row)
      }
    }
  }
}

const COARSE = [0.02, 0.05, 0.1, 0.18, 0.28, 0.4, 0.55, 0.75]
const FEW = [0.1, 0.35, 0.7]
const NEAR = [0.6, 0.8, 0.9, 1, 1.1, 1.25, 1.6]
const POLISH = [0.7, 0.8, 0.87, 0.92, 0.95, 0.97, 0.985, 1, 1.015, 1.03, 1.05, 1.08, 1.13, 1.2, 1.3]

function accumulate(entries: Entries, column: number, value: number): void {
  entries.set(column, (entries.get(column) ?? 0) + value)
}

/**
 * Segments with the charge spread over the first ones: up to the size where cost per value is least, never less than
 * `least`, every unit costs that least average. This is the convex envelope of slippage and charge.
 */
function smear(segments: readonly Segment[], charge: number, least: number) {
  let [size, value, bestAt, bestAverage, bestValue] = [0, 0, 0, Infinity, 0]
  for (const { width, slope } of segments) {
    size += width
    value += width * slope
    const average = (size - value + charge) / size
    if (size >= least * (1 - 1e-9) && average < bestAverage) [bestAt, bestAverage, bestValue] = [size, average, value]
  }
  if (bestAt === 0) return []
  const result = [{ width: bestAt, slope: bestValue / bestAt, extra: charge / bestAt }]
  let from = 0
  for (const { width, slope } of segments) {
    if (from >= bestAt * (1 - 1e-9)) result.push({ width, slope, extra: 0 })
    from += width
  }
  return result
}
