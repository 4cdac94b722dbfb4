import { absolute, smaller } from '../units/ratio.js'
import { amountWorth, type Usd, usdToNumber } from '../units/usd.js'
import { scoreOfPlan } from './comparison.js'
import { addCosts, NO_COST, priceIn } from './cost.js'
import { CurveBook, type PricedArc } from './curve-book.js'
import type { PlanInput, PlannerAnswer, PlannerQuestion, PlannerRun, PlanOutcome } from './dialogue.js'
import { appraise, greedyFlows, naiveFlows, waterFillingFlows } from './fallbacks.js'
import { areApart, assetOf, impactOf, lossOf, lostInTurn, meet, withoutIdle } from './flow-facts.js'
import { bestVenue, buildLegs, usdOf } from './legs.js'
import type { LinearModel, Solution } from './linear-model.js'
import { type Arc, arcKey, buildNetwork, type Network, type Place, venuesOf } from './network.js'
import {
  boundModel,
  exactModel,
  fixedModel,
  type Flow,
  type Model,
  type Problem,
  relaxedModel,
  UNMET_PRICE,
} from './optimiser.js'
import type { Alternative, Leg, Plan, PlanMethod, SeparatePools, UnmetDrift } from './plan.js'
import type { Quote, QuoteAsk, QuoteFailure, QuoteRequest, VenueKey } from './quote.js'
import { explainUnmet } from './unmet.js'
import { faultsOf, outcomeOf, scoreOf } from './verify.js'

/** Optimise, quote what the result uses at its sizes, optimise again; this often at most. */
const MOST_ROUNDS = 5
/** A leg whose size was quoted within this share needs no new quote: curves are that straight (planning theory, section 3). */
const NEAR_SIZE = 0.12
/** The same for legs that are less than `WORTH_ASKING` of the plan's cost. */
const FAR_SIZE = 0.5
const WORTH_ASKING = 0.02
/** A leg of this share of the plan's cost is put to every venue at once. */
const WORTH_ALL = 0.06
/** The rounds end when the cost moves less than this share. */
const SETTLED = 0.01
/** Of the quote budget, the share that may be spent before anything is known about what will be used. */
const PROBE_SHARE = 0.6
/** Second opinions on markets that nothing goes to. */
const MOST_OPINIONS = 8
/** Two aggregators are proven separate when playing one after the other costs no more than this share of the saving. */
const SHARED_LOSS = 0.1
/** A rounded solution this share above the relaxation is not searched further. */
const PROVEN = 3e-3
/** Share of the plan's cost that has to be price impact of one swap before a split of it is looked into. */
const WORTH_SPLITTING = 0.05
/** An earlier plan's sample of at least this share of a size tells about it. */
const SAME_ORDER = 0.7
const MOST_PROOFS = 3
/** How many others are asked for what they reach without the best venue's exchanges, and for which share of the size. */
const MOST_SECONDS = 2
const SECOND_SHARE = 0.3
const MOST_DIRECT = 3
/** Exact optimisations of one plan. */
const MOST_PASSES = 2
/** Relaxations of one optimisation. */
const MOST_DIVES = 3
/** Share by which whole base units may make a plan cheaper than its bound. */
const BOUND_ROUNDING = 1e-5

/**
 * Finds the cheapest way from what is held to the levels of the decision, over all chains, venues and bridges at once, and
 * says what it cost, what else there was and what stays undone.
 *
 * Guarantees: the same input and answers give the same plan, byte for byte; it asks no more quotes than the budget allows
 * and ends after a bounded number of questions; every leg passes the integer checks of `faultsOf`; the plan costs no more,
 * what is left undone priced in, than doing nothing, than one order per asset at its best venue, and than one aggregator
 * in a fixed order, all on the same quotes; whatever a solver or venue answers, it returns a plan or says why there is none.
 *
 * Does not guarantee: that the quotes still stand when a leg's turn comes; that is judged before signing.
 */
export function* makePlan(input: PlanInput): PlannerRun {
  const planning = new Planning(input)
  return yield* planning.run()
}

type Dialogue<T> = Generator<PlannerQuestion, T, PlannerAnswer>

type Part = readonly [arc: Arc, venue: VenueKey]

interface Solved {
  readonly flows: Flow[]
  readonly objective: number
}

interface Wish {
  readonly arc: Arc
  readonly venue: VenueKey
  /** In USD. */
  readonly sent: number
}

class Planning {
  private readonly network: Network
  private readonly book: CurveBook
  /** The arcs, each through one venue, that stand for a group whose pools are proven separate. */
  private readonly separate = new Map<string, readonly Part[]>()
  private readonly examined = new Set<string>()
  private readonly proofs: SeparatePools[] = []
  /** Trades that skip the hub, by key. */
  private readonly direct = new Map<string, Arc>()
  private last: ReadonlyMap<string, number> = new Map()
  private method: PlanMethod = 'milp'
  private asked = 0
  private failed = 0
  private rounds = 0

