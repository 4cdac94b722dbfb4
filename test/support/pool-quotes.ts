import fc from 'fast-check'
import { HighsSolver } from '../../src/adapters/optimiser/highs-solver.js'
import type { AssetKey, ChainKey } from '../../src/domain/assets.js'
import { gasCost, priceIn } from '../../src/domain/planning/cost.js'
import type { PricedArc, VenueCurve } from '../../src/domain/planning/curve-book.js'
import type { CurveSample } from '../../src/domain/planning/curve-record.js'
import type {
  JointOutcome,
  PlanInput,
  PlannerAnswer,
  PlannerQuestion,
  PlanOutcome,
} from '../../src/domain/planning/dialogue.js'
import { type Arc, buildNetwork } from '../../src/domain/planning/network.js'
import type { Problem } from '../../src/domain/planning/optimiser.js'
import type { Plan } from '../../src/domain/planning/plan.js'
import { makePlan } from '../../src/domain/planning/planner.js'
import type { Quote, QuoteAsk, QuoteFailure, VenueKey } from '../../src/domain/planning/quote.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { mulDiv, RATIO_ONE, ratioOfBasisPoints, ratioToNumber } from '../../src/domain/units/ratio.js'
import { amountWorth, ONE_USD, type Usd, usdToNumber, valueOf } from '../../src/domain/units/usd.js'
import type { Solver } from '../../src/ports/solver.js'

/** Constant-product pools at our prices for swaps, a share and a fixed part for crossings. */
export interface PoolWorld {
  /** Tells worlds apart whose depths are functions. */
  readonly name?: string
  /** Dollars on each side of what a venue reaches between two assets on a chain; nothing where undefined or zero. */
  readonly depth: (chain: ChainKey, a: AssetKey, b: AssetKey, venue: VenueKey) => Usd | undefined
  readonly feeBps: (venue: VenueKey) => number
  /** By how many basis points an asset is cheaper at all venues than by our prices; nothing where undefined. */
  readonly cheaperBps?: Readonly<Record<AssetKey, number>>
  readonly bridgeBps: number
  readonly bridgeFixed: Usd
  readonly gasUnits: bigint
  /** `shared`: all venues meet the same pool of a pair; `separate`: each has one of its own. */
  readonly pools: 'shared' | 'separate'
  /** Whether venues name what they fill at. */
  readonly isOpen: boolean
}

export const DEEP: PoolWorld = {
  depth: () => 500_000_000n * ONE_USD,
  feeBps: () => 5,
  bridgeBps: 5,
  bridgeFixed: ONE_USD,
  gasUnits: 150_000n,
  pools: 'shared',
  isOpen: true,
}

/** Depths that differ by place and venue, the same for the same place. About one pair in six has no pool. */
export function variedDepths(seed: number, dollars: number): PoolWorld['depth'] {
  return (chain, a, b, venue) => {
    const mix = Array.from(`${seed} ${chain} ${a} ${b} ${venue}`).reduce(
      (sum, one) => (sum * 31 + one.charCodeAt(0)) % 1_009,
      7,
    )
    return mix % 6 === 0 ? undefined : (BigInt(Math.round(dollars * 1e6)) * 10n ** 12n * BigInt(mix + 100)) / 1_000n
  }
}

/** Deep and shallow, shared and separate, told and not; the second venue may be dearer for little and cheaper for much. */
export const anyWorld: fc.Arbitrary<PoolWorld> = fc
  .record({
    seed: fc.integer({ min: 1, max: 1_000 }),
    dollars: fc.constantFrom(5_000_000, 60_000_000, 800_000_000),
    second: fc.constantFrom(5, 20),
    pools: fc.constantFrom('shared' as const, 'separate' as const),
    isOpen: fc.boolean(),
  })
  .map(({ seed, dollars, second, pools, isOpen }) => ({
    ...DEEP,
    pools,
    isOpen,
    name: `${seed} ${dollars} ${second}`,
    depth: variedDepths(seed, dollars),
    feeBps: (venue) => (venue === 'two' ? second : 5),
  }))

