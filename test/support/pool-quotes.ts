import type { ChainKey } from '../../src/domain/assets.js'
import { type Market, priceIn } from '../../src/domain/planning/cost.js'
import { nextPlanStep, type PlanInput, type PlanStep } from '../../src/domain/planning/planner.js'
import { type Quote, type QuoteAnswers, type QuoteRequest, requestKey } from '../../src/domain/planning/quote.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { mulDiv, RATIO_ONE, ratioOfBasisPoints } from '../../src/domain/units/ratio.js'
import { amountWorth, ONE_USD, type Usd, valueOf } from '../../src/domain/units/usd.js'

export interface PoolWorld {
  /** Dollars on each side of the pool between two assets on a chain; no pool where it is undefined or zero. */
  readonly depth: (chain: ChainKey, a: string, b: string) => Usd | undefined
  readonly feeBps: number
  readonly bridgeBps: number
  readonly bridgeFixed: Usd
}

/** What one venue answers: constant-product pools at our prices for swaps, a share and a fixed fee for bridges. */
export function poolAnswers(world: PoolWorld, market: Market, request: QuoteRequest): QuoteAnswers {
  const { kind, sell, buy } = request
  const failures = [{ venue: 'pools', kind: 'no-route' as const, detail: 'no pool' }]
  const value = valueOf(sell, priceIn(market, sell.token.asset), 'down')
  const kept = mulDiv(
    value,
    RATIO_ONE - ratioOfBasisPoints(kind === 'swap' ? world.feeBps : world.bridgeBps),
    RATIO_ONE,
    'down',
  )
  let worth = kept - world.bridgeFixed
  if (kind === 'swap') {
    const depth = world.depth(sell.token.chain, ...([sell.token.asset, buy.asset].toSorted() as [string, string]))
    if (depth === undefined || depth <= 0n) return { quotes: [], failures }
    worth = mulDiv(depth, kept, depth + kept, 'down')
  }
  if (worth <= 0n) return { quotes: [], failures }
  const quote: Quote = {
    venue: 'pools',
    tool: kind === 'swap' ? 'pool' : 'swift bridge',
    request,
    expectedOut: amountOf(buy, amountWorth(worth, buy, priceIn(market, buy.asset), 'down').units),
    minimumOut: amountOf(buy, 0n),
    fees: [],
    gasUnits: 150_000n,
    durationSeconds: 1,
    obtainedAt: 0,
  }
  return { quotes: [quote], failures: [] }
}

/** Plans to the end, answering whatever is asked. Also how often it asked, and for what. */
export function planWith(
  input: PlanInput,
  answer: (request: QuoteRequest) => QuoteAnswers,
): { end: Exclude<PlanStep, { status: 'needs-quotes' }>; requests: QuoteRequest[]; rounds: number } {
  const book = new Map<string, QuoteAnswers>()
  const requests: QuoteRequest[] = []
  for (let rounds = 1; rounds < 500; rounds++) {
    const step = nextPlanStep(input, book)
    if (step.status !== 'needs-quotes') return { end: step, requests, rounds }
    if (step.requests.length === 0) throw new Error('The planner asks for quotes and names none.')
    for (const request of step.requests) {
      requests.push(request)
      book.set(requestKey(request), answer(request))
    }
  }
  throw new Error('The planner has asked for quotes 500 times and is not done.')
}

export const DEEP: PoolWorld = { depth: () => 500_000_000n * ONE_USD, feeBps: 5, bridgeBps: 5, bridgeFixed: ONE_USD }