  constructor(private readonly input: PlanInput) {
    this.network = buildNetwork(input)
    this.book = new CurveBook(input, this.network)
  }

  *run(): PlannerRun {
    const { nav, arcs } = this.network
    if (!(nav > 0)) return this.none(['The account holds nothing of the configured assets.'])
    if (!this.network.places.some((place) => this.distanceOf(place) >= this.minimum()))
      return this.none(['No distance from the levels is worth a minimum trade.'])
    if (arcs.length === 0)
      return this.none(['No venue trades anything that is to be bought or sold on a chain that answers.'])
    yield* this.probe()
    let flows = yield* this.sketch()
    for (this.rounds = 1; this.rounds < MOST_ROUNDS; this.rounds++) {
      const before = this.appraise(flows).score
      const wishes = [...this.wishesFor(flows), ...(this.rounds === 1 ? this.secondOpinions(flows) : [])]
      if (wishes.length === 0 || (yield* this.ask(wishes)) === 0) break
      if (this.rounds <= 2) yield* this.proveSeparate(flows)
      if (this.rounds === 1) yield* this.offerDirect(flows)
      flows = yield* this.sketch()
      if (this.isQuoted(flows) && Math.abs(this.appraise(flows).score - before) <= SETTLED * Math.abs(before)) break
    }
    flows = yield* this.settle()
    return yield* this.conclude(flows)
  }

  // Quotes

  /** One quote of every swap that nothing is known about, at about the size it would have if its asset were spread. */
  private *probe(): Dialogue<void> {
    const wishes: Wish[] = []
    const isOpposite = (arc: Arc) =>
      wishes.some((wish) => wish.arc.from === arc.to && wish.arc.to === arc.from) ||
      this.network.arcs.some((one) => one.from === arc.to && one.to === arc.from && this.book.hasSamples(one))
    const swaps = this.network.arcs
      .filter(({ kind }) => kind === 'swap')
      .toSorted((a, b) => this.promise(b) - this.promise(a) || (a.key < b.key ? -1 : 1))
    for (const arc of swaps) {
      if (this.book.hasSamples(arc) || isOpposite(arc)) continue
      const venues = venuesOf(this.input, arc)
      // In turn, so that no aggregator with poor access somewhere speaks for every market.
      wishes.push({ arc, venue: venues[wishes.length % venues.length]!, sent: this.probeSize(arc) })
    }
    wishes.push(...this.probeCrossings())
    let round: readonly Wish[] = wishes.slice(0, Math.floor(this.input.policy.planning.maxQuotes * PROBE_SHARE))
    while (round.length > 0) {
      if ((yield* this.ask(round)) === 0) break
      round = round.flatMap((wish) => this.afterRefusal(wish))
    }
  }

  /** What one venue does not serve another may; what none does, in a smaller size. */
  private afterRefusal({ arc, venue, sent }: Wish): Wish[] {
    if (this.book.hasSamples(arc)) return []
    const untried = venuesOf(this.input, arc).find((one) => !this.book.isKnown(arc, one, sent, NEAR_SIZE))
    if (untried !== undefined) return [{ arc, venue: untried, sent }]
    const smaller = this.book.smallerTry(arc, venue)
    return smaller === undefined ? [] : [{ arc, venue, sent: smaller }]
  }

  /** How much an arc is likely to carry: what lies at its origin for sales, the distance of its asset for both. */
  private promise({ from, to, group }: Arc): number {
    const asset = group?.endsWith('buy') ? to.token.asset : from.token.asset
    const place = this.network.places.find(({ key }) => key === asset)!
    const distance = this.distanceOf(place)
    return group?.endsWith('sell') ? Math.min(distance, Math.max(from.value, this.minimum())) : distance
  }

  private probeSize(arc: Arc): number {
    const side = this.network.arcs.filter(
      (one) =>
        one.kind === 'swap' &&
        one.group?.endsWith(arc.group!.slice(-4)) &&
        assetOf(one) === assetOf(arc) &&
        (!arc.group!.endsWith('sell') || one.from.value >= this.minimum()),
    )
    const spread = Math.max(1, Math.min(3, side.length))
    const wanted = Math.max(this.distanceOf(this.placeOf(assetOf(arc))), this.hubThroughput(assetOf(arc))) / spread
    return Math.min(arc.cap, Math.max(this.minimum(), wanted))
  }

  /** What passes through an asset that others trade against. */
  private hubThroughput(asset: string): number {
    return Object.entries(this.input.policy.assetHubs)
      .filter(([, hub]) => hub === asset)
      .reduce(
        (sum, [own]) =>
          sum + (this.network.places.some(({ key }) => key === own) ? this.distanceOf(this.placeOf(own)) : 0),
        0,
      )
  }