/** The order in which two assets name a pool. */
function pairOf({ request: { sell, buy } }: QuoteAsk): [AssetKey, AssetKey] {
  return [sell.token.asset, buy.asset].toSorted() as [AssetKey, AssetKey]
}

function less(value: Usd, basisPoints: number): Usd {
  return mulDiv(value, RATIO_ONE - ratioOfBasisPoints(basisPoints), RATIO_ONE, 'down')
}

/** Value received; `moved`: what went through the same pool in the same direction before. Undefined: no pool. */
function received(world: PoolWorld, input: PlanInput, ask: QuoteAsk, moved: Usd = 0n): Usd | undefined {
  const { kind, sell } = ask.request
  const value = valueOf(sell, priceIn(input.market, sell.token.asset), 'down')
  if (kind === 'bridge') return less(value, world.bridgeBps) - world.bridgeFixed
  const depth = world.depth(sell.token.chain, ...pairOf(ask), ask.venue)
  if (depth === undefined || depth <= 0n) return undefined
  const [before, after] = [moved, moved + less(value, world.feeBps(ask.venue))]
  const brought = mulDiv(depth, after, depth + after, 'down') - mulDiv(depth, before, depth + before, 'down')
  const cheaper = (asset: AssetKey) => world.cheaperBps?.[asset] ?? 0
  return less(brought, cheaper(sell.token.asset) - cheaper(ask.request.buy.asset))
}

/** What a venue of the world answers to one ask. */
export function poolAnswer(world: PoolWorld, input: PlanInput, ask: QuoteAsk): Quote | QuoteFailure {
  const { venue, request } = ask
  const worth = received(world, input, ask)
  if (worth === undefined || worth <= 0n) return { venue, kind: 'no-route', detail: 'no pool' }
  const [a, b] = pairOf(ask)
  const source = `${world.pools === 'shared' ? 'pool' : venue}${a}${b}`.toLowerCase()
  return {
    venue,
    tool: request.kind === 'swap' ? 'pool' : 'swift bridge',
    request,
    expectedOut: amountWorth(worth, request.buy, priceIn(input.market, request.buy.asset), 'down'),
    minimumOut: amountOf(request.buy, 0n),
    fees: [],
    gasUnits: world.gasUnits,
    durationSeconds: request.kind === 'swap' ? 0 : 60,
    obtainedAt: input.now,
    ...(world.isOpen && request.kind === 'swap' && { sources: [source] }),
  }
}

function played(world: PoolWorld, input: PlanInput, first: QuoteAsk, second: QuoteAsk): JointOutcome {
  const unitsOf = (ask: QuoteAsk, moved: Usd): bigint => {
    const price = priceIn(input.market, ask.request.buy.asset)
    return amountWorth(received(world, input, ask, moved) ?? 0n, ask.request.buy, price, 'down').units
  }
  const { sell } = first.request
  const sold = less(valueOf(sell, priceIn(input.market, sell.token.asset), 'down'), world.feeBps(first.venue))
  const moved = world.pools === 'shared' ? sold : 0n
  return {
    status: 'played',
    quoted: [unitsOf(first, 0n), unitsOf(second, 0n)],
    delivered: [unitsOf(first, 0n), unitsOf(second, moved)],
  }
}

/** Answers all that can be asked of a world. */
export type Oracle = (question: Exclude<PlannerQuestion, { type: 'solve' }>) => PlannerAnswer

export function poolAnswers(world: PoolWorld, input: PlanInput): Oracle {
  return (question) =>
    question.type === 'quotes'
      ? { type: 'quotes', replies: question.asks.map((ask) => poolAnswer(world, input, ask)) }
      : { type: 'joint', outcome: played(world, input, question.first, question.second) }
}

/** The course of one plan. */
export interface Course {
  readonly outcome: PlanOutcome
  readonly asks: readonly QuoteAsk[]
  readonly questions: number
  readonly solves: number
}

/** HiGHS in one thread for all plans of a spec; it holds no process open. */
export const SOLVER = new HighsSolver()
const MOST_QUESTIONS = 80

