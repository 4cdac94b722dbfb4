import { PolicyBook } from '../src/application/policy-book.js'
import { HighsSolver } from '../src/adapters/optimiser/highs-solver.js'
import { fromJson, toJson } from '../src/adapters/store/json.js'
import type { Cycle } from '../src/domain/execution/cycle.js'
import { priceIn } from '../src/domain/planning/cost.js'
import type { PlanInput, PlannerAnswer, PlannerQuestion } from '../src/domain/planning/dialogue.js'
import type { Plan } from '../src/domain/planning/plan.js'
import { makePlan } from '../src/domain/planning/planner.js'
import type { Quote, QuoteAsk } from '../src/domain/planning/quote.js'
import type { Portfolio } from '../src/domain/policy/portfolio.js'
import { type Circumstances, evaluateTriggers } from '../src/domain/policy/trigger.js'
import { measureDrift } from '../src/domain/portfolio/drift.js'
import type { Snapshot } from '../src/domain/portfolio/snapshot.js'
import { valuePortfolio } from '../src/domain/portfolio/valuation.js'
import { mulDiv, ratioOfBasisPoints, RATIO_ONE } from '../src/domain/units/ratio.js'
import { amountWorth, ONE_USD, valueOf } from '../src/domain/units/usd.js'
import { median } from './median.js'

const NOTHING_KNOWN: Circumstances = {
  covariance: undefined,
  costs: new Map(),
  fixedCost: 0,
  settlesAt: new Map(),
  notes: [],
}

export interface Timing {
  readonly what: string
  /** Median time of one call of warm code. */
  readonly ms: number
}

export interface SizeOfPlan {
  readonly rounds: number
  readonly solves: number
  readonly quotes: number
  readonly legs: number
}

/**
 * Times the pure parts of a cycle on what the daemon wrote down: its holdings, prices and policy; only the quotes are
 * made up. The first entry is the yardstick: plain `JSON` on the text of the same cycle. The plan is made with every
 * answer at hand, those of the solver too: what is timed is the planner alone, building and reading its models included.
 */
export async function timePureParts(portfolio: Portfolio, cycle: Cycle): Promise<readonly Timing[]> {
  const text = toJson(cycle)
  const json: unknown = JSON.parse(text)
  const snapshot = snapshotOf(cycle)
  const input = planInput(portfolio, cycle)
  const answers = await answersOf(input)
  const policies = new PolicyBook().of(portfolio)
  return [
    timed('plain JSON there and back', () => JSON.stringify(JSON.parse(text))),
    timed('cycle row written (toJson)', () => toJson(cycle)),
    timed('cycle row read (fromJson)', () => fromJson(json)),
    timed('snapshot valued, drift, decision', () => {
      const drift = measureDrift(valuePortfolio(snapshot, portfolio.assets), portfolio.policy)
      const context = { now: 0, lastTradedAt: undefined, servedAt: undefined, askedBy: undefined, continues: undefined }
      return evaluateTriggers(drift, policies, context, NOTHING_KNOWN)
    }),
    timed('plan, all its rounds, answers at hand', () => replay(input, answers)),
    ...(await timedSolves(input)),
  ]
}

/** How often the planner asks and solves until the plan stands. */
export async function sizeOfPlan(portfolio: Portfolio, cycle: Cycle): Promise<SizeOfPlan> {
  const input = planInput(portfolio, cycle)
  const answers = await answersOf(input)
  const { quotes, legs } = replay(input, answers)
  const solves = answers.filter(({ type }) => type === 'solve').length
  return { rounds: quotes.rounds, solves, quotes: quotes.asked, legs: legs.length }
}

const BATCHES = 15
const BATCH_MS = 40

function timed(what: string, work: () => unknown): Timing {
  const perCall: number[] = []
  for (let batch = 0; batch <= BATCHES; batch++) {
    const startedAt = performance.now()
    let calls = 0
    for (; performance.now() - startedAt < BATCH_MS; calls++) work()
    if (batch > 0) perCall.push((performance.now() - startedAt) / calls)
  }
  return { what, ms: median(perCall) }
}