  /** Every crossing of a hub on few chains; on many, those to and from the chain that holds most. The rest is inferred. */
  private probeCrossings(): Wish[] {
    const crossings = this.network.arcs.filter(
      (arc) =>
        arc.kind === 'bridge' &&
        arc.from.token.asset === arc.to.token.asset &&
        this.placeOf(arc.from.token.asset).isHub,
    )
    const held = new Map<string, number>()
    for (const { token, value } of this.network.nodes) held.set(token.chain, (held.get(token.chain) ?? 0) + value)
    const main = [...held].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0]
    const roots = new Set(Object.values(this.input.policy.hubs).map(({ asset }) => asset))
    return crossings
      .filter(({ from }) => roots.has(from.token.asset))
      .filter(({ from, to }) => held.size <= 3 || from.token.chain === main || to.token.chain === main)
      .filter((arc) => !this.book.hasSamples(arc))
      .map((arc) => ({
        arc,
        venue: venuesOf(this.input, arc)[0]!,
        sent: Math.min(arc.cap, Math.max(this.minimum(), this.turnover() / 4)),
      }))
  }

  /**
   * Sizes the flows use that nobody was asked for. A market seen at one size only is asked for a second one first, at the
   * same venue; after that every venue that may still be the best there is asked. Where a leg is a small part of the
   * plan's cost its best venue alone is asked, and less exactly: no answer could change much.
   */
  private wishesFor(flows: readonly Flow[]): Wish[] {
    const losses = flows.map(lossOf)
    const total = losses.reduce((sum, loss) => sum + loss, 0)
    return flows.flatMap((flow, index) => {
      const { arc, isAssumed } = flow.priced
      const matters = losses[index]! >= WORTH_ASKING * total
      const tolerance = matters ? NEAR_SIZE : FAR_SIZE
      const isLarge = losses[index]! >= WORTH_ALL * total
      const others = this.hopefulVenues(flow.priced)
      if (isAssumed) return others.slice(0, 1).map((venue) => ({ arc, venue, sent: flow.sent }))
      const own = bestVenue(flow).venue
      const isSeen = this.book.isShaped(arc) || this.book.isKnown(arc, own, flow.sent, tolerance)
      const asked = matters && isSeen ? [own, ...others.slice(0, isLarge ? others.length : 1)] : [own]
      return asked
        .filter((venue) => !this.book.isKnown(arc, venue, flow.sent, tolerance, !isLarge))
        .map((venue) => ({ arc, venue, sent: flow.sent }))
    })
  }

  /**
   * A market that one aggregator offered so badly that nothing goes there may only be one it sees little of: another is
   * asked, for the assets of which most has to move.
   */
  private secondOpinions(flows: readonly Flow[]): Wish[] {
    const used = new Set(flows.map(({ priced }) => priced.arc))
    const arcs = this.network.arcs.toSorted((a, b) => this.promise(b) - this.promise(a) || (a.key < b.key ? -1 : 1))
    const least = WORTH_ASKING * 2 * this.turnover()
    const wishes = arcs.flatMap((arc) => {
      if (arc.kind !== 'swap' || used.has(arc) || this.distanceOf(this.placeOf(assetOf(arc))) < least) return []
      const asked = this.book.venueCurves(arc)
      const venues = venuesOf(this.input, arc)
      const [first] = asked
      if (!first || asked.length > 1 || venues.length < 2 || !this.book.isFresh(arc, first.venue)) return []
      const venue = venues[(venues.indexOf(first.venue) + 1) % venues.length]!
      return [{ arc, venue, sent: Math.min(arc.cap, first.nearest(this.minimum()).sent) }]
    })
    return wishes.slice(0, MOST_OPINIONS)
  }

  /** Venues nothing is known of: one that was no better than the best once is not asked again. */
  private hopefulVenues({ arc, only, isAssumed, venues }: PricedArc): VenueKey[] {
    const asked = only === undefined ? venuesOf(this.input, arc) : [only]
    if (isAssumed) return [...asked]
    // What an earlier plan did not find worth keeping is not looked for again in every plan.
    const isLearned = this.book.isLearned(arc)
    const known = new Set(venues.map(({ venue }) => venue))
    return asked.filter((venue) => !known.has(venue) && !isLearned)
  }

  /** Whether every leg's own venue has answered for about its size. */
  private isQuoted(flows: readonly Flow[]): boolean {
    const total = flows.reduce((sum, flow) => sum + lossOf(flow), 0)
    return flows.every((flow) => {
      const tolerance = lossOf(flow) >= WORTH_ASKING * total ? NEAR_SIZE : FAR_SIZE
      return this.book.isKnown(flow.priced.arc, bestVenue(flow).venue, flow.sent, tolerance)
    })
  }

  /** Asks what the budget still allows; resolves to how many were asked. */
  private *ask(wishes: readonly Wish[]): Dialogue<number> {
    const { maxQuotes } = this.input.policy.planning
    const asks: { ask: QuoteAsk; wish: Wish }[] = []
    for (const wish of wishes) {
      const request = this.requestOf(wish.arc, wish.sent)
      if (request && this.asked + asks.length < maxQuotes) asks.push({ ask: { venue: wish.venue, request }, wish })
    }
    if (asks.length === 0) return 0
    this.asked += asks.length
    const answer = yield { type: 'quotes', asks: asks.map(({ ask }) => ask) }
    const replies: readonly (Quote | QuoteFailure)[] = answer.type === 'quotes' ? answer.replies : []
    for (const [index, { wish }] of asks.entries()) {
      const reply = replies[index] ?? {
        venue: wish.venue,
        kind: 'unavailable' as const,
        detail: 'No answer was given.',
      }
      if (!('request' in reply)) this.failed += 1
      this.book.add(wish.arc, reply, wish.sent)
    }
    return asks.length
  }

  private requestOf({ kind, from, to, without }: Arc, sent: number): QuoteRequest | undefined {
    const sell = amountWorth(usdOf(sent), from.token, priceIn(this.input.market, from.token.asset), 'down')
    if (sell.units === 0n) return undefined
    const { account, maxSlippage } = this.input
    return { kind, sell, buy: to.token, account, maxSlippage, ...(without && { without }) }
  }

  // Optimisation

  /** Everything that is priced now; an arc of proven separate pools once per venue. */
  private problem(around: ReadonlyMap<string, number> = this.last): Problem {
    const arcs = [...this.network.arcs, ...this.direct.values()].flatMap((arc) => {
      const parts = this.separate.get(arc.group ?? '')?.filter(([part]) => part.from === arc.from && part.to === arc.to)
      const isSplit = parts !== undefined && parts.length > 0
      const priced = isSplit ? parts.map(([part, venue]) => this.book.price(part, venue)) : [this.book.price(arc)]
      return priced.filter((one) => one !== undefined)
    })
    return {
      network: this.network,
      policy: this.input.policy,
      arcs,
      around: new Map(
        arcs.flatMap((priced) => (around.has(keyOf(priced)) ? [[priced, around.get(keyOf(priced))!]] : [])),
      ),
    }
  }

  /** The same without what is only assumed: an assumption is no offer. */
  private offers(): Problem {
    const problem = this.problem()
    return { ...problem, arcs: problem.arcs.filter(({ isAssumed }) => !isAssumed) }
  }

  /** Good enough to know what to quote. Where a solver fails, water-filling and the greedy baseline. */
  private *sketch(): Dialogue<Flow[]> {
    const problem = this.problem()
    const relaxed = yield* this.relax(problem)
    return relaxed.flows ? this.remember('rounding', relaxed.flows) : this.withoutSolver(problem)
  }

  /**
   * The exact model on what the relaxations use. Where the rounded solution already costs next to no more than the first
   * relaxation, which nothing can undercut, there is nothing left to search for.
   */
  private *optimise(): Dialogue<Flow[]> {
    const problem = this.offers()
    const { bound, support, rounded } = yield* this.relaxAndRound(problem)
    if (rounded && rounded.objective - bound <= PROVEN * Math.abs(bound)) return this.remember('milp', rounded.flows)
    const exact = support.length > 0 ? yield* this.solve(exactModel({ ...problem, arcs: support })) : undefined
    if (exact && (!rounded || exact.objective <= rounded.objective)) return this.remember('milp', exact.flows)
    return rounded ? this.remember('rounding', rounded.flows) : this.withoutSolver(problem)
  }

  /** The arcs the relaxation settles on, used in full. */
  private *relaxAndRound(
    problem: Problem,
  ): Dialogue<{ bound: number; support: readonly PricedArc[]; rounded: Solved | undefined }> {
    const { bound, support, flows } = yield* this.relax(problem)
    const kept = new Set(flows?.map(({ priced }) => priced))
    const arcs = problem.arcs.filter((priced) => kept.has(priced))
    const rounded = arcs.length > 0 ? yield* this.solve(fixedModel({ ...problem, arcs })) : undefined
    return { bound, support, rounded }
  }

  /**
   * The LP over everything; then again without the arcs that lost their group to a larger one or carry less than half a
   * minimum leg, until none does. The bound is the first one's: nothing can undercut it.
   */
  private *relax(
    problem: Problem,
  ): Dialogue<{ bound: number; support: readonly PricedArc[]; flows: Flow[] | undefined }> {
    const seen = new Set<PricedArc>()
    let [bound, open, flows]: [number, readonly PricedArc[], Flow[] | undefined] = [-Infinity, problem.arcs, undefined]
    for (let dive = 0; dive < MOST_DIVES; dive++) {
      const relaxed = yield* this.solve(relaxedModel({ ...problem, arcs: open }))
      if (!relaxed) break
      if (dive === 0) bound = relaxed.objective
      const kept: Flow[] = []
      for (const flow of relaxed.flows.toSorted((a, b) => b.sent - a.sent)) {
        seen.add(flow.priced)
        if (flow.sent >= this.minimum() / 2 && !kept.some(({ priced }) => meet(priced, flow.priced))) kept.push(flow)
      }
      flows = kept
      if (kept.length === relaxed.flows.length) break
      const lost = new Set(relaxed.flows.filter((flow) => !kept.includes(flow)).map(({ priced }) => priced))
      open = open.filter((priced) => !lost.has(priced))
    }
    return { bound, support: problem.arcs.filter((priced) => seen.has(priced)), flows }
  }

  private withoutSolver(problem: Problem): Flow[] {
    const [filled, greedy] = [waterFillingFlows(problem), greedyFlows(problem)]
    return appraise(problem, filled).score <= appraise(problem, greedy).score
      ? this.remember('water-filling', filled)
      : this.remember('greedy', greedy)
  }

  /** The exact optimum, its sizes quoted, and the optimum once more where these quotes say something else. */
  private *settle(): Dialogue<Flow[]> {
    for (let pass = 1; ; pass++) {
      this.dropOverlaps()
      const flows = yield* this.optimise()
      const before = this.appraise(flows).score
      if ((yield* this.ask(this.wishesFor(flows))) > 0) {
        if (this.dropOverlaps() && pass < MOST_PASSES) continue
        const after = this.appraise(requoted(flows, this.problem().arcs)).score
        if (pass < MOST_PASSES && Math.abs(after - before) > SETTLED * Math.abs(before)) continue
      }
      return yield* this.polish(flows)
    }
  }

  /** The same arcs again, by what was quoted last and with their curves cut finely around the sizes found. */
  private *polish(found: readonly Flow[]): Dialogue<Flow[]> {
    const problem = this.problem(new Map(found.map(({ priced, sent }) => [keyOf(priced), sent])))
    const flows = requoted(found, problem.arcs)
    if (flows.length === 0 || this.method === 'water-filling' || this.method === 'greedy') return flows
    const polished = yield* this.solve(fixedModel({ ...problem, arcs: flows.map(({ priced }) => priced) }))
    if (!polished || this.appraise(polished.flows).score > this.appraise(flows).score) return flows
    return this.remember(this.method, polished.flows)
  }

  private remember(method: PlanMethod, flows: Flow[]): Flow[] {
    this.method = method
    this.last = new Map(flows.map(({ priced, sent }) => [keyOf(priced), sent]))
    return flows
  }

  private *solve({ model, read }: Model): Dialogue<Solved | undefined> {
    const solution = yield* this.solution(model)
    const isSolved = solution.status === 'optimal' || solution.status === 'limit'
    return isSolved ? { flows: read(solution), objective: solution.objective } : undefined
  }

  private *solution(model: LinearModel): Dialogue<Solution> {
    const answer = yield { type: 'solve', model }
    if (answer.type !== 'solve') return { status: 'failed', reason: 'No solution was given.' }
    const { solution } = answer
    const isUsable =
      (solution.status !== 'optimal' && solution.status !== 'limit') ||
      (solution.values.length === model.columns.cost.length &&
        solution.values.every(Number.isFinite) &&
        Number.isFinite(solution.objective) &&
        solution.bound < Infinity)
    return isUsable ? solution : { status: 'failed', reason: 'The solution holds values that are no numbers.' }
  }

  private appraise(flows: readonly Flow[]) {
    return appraise({ ...this.problem(), arcs: [] }, flows)
  }

  // Separate pools

  /**
   * Looks for a second aggregator that reaches other pools than the best one of a large swap: by disjoint lists of
   * exchanges, as they are or because it was asked to leave the first one's out, else by a simulation in which the second
   * brings as much after the first as alone. Only where so much of the plan's cost is price impact that a split could pay.
   */
  private *proveSeparate(flows: readonly Flow[]): Dialogue<void> {
    const total = flows.reduce((sum, flow) => sum + lossOf(flow), 0)
    const large = flows
      .map((flow) => ({ flow, impact: impactOf(flow) }))
      .filter(
        ({ flow: { priced }, impact }) =>
          priced.arc.kind === 'swap' && priced.arc.secondGroup === undefined && impact >= WORTH_SPLITTING * total,
      )
      .toSorted((a, b) => b.impact - a.impact)
    for (const { flow } of large.slice(0, MOST_PROOFS)) {
      const { group } = flow.priced.arc
      if (group === undefined || this.separate.has(group) || this.examined.has(group)) continue
      if (flow.sent < 2 * this.minimum() || venuesOf(this.input, flow.priced.arc).length < 2) continue
      this.examined.add(group)
      // A plan that traded this size before has looked into it; what it learned is still looked at, but nobody is asked.
      const isNew = !this.book.isLearned(flow.priced.arc, flow.sent * SAME_ORDER)
      if (!(yield* this.proveByLists(flow, group, isNew)) && isNew) yield* this.proveByPlaying(flow, group)
    }
  }

  private *proveByLists({ priced, sent }: Flow, group: string, isNew: boolean): Dialogue<boolean> {
    const { arc } = priced
    const first = bestVenue({ priced, sent })
    const { sources } = first.nearest(sent)
    if (!sources || sources.length === 0) return false
    const others = venuesOf(this.input, arc).filter((venue) => venue !== first.venue)
    const known = this.book
      .venueCurves(arc)
      .find((one) => others.includes(one.venue) && areApart(sources, one.nearest(sent).sources))
    if (known) {
      const detail = `${first.venue} fills at ${sources.join(', ')}, ${known.venue} at ${known.nearest(sent).sources!.join(', ')}`
      this.prove({ group, venues: [first.venue, known.venue], proof: 'fill-lists', detail }, [
        [arc, first.venue],
        [arc, known.venue],
      ])
      return true
    }
    const rest: Arc = { ...arc, key: `${arc.key} without ${sources.join(', ')}`, without: sources }
    const asked = others.slice(0, MOST_SECONDS)
    if (isNew)
      yield* this.ask(asked.map((venue) => ({ arc: rest, venue, sent: Math.max(this.minimum(), sent * SECOND_SHARE) })))
    const marginal = (first.evaluate(sent) - first.evaluate(sent * 0.98)) / (sent * 0.02)
    const [best] = this.book
      .venueCurves(rest)
      .map((curve) => ({ curve, sample: curve.nearest(sent) }))
      .filter(({ sample }) => areApart(sources, sample.sources) && sample.received / sample.sent > marginal)
      .toSorted((a, b) => b.sample.received / b.sample.sent - a.sample.received / a.sample.sent)
    if (!best) return false
    const { venue } = best.curve
    const detail = `${first.venue} fills at ${sources.join(', ')}; asked to leave these out, ${venue} fills at ${best.sample.sources!.join(', ')}`
    this.prove({ group, venues: [first.venue, venue], proof: 'fill-lists', detail }, [
      [arc, first.venue],
      [rest, venue],
    ])
    return true
  }

  private *proveByPlaying({ priced, sent }: Flow, group: string): Dialogue<boolean> {
    const { arc } = priced
    const [first, second] = this.book.venueCurves(arc).toSorted((a, b) => b.evaluate(sent) - a.evaluate(sent))
    if (!first || !second || this.asked + 2 > this.input.policy.planning.maxQuotes) return false
    let best = { share: 0, saved: 0 }
    for (const share of [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) {
      const both = first.evaluate(sent * share) + second.evaluate(sent * (1 - share)) - second.gas - second.onTop
      if (both - first.evaluate(sent) > best.saved) best = { share, saved: both - first.evaluate(sent) }
    }
    const [one, other] = [this.requestOf(arc, sent * best.share), this.requestOf(arc, sent * (1 - best.share))]
    if (!one || !other || best.saved <= 0.05 * (sent - first.evaluate(sent))) return false
    this.asked += 2
    const answer = yield {
      type: 'joint',
      first: { venue: first.venue, request: one },
      second: { venue: second.venue, request: other },
    }
    const outcome = answer.type === 'joint' ? answer.outcome : undefined
    if (outcome?.status !== 'played' || lostInTurn(outcome) * sent > SHARED_LOSS * best.saved) return false
    const detail = `played after ${first.venue}, ${second.venue} brought ${outcome.delivered[1]} of ${outcome.quoted[1]} base units`
    this.prove({ group, venues: [first.venue, second.venue], proof: 'joint-simulation', detail }, [
      [arc, first.venue],
      [arc, second.venue],
    ])
    return true
  }

  /** Fill lists change with size and time: what overlaps by the latest quotes is one market again. */
  private dropOverlaps(): boolean {
    const before = this.proofs.length
    for (const proof of this.proofs.filter(({ proof: kind }) => kind === 'fill-lists')) {
      const parts = this.separate.get(proof.group)!
      const [a, b] = parts.map(([arc, venue]) => {
        const curve = this.book.venueCurves(arc).find((one) => one.venue === venue)
        return curve?.nearest(this.last.get(`${arc.key} ${venue}`) ?? this.minimum()).sources
      })
      if (a && areApart(a, b)) continue
      this.separate.delete(proof.group)
      this.proofs.splice(this.proofs.indexOf(proof), 1)
    }
    return this.proofs.length < before
  }

  private prove(proof: SeparatePools, parts: readonly Part[]): void {
    this.proofs.push(proof)
    this.separate.set(proof.group, parts)
  }

  // Direct trades

  /**
   * A sale to the hub and a purchase with it on the same chain may be one trade that skips the hub. The largest pairs are
   * quoted that way and join the model as further arcs of both sides' groups: it takes one where it costs less, in whole or
   * in part, and never beside another leg that meets the same pools.
   */
  private *offerDirect(flows: readonly Flow[]): Dialogue<void> {
    const swaps = flows.filter(({ priced: { arc } }) => arc.kind === 'swap' && arc.secondGroup === undefined)
    const pairs = swaps
      .filter(({ priced: { arc } }) => arc.group?.endsWith('sell'))
      .flatMap((sale) =>
        swaps
          .filter(({ priced: { arc } }) => arc.group?.endsWith('buy') && arc.from === sale.priced.arc.to)
          .filter(({ priced: { arc } }) => arc.to.token.asset !== sale.priced.arc.from.token.asset)
          .map((purchase) => ({ sale, purchase, sent: Math.min(sale.sent, purchase.sent) })),
      )
      .filter(({ sale, purchase, sent }) => sent >= this.minimum() && !this.direct.has(directKey(sale, purchase)))
      .toSorted(
        (a, b) =>
          this.chanceOf(b) - this.chanceOf(a) ||
          (directKey(a.sale, a.purchase) < directKey(b.sale, b.purchase) ? -1 : 1),
      )
    const wishes = pairs.slice(0, MOST_DIRECT).flatMap(({ sale, purchase, sent }) => {
      const arc = this.directArc(sale.priced.arc, purchase.priced.arc)
      const usual = bestVenue(sale).venue
      const venues = venuesOf(this.input, arc)
      const venue = venues.includes(usual) ? usual : venues[0]
      this.direct.set(arc.key, arc)
      const isLearned = this.book.isLearned(sale.priced.arc) && this.book.isLearned(purchase.priced.arc)
      return venue === undefined || isLearned ? [] : [{ arc, venue, sent }]
    })
    yield* this.ask(wishes)
  }

  /** What a pair would carry; one with an asset that others trade against has pools of its own more often. */
  private chanceOf({ sale, purchase, sent }: { sale: Flow; purchase: Flow; sent: number }): number {
    const hubs = Object.values(this.input.policy.assetHubs)
    const isLikely = hubs.includes(assetOf(sale.priced.arc)) || hubs.includes(assetOf(purchase.priced.arc))
    return isLikely ? 2 * sent : sent
  }

  private directArc(out: Arc, back: Arc): Arc {
    return {
      key: arcKey('swap', out.from.token, back.to.token),
      kind: 'swap',
      from: out.from,
      to: back.to,
      group: out.group,
      ...(back.group !== undefined && { secondGroup: back.group }),
      cap: Math.min(out.cap, back.cap),
      maxLoss: Math.max(out.maxLoss, back.maxLoss),
      latencyRate: out.latencyRate,
    }
  }

  // The end

  private *conclude(flows: readonly Flow[]): Dialogue<PlanOutcome> {
    const offered = this.offers()
    const naive = naiveFlows(offered)
    const greedy = greedyFlows(offered)
    const candidates: { method: PlanMethod; flows: readonly Flow[] }[] = [
      { method: this.method, flows },
      { method: 'water-filling', flows: waterFillingFlows(offered) },
      { method: 'greedy', flows: greedy },
      { method: 'greedy', flows: naive },
    ]
    const nothing = scoreOf(outcomeOf(this.input, []))
    const faults: string[] = []
    let best: { method: PlanMethod; legs: readonly Leg[]; score: number } | undefined
    for (const { method, flows: candidate } of candidates) {
      const legs = buildLegs(this.input, this.network, this.book, candidate)
      if (!legs) continue
      const found = faultsOf(this.input, legs, new Set(this.proofs.map(({ group }) => group)))
      faults.push(...found)
      // What is right about a plan is not lost for one leg that is not.
      const faulty = legs.filter(({ id }) => found.some((fault) => fault.startsWith(`Leg ${id} `))).map(legKey)
      const sound = candidate.filter(
        ({ priced: { arc } }) => !faulty.includes(arcKey(arc.kind, arc.from.token, arc.to.token)),
      )
      if (faulty.length > 0 && sound.length > 0 && sound.length < candidate.length) {
        candidates.push({ method, flows: sound })
        const busy = withoutIdle(sound)
        if (busy.length < sound.length) candidates.push({ method, flows: busy })
      }
      const score = scoreOf(outcomeOf(this.input, legs))
      if (found.length === 0 && legs.length > 0 && (!best || score < best.score * (1 - 1e-9)))
        best = { method, legs, score }
    }
    if (!best || best.score >= nothing) {
      const unmet = this.explain(outcomeOf(this.input, []).unmet, [])
      const reasons = unmet.map(
        ({ asset, value, reason }) =>
          `${asset}: ${usdToNumber(absolute(value)).toFixed(0)} USD stay away from its levels. ${reason}`,
      )
      const dear = best ? [`The cheapest plan costs more than ${UNMET_PRICE * 100} % of what it would move.`] : []
      return this.none([...dear, ...reasons, ...faults.slice(0, 3)])
    }
    const { legs, method, score } = best
    const outcome = outcomeOf(this.input, legs)
    const used = new Set(legs.map(legKey))
    const bound = yield* this.lowerBound(offered)
    const plan: Plan = {
      id: this.input.planId,
      legs,
      cost: legs.reduce((sum, leg) => addCosts(sum, leg.cost), NO_COST),
      unmet: this.explain(outcome.unmet, flows),
      expectedDrift: outcome.drift,
      method,
      alternatives: this.alternatives(naive, greedy),
      lowerBound: undefined,
      separatePools: this.proofs.filter(({ group }) => [...used].some((key) => this.groupOf(key) === group)),
      quotes: { asked: this.asked, failed: this.failed, rounds: this.rounds },
    }
    return { status: 'planned', curves: this.book.records(), plan: { ...plan, ...claimed(bound, plan, score) } }
  }

  private groupOf(key: string): string | undefined {
    return (this.network.arcs.find((arc) => arc.key === key) ?? this.direct.get(key))?.group
  }

  private alternatives(naive: readonly Flow[], greedy: readonly Flow[]): Alternative[] {
    const reckoned = (name: Alternative['name'], flows: readonly Flow[]): Alternative => {
      const { cost, unmet } = this.appraise(flows)
      return { name, cost: flows.length === 0 && name !== 'nothing' ? undefined : usdOf(cost), unmet: usdOf(unmet) }
    }
    return [reckoned('nothing', []), reckoned('naive', naive), reckoned('greedy', greedy)]
  }

  /** In USD, with what is left undone priced as in the score: what no set of legs for the same levels costs less than, executed once on the curves. */
  private *lowerBound(problem: Problem): Dialogue<number | undefined> {
    const solution = yield* this.solution(boundModel(problem).model)
    if (solution.status !== 'optimal' && solution.status !== 'limit') return undefined
    return (Math.max(0, solution.bound) / 10_000) * this.network.nav
  }

  private explain(unmet: ReadonlyMap<string, Usd>, flows: readonly Flow[]): UnmetDrift[] {
    return explainUnmet({ input: this.input, network: this.network, book: this.book, flows }, unmet)
  }

  private none(reasons: readonly string[]): PlanOutcome {
    return { status: 'no-plan', reasons, curves: this.book.records() }
  }

  private placeOf(asset: string): Place {
    return this.network.places.find(({ key }) => key === asset)!
  }

  /** From the nearer level where it is outside, else from its target; in USD. */
  private distanceOf({ value, lower, upper, target }: Place): number {
    const share = value / this.network.nav
    const outside = Math.max(lower - share, share - upper)
    return (outside > 0 ? outside : Math.abs(share - target)) * this.network.nav
  }

  private turnover(): number {
    return this.network.places.reduce((sum, place) => sum + this.distanceOf(place), 0) / 2
  }

  private minimum(): number {
    return usdToNumber(this.input.policy.minimumTrade)
  }
}