/** Plans to the end, with every question answered. Fails when the planner keeps asking. */
export async function planWith(input: PlanInput, world: PoolWorld | Oracle, solver: Solver = SOLVER): Promise<Course> {
  const answer = typeof world === 'function' ? world : poolAnswers(world, input)
  const asks: QuoteAsk[] = []
  const run = makePlan(input)
  let solves = 0
  let step = run.next()
  for (let questions = 0; ; questions++) {
    if (step.done) return { outcome: step.value, asks, questions, solves }
    if (questions >= MOST_QUESTIONS)
      throw new Error(`The planner has asked ${MOST_QUESTIONS} questions and is not done.`)
    const question = step.value
    if (question.type === 'quotes') asks.push(...question.asks)
    if (question.type === 'solve') solves += 1
    step = run.next(
      question.type === 'solve' ? { type: 'solve', solution: await solver.solve(question.model) } : answer(question),
    )
  }
}

/** The plan, where there has to be one. */
export async function planned(input: PlanInput, world: PoolWorld | Oracle, solver?: Solver): Promise<Plan> {
  const { outcome } = await planWith(input, world, solver)
  if (outcome.status === 'no-plan') throw new Error(`No plan: ${outcome.reasons.join(' ')}`)
  return outcome.plan
}

/** All arcs of an input with the world's true curves on them, as if everything had been quoted at every size. */
export function problemOf(input: PlanInput, world: PoolWorld): Problem {
  const network = buildNetwork(input)
  const arcs = network.arcs.flatMap((arc) => {
    const venues = input
      .venuesFor(askOf(input, arc, '').request)
      .map((venue) => trueCurve(world, input, arc, venue))
      .filter(({ maxSize }) => maxSize > 0)
    const cap = Math.min(arc.cap, Math.max(0, ...venues.map(({ maxSize }) => maxSize)))
    if (cap < usdToNumber(input.policy.minimumTrade)) return []
    const [first] = venues
    const priced: PricedArc = {
      arc,
      only: undefined,
      venues,
      evaluate: (sent) => Math.max(...venues.map((one) => one.evaluate(sent))),
      charge: first!.gas,
      kept: first!.kept,
      gas: first!.gas,
      cap,
      latency: 0,
      isAssumed: false,
    }
    return [priced]
  })
  return { network, policy: input.policy, arcs, around: new Map() }
}

function askOf(input: PlanInput, { kind, from, to }: Arc, venue: VenueKey): QuoteAsk {
  const sell = amountOf(from.token, 1n)
  return { venue, request: { kind, sell, buy: to.token, account: input.account, maxSlippage: input.maxSlippage } }
}

function trueCurve(world: PoolWorld, input: PlanInput, arc: Arc, venue: VenueKey): VenueCurve {
  const { kind, from } = arc
  const ask = askOf(input, arc, venue)
  const isSwap = kind === 'swap'
  const kept = 1 - (isSwap ? world.feeBps(venue) : world.bridgeBps) / 10_000
  const depth = isSwap ? usdToNumber(world.depth(from.token.chain, ...pairOf(ask), venue) ?? 0n) : Infinity
  const gas = usdToNumber(gasCost(input.market, from.token.chain, world.gasUnits))
  const sample: CurveSample = {
    venue,
    tool: isSwap ? 'pool' : 'swift bridge',
    sent: 1,
    received: kept,
    fees: 0,
    onTop: 0,
    gasUnits: Number(world.gasUnits),
    sources: undefined,
    durationSeconds: 60,
    obtainedAt: input.now,
    block: undefined,
    prices: [10n ** 18n, 10n ** 18n],
  }
  const most = 1 / (1 - arc.maxLoss)
  return {
    venue,
    evaluate: (sent) => (kept * sent) / (1 + (kept * sent) / depth),
    gas,
    kept: isSwap ? 0 : usdToNumber(world.bridgeFixed),
    onTop: 0,
    maxSize: depth > 0 ? Math.max(0, (most - 1 / kept) * depth) : 0,
    nearest: () => sample,
  }
}

/** Shares of NAV in basis points, for reading. */
export function costInBps(plan: Plan, input: PlanInput): number {
  const { slippage, fees, gas, bridge } = plan.cost
  return ratioToNumber(mulDiv(slippage + fees + gas + bridge, RATIO_ONE, input.drift.nav, 'up')) * 10_000
}
