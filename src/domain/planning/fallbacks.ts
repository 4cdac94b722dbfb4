import type { AssetKey, ChainKey } from '../assets.js'
import { usdToNumber } from '../units/usd.js'
import { chords, type Segment } from './curve.js'
import type { PricedArc, VenueCurve } from './curve-book.js'
import type { Place } from './network.js'
import { type Flow, type Problem, UNMET_PRICE } from './optimiser.js'

/** What a set of flows costs and leaves, in USD, on the curves of a problem. */
export interface Appraisal {
  readonly cost: number
  readonly unmet: number
  /** Cost with the unmet drift priced in: what candidates are compared by. */
  readonly score: number
}

export function appraise(problem: Problem, flows: readonly Flow[]): Appraisal {
  const { places } = problem.network
  const values = new Map(places.map(({ key, value }) => [key, value]))
  let cost = 0
  for (const { priced, sent } of flows) {
    const received = priced.evaluate(sent) - priced.kept
    cost += sent - received + priced.charge
    shift(values, priced.arc.from.token.asset, -sent)
    shift(values, priced.arc.to.token.asset, received)
  }
  const total = [...values.values()].reduce((sum, value) => sum + value, 0)
  let unmet = 0
  for (const { key, lower, upper } of places) {
    const value = values.get(key)!
    unmet += Math.max(0, lower * total - value, value - upper * total)
  }
  return { cost, unmet, score: cost + UNMET_PRICE * unmet }
}

/**
 * Value each asset should lose (negative) or gain, in USD: the nearest levels, with what does not balance taken by the
 * hubs first and then by whoever has room. Sums to zero as far as there is room.
 */
function changesOf({ network: { places, nav }, arcs }: Problem): Map<AssetKey, number> {
  const changes = new Map<AssetKey, number>()
  for (const { key, value, lower, upper } of places)
    changes.set(key, Math.min(Math.max(value, lower * nav), upper * nav) - value)
  let rest = -[...changes.values()].reduce((sum, change) => sum + change, 0)
  const roomOf = ({ key, value, lower, upper, mayLeave, mayArrive }: Place) => {
    const end = value + changes.get(key)!
    return rest > 0 ? (mayArrive ? upper * nav - end : 0) : mayLeave ? lower * nav - end : 0
  }
  for (const place of places.toSorted((a, b) => Number(b.isHub) - Number(a.isHub))) {
    const taken = rest > 0 ? Math.min(rest, Math.max(0, roomOf(place))) : Math.max(rest, Math.min(0, roomOf(place)))
    shift(changes, place.key, taken)
    rest -= taken
  }
  // What trades against another asset than the chain's hub moves that asset too, which has to be made up there.
  const hubs = new Map<AssetKey, AssetKey>()
  for (const { arc } of arcs)
    if (arc.kind === 'swap' && arc.group !== undefined && arc.secondGroup === undefined) {
      const isSale = arc.group.endsWith('sell')
      const [own, hub] = isSale ? [arc.from, arc.to] : [arc.to, arc.from]
      hubs.set(own.token.asset, hub.token.asset)
    }
  for (const [asset, hub] of hubs)
    for (let above: AssetKey | undefined = hub, guard = 0; above !== undefined && guard < 8; guard++) {
      if (hubs.has(above)) shift(changes, above, changes.get(asset) ?? 0)
      above = hubs.get(above)
    }
  return changes
}

/** How one asset's sale or purchase is divided over the arcs that serve it. */
type Divide = (arcs: readonly PricedArc[], value: number, adjust: (chain: ChainKey) => number) => Flow[]

/** All of it where it costs least on average, the rest where that has no room; one order a place. */
export const inOneOrder: Divide = (arcs, value, adjust) => {
  const flows: Flow[] = []
  let left = value
  const open = new Set(arcs)
  while (left > 0 && open.size > 0) {
    const ranked = [...open].map((priced) => {
      const sent = Math.min(left, priced.cap)
      const lost = sent - (priced.evaluate(sent) - priced.kept) + priced.charge
      return { priced, sent, average: lost / sent + adjust(priced.arc.from.token.chain) }
    })
    const best = ranked.toSorted((a, b) => a.average - b.average || (a.priced.arc.key < b.priced.arc.key ? -1 : 1))[0]!
    flows.push({ priced: best.priced, sent: best.sent })
    open.delete(best.priced)
    left -= best.sent
  }
  return flows
}