/**
 * What may be said of a bound beside the plan with this score, both in USD. Within the rounding of amounts above the
 * score it is the score as it is told, which leaves out crumbs; further above it the plan itself refutes it.
 */
function claimed(bound: number | undefined, plan: Plan, score: number): Pick<Plan, 'lowerBound' | 'noBound'> {
  if (bound === undefined) return { lowerBound: undefined, noBound: 'No relaxation of it could be solved.' }
  if (bound <= score * (1 + BOUND_ROUNDING)) return { lowerBound: smaller(usdOf(bound), scoreOfPlan(plan)) }
  const least = `no plan would cost less than ${bound.toLocaleString('en-US', { maximumFractionDigits: 2 })} USD`
  return {
    lowerBound: undefined,
    noBound: plan.legs.some(({ kind, slice }) => kind === 'swap' && slice !== undefined)
      ? `In one go ${least}; the slices of this one give pools time to recover.`
      : `By its curves ${least}, and this one does: what was quoted for its legs is better than they are.`,
  }
}

function legKey({ kind, sell, expectedOut }: Leg): string {
  return arcKey(kind, sell.token, expectedOut.token)
}

function directKey(sale: Flow, purchase: Flow): string {
  return arcKey('swap', sale.priced.arc.from.token, purchase.priced.arc.to.token)
}

/** The same flows by what is known of their arcs now; none along an arc that is offered no more. */
function requoted(flows: readonly Flow[], arcs: readonly PricedArc[]): Flow[] {
  return flows.flatMap(({ sent, priced }) => {
    const now = arcs.find((one) => keyOf(one) === keyOf(priced))
    return now ? [{ priced: now, sent: Math.min(sent, now.cap) }] : []
  })
}

function keyOf({ arc, only }: PricedArc): string {
  return `${arc.key} ${only ?? ''}`
}
