import { fromJson, toJson } from '../src/adapters/store/json.js'
import type { Cycle } from '../src/domain/execution/cycle.js'
import { type Market, priceIn } from '../src/domain/planning/cost.js'
import { nextPlanStep, type PlanInput } from '../src/domain/planning/planner.js'
import { type Quote, type QuoteAnswers, type QuoteRequest, requestKey } from '../src/domain/planning/quote.js'
import type { Portfolio } from '../src/domain/policy/portfolio.js'
import { evaluateTriggers } from '../src/domain/policy/trigger.js'
import { measureDrift } from '../src/domain/portfolio/drift.js'
import type { Snapshot } from '../src/domain/portfolio/snapshot.js'
import { valuePortfolio } from '../src/domain/portfolio/valuation.js'
import { mulDiv, ratioOfBasisPoints, RATIO_ONE } from '../src/domain/units/ratio.js'
import { amountWorth, ONE_USD, valueOf } from '../src/domain/units/usd.js'
import { median } from './median.js'

export interface Timing {
  readonly what: string
  /** Median time of one call of warm code. */
  readonly ms: number
}

/**
 * Times the pure parts of a cycle on what the daemon wrote down: its holdings, prices and policy; only the quotes are
 * made up. The first entry is the yardstick: plain `JSON` on the text of the same cycle.
 */
export function timePureParts(portfolio: Portfolio, cycle: Cycle): readonly Timing[] {
  const text = toJson(cycle)
  const json: unknown = JSON.parse(text)
  const snapshot = snapshotOf(cycle)
  const input = planInput(portfolio, cycle)
  return [
    timed('plain JSON there and back', () => JSON.stringify(JSON.parse(text))),
    timed('cycle row written (toJson)', () => toJson(cycle)),
    timed('cycle row read (fromJson)', () => fromJson(json)),
    timed('snapshot valued, drift, decision', () => {
      const drift = measureDrift(valuePortfolio(snapshot, portfolio.assets), portfolio.policy)
      return evaluateTriggers(drift, portfolio.policy, { now: 0, lastTradedAt: undefined, isManual: false })
    }),
    timed('plan, all its passes', () => plan(input)),
  ]
}

/** How often the planner is asked, and with how many quotes, until the plan stands. */
export function sizeOfPlan(portfolio: Portfolio, cycle: Cycle): { passes: number; requests: number; legs: number } {
  return plan(planInput(portfolio, cycle))
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

function planInput({ account, assets, policy, maxSlippage }: Portfolio, cycle: Cycle): PlanInput {
  const { id, valuation, drift, market } = cycle
  return { planId: id, account, assets, valuation, drift, policy, market, maxSlippage }
}

function plan(input: PlanInput): { passes: number; requests: number; legs: number } {
  const book = new Map<string, QuoteAnswers>()
  for (let passes = 1; ; passes++) {
    const step = nextPlanStep(input, book)
    switch (step.status) {
      case 'needs-quotes':
        for (const request of step.requests) book.set(requestKey(request), answersTo(input.market, request))
        break
      case 'planned':
        return { passes, requests: book.size, legs: step.plan.legs.length }
      case 'no-plan':
        throw new Error(`The planner found no plan for a cycle that traded: ${step.reasons.join(' ')}`)
    }
  }
}

/** Two venues, one a little dearer; a swap loses 2 bps and one more for every 100,000 USD, a bridge 3 bps. */
function answersTo(market: Market, request: QuoteRequest): QuoteAnswers {
  const { kind, sell, buy } = request
  const value = valueOf(sell, priceIn(market, sell.token.asset), 'down')
  const loss = kind === 'bridge' ? 3 : 2 + Number(value / (100_000n * ONE_USD))
  const offer = (venue: string, basisPoints: number): Quote => {
    const received = mulDiv(value, RATIO_ONE - ratioOfBasisPoints(basisPoints), RATIO_ONE, 'down')
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
      obtainedAt: 0,
    }
  }
  const quotes = kind === 'bridge' ? [offer('lifi', loss)] : [offer('lifi', loss + 1), offer('zeroex', loss)]
  return { quotes, failures: [] }
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