/**
 * Water-filling on marginal prices (planning theory, section 3): the pieces of all curves in falling order of what the
 * next dollar brings, until the value is placed. What falls below the minimum leg is given to the others.
 */
export const byMarginalPrice =
  (minimum: number): Divide =>
  (arcs, value, adjust) => {
    const fill = (open: readonly PricedArc[]): Flow[] => {
      const pieces = open.flatMap((priced, rank) =>
        piecesOf(priced).map((piece) => ({
          ...piece,
          priced,
          rank,
          merit: piece.slope - adjust(priced.arc.from.token.chain) - (priced.charge + priced.kept) / value,
        })),
      )
      const sent = new Map<PricedArc, number>()
      let left = value
      for (const { priced, width } of pieces.toSorted((a, b) => b.merit - a.merit || a.rank - b.rank)) {
        const taken = Math.min(left, width)
        if (taken > 0) sent.set(priced, (sent.get(priced) ?? 0) + taken)
        left -= taken
      }
      const smallest = [...sent].toSorted(([, a], [, b]) => a - b)[0]
      if (smallest && smallest[1] < minimum) return fill(open.filter((one) => one !== smallest[0]))
      return [...sent].map(([priced, amount]) => ({ priced, sent: amount }))
    }
    return value < minimum ? [] : fill(arcs)
  }

function piecesOf({ evaluate, cap }: PricedArc): Segment[] {
  const cuts = Array.from({ length: 40 }, (_, index) => ((index + 1) / 40) * cap)
  return chords(evaluate, cuts, cap)
}

/**
 * A plan without a solver, over the hubs alone: each asset's sale is divided over its chains, the hub money carried from where there is too
 * much to where there is too little over the cheapest crossings, and each purchase divided likewise, largest first. Minimum
 * legs hold; tanks and leg counts are the checker's to refuse. Repeated with what crossings cost as the price of lying on a
 * chain, so that sales and purchases lean to where the money is needed and where it lies.
 */
export function withoutSolver(problem: Problem, divide: Divide, sweeps: number): Flow[] {
  const prices = new Map<ChainKey, number>()
  let best: { flows: Flow[]; score: number } | undefined
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const flows = onePass(problem, divide, prices)
    const { score } = appraise(problem, flows)
    if (!best || score < best.score) best = { flows, score }
    for (const { priced } of flows)
      if (priced.arc.kind === 'bridge') {
        const half = (1 - priced.evaluate(priced.cap) / priced.cap) / 2
        prices.set(priced.arc.from.token.chain, half)
        prices.set(priced.arc.to.token.chain, -half)
      }
  }
  return best?.flows ?? []
}