/** The plan with the solver at work, which has a thread of its own; the venues answer at once. */
async function timedSolves(input: PlanInput): Promise<readonly Timing[]> {
  const perPlan: number[] = []
  for (let batch = 0; batch <= BATCHES; batch++) {
    const startedAt = performance.now()
    await answersOf(input)
    if (batch > 0) perPlan.push(performance.now() - startedAt)
  }
  return [{ what: 'the same with the solver at work', ms: median(perPlan) }]
}

function planInput({ account, assets, policy, maxSlippage }: Portfolio, cycle: Cycle): PlanInput {
  const { id, valuation, drift, decision, market, startedAt } = cycle
  return {
    planId: id,
    account,
    assets,
    valuation,
    drift,
    levels: decision.levels,
    // Bounded by nodes: what a time limit cuts off is no yardstick.
    policy: { ...policy, planning: { ...policy.planning, solverSeconds: undefined } },
    market,
    maxSlippage,
    venuesFor: ({ kind, sell, buy }) => {
      if (kind === 'swap') return ['lifi', 'zeroex']
      return sell.token.asset === buy.asset ? ['lifi'] : []
    },
    curves: [],
    now: startedAt,
  }
}

const solver = new HighsSolver()

/** Makes the plan once, and keeps every answer that it was given. */
async function answersOf(input: PlanInput): Promise<readonly PlannerAnswer[]> {
  const answers: PlannerAnswer[] = []
  const run = makePlan(input)
  for (let step = run.next(); !step.done; step = run.next(answers.at(-1)!))
    answers.push(await answerTo(input, step.value))
  return answers
}

async function answerTo(input: PlanInput, question: PlannerQuestion): Promise<PlannerAnswer> {
  switch (question.type) {
    case 'quotes':
      return { type: 'quotes', replies: question.asks.map((ask) => quoteOf(input, ask)) }
    case 'solve':
      return { type: 'solve', solution: await solver.solve(question.model) }
    case 'joint':
      return { type: 'joint', outcome: { status: 'unknown', reason: 'Nothing is played here.' } }
  }
}

/** The same input and answers give the same plan: its questions come in the order in which they were answered. */
function replay(input: PlanInput, answers: readonly PlannerAnswer[]): Plan {
  const run = makePlan(input)
  let step = run.next()
  for (const answer of answers) step = run.next(answer)
  if (!step.done) throw new Error('The planner asked more than it did before.')
  if (step.value.status === 'no-plan')
    throw new Error(`The planner found no plan for a cycle that traded: ${step.value.reasons.join(' ')}`)
  return step.value.plan
}

/** Two venues, one a little dearer; a swap loses 2 bps and one more for every 100,000 USD, a bridge 3 bps. */
function quoteOf({ market, now }: PlanInput, { venue, request }: QuoteAsk): Quote {
  const { kind, sell, buy } = request
  const value = valueOf(sell, priceIn(market, sell.token.asset), 'down')
  const dearer = kind === 'swap' && venue === 'lifi' ? 1 : 0
  const loss = dearer + (kind === 'bridge' ? 3 : 2 + Number(value / (100_000n * ONE_USD)))
  const received = mulDiv(value, RATIO_ONE - ratioOfBasisPoints(loss), RATIO_ONE, 'down')
  const expectedOut = amountWorth(received, buy, priceIn(market, buy.asset), 'down')
  return {
    venue,
    tool: 'made up',
    request,
    expectedOut,
    minimumOut: expectedOut,
    fees: [],
    gasUnits: 200_000n,
    durationSeconds: 0,
    obtainedAt: now,
  }
}

/** The look at the world that the cycle's valuation came from; every price from two sources that agree. */
function snapshotOf({ portfolio, startedAt, valuation }: Cycle): Snapshot {
  const known = valuation.assets.filter((asset) => asset.status === 'known')
  const positions = known.flatMap((asset) => asset.positions)
  const chains = [...new Set(positions.map(({ chain }) => chain))]
  return {
    portfolio,
    takenAt: startedAt,
    inTransit: [],
    chains: chains.map((chain) => ({
      chain,
      status: 'known',
      block: { number: 1n, hash: '0x', timestamp: 0 },
      baseFee: 1n,
      holdings: positions.filter((position) => position.chain === chain).map(({ amount }) => amount),
      problems: [],
    })),
    prices: known.map(({ asset, price }) => ({
      asset,
      status: 'known',
      price,
      sources: ['feed', 'reference'].map((source) => ({ asset, source, status: 'usable', price, timestamp: 0 })),
    })),
  }
}