function onePass(problem: Problem, divide: Divide, prices: ReadonlyMap<ChainKey, number>): Flow[] {
  const { network, policy } = problem
  const minimum = usdToNumber(policy.minimumTrade)
  const changes = changesOf(problem)
  const held = new Map(network.nodes.map((node) => [node, node.value]))
  const flows: Flow[] = []
  const take = (flow: Flow) => {
    flows.push(flow)
    held.set(flow.priced.arc.from, held.get(flow.priced.arc.from)! - flow.sent)
    held.set(flow.priced.arc.to, held.get(flow.priced.arc.to)! + flow.priced.evaluate(flow.sent) - flow.priced.kept)
  }
  const swaps = problem.arcs.filter(({ arc }) => arc.kind === 'swap' && arc.secondGroup === undefined)
  const order = [...changes].toSorted(([a, x], [b, y]) => Math.abs(y) - Math.abs(x) || (a < b ? -1 : 1))
  // What everything else trades against has no side of a market to itself.
  const isRoot = (asset: AssetKey) => !swaps.some(({ arc }) => arc.group?.startsWith(`${asset} on`))

  for (const [asset, change] of order) {
    if (change > -minimum || isRoot(asset)) continue
    const arcs = oncePerGroup(
      swaps
        .filter(({ arc }) => arc.group?.startsWith(`${asset} on`) && arc.group.endsWith('sell'))
        .map((priced) => ({ ...priced, cap: Math.min(priced.cap, held.get(priced.arc.from)!) }))
        .filter(({ cap }) => cap >= minimum),
    )
    for (const flow of divide(arcs, -change, (chain) => prices.get(chain) ?? 0)) if (flow.sent >= minimum) take(flow)
  }

  const buys: Flow[] = []
  for (const [asset, change] of order) {
    if (change < minimum || isRoot(asset)) continue
    const arcs = swaps.filter(
      ({ arc, cap }) => arc.group?.startsWith(`${asset} on`) && arc.group.endsWith('buy') && cap >= minimum,
    )
    buys.push(...divide(arcs, change, (chain) => prices.get(chain) ?? 0).filter(({ sent }) => sent >= minimum))
  }
  const crossings = problem.arcs.filter(
    ({ arc }) => arc.kind === 'bridge' && arc.from.token.asset === arc.to.token.asset && arc.group === undefined,
  )
  for (const buy of buys) {
    const hub = buy.priced.arc.from
    const planned = buys.filter(({ priced }) => priced.arc.from !== hub)
    const promised = (node: typeof hub) =>
      planned.reduce((sum, { priced, sent }) => (priced.arc.from === node ? sum + sent : sum), 0)
    while (held.get(hub)! < buy.sent) {
      const missing = buy.sent - held.get(hub)!
      const offers = crossings
        .filter(({ arc }) => arc.to === hub)
        .map((priced) => {
          const free = Math.max(held.get(priced.arc.from)! - promised(priced.arc.from), 0)
          const sent = Math.min(priced.cap, free, Math.max(minimum, missing * 1.01 + priced.kept))
          return { priced, sent, lost: 1 - (priced.evaluate(sent) - priced.kept - priced.charge) / sent }
        })
        .filter(({ sent, priced }) => sent >= minimum && !flows.some((flow) => flow.priced === priced))
      const cheapest = offers.toSorted((a, b) => a.lost - b.lost || (a.priced.arc.key < b.priced.arc.key ? -1 : 1))[0]
      if (!cheapest) break
      take(cheapest)
    }
    const sent = Math.min(buy.sent, held.get(hub)!)
    if (sent >= minimum) take({ priced: buy.priced, sent })
  }
  return flows
}

/** The native coin and its token sell into the same pools: the one with more to sell. */
function oncePerGroup(arcs: readonly PricedArc[]): PricedArc[] {
  const largest = new Map<string, PricedArc>()
  for (const priced of arcs) {
    const group = priced.arc.group ?? priced.arc.key
    const known = largest.get(group)
    if (!known || priced.cap > known.cap) largest.set(group, priced)
  }
  return [...largest.values()]
}

/** Every asset on its best single chain and venue, largest first; the regression anchor. */
export function greedyFlows(problem: Problem): Flow[] {
  const [greedy, naive] = [withoutSolver(problem, inOneOrder, 1), naiveFlows(problem)]
  return appraise(problem, greedy).score <= appraise(problem, naive).score ? greedy : naive
}

/** Every asset in one order through one aggregator, sold where most of it lies and bought on the first chain. */
export function naiveFlows(problem: Problem): Flow[] {
  const venue = problem.arcs
    .flatMap(({ venues }) => venues.map((one) => one.venue))
    .filter((one) => one !== '')
    .toSorted()[0]
  const arcs = problem.arcs.map((priced) => {
    const own = priced.venues.find((one) => one.venue === venue)
    return own && priced.venues.length > 1 ? through(priced, own) : priced
  })
  const inOnePlace: Divide = (open, value) => {
    const flows: Flow[] = []
    let left = value
    for (const priced of open.toSorted(
      (a, b) => b.arc.from.value - a.arc.from.value || (a.arc.key < b.arc.key ? -1 : 1),
    )) {
      const sent = Math.min(left, priced.cap)
      if (sent > 0) flows.push({ priced, sent })
      left -= sent
    }
    return flows
  }
  return withoutSolver({ ...problem, arcs }, inOnePlace, 1)
}

function through(priced: PricedArc, { evaluate, gas, kept, onTop, maxSize }: VenueCurve): PricedArc {
  return { ...priced, evaluate, gas, kept, charge: gas + onTop, cap: Math.min(priced.cap, maxSize) }
}

export function waterFillingFlows(problem: Problem): Flow[] {
  return withoutSolver(problem, byMarginalPrice(usdToNumber(problem.policy.minimumTrade)), 3)
}

function shift<K>(values: Map<K, number>, key: K, by: number): void {
  values.set(key, (values.get(key) ?? 0) + by)
}
