import { tokenId } from '../../src/domain/assets.js'
import type { JointOutcome, PlannerAnswer, PlannerQuestion } from '../../src/domain/planning/dialogue.js'
import type { Quote, QuoteAsk, QuoteFailure } from '../../src/domain/planning/quote.js'
import { amountOf } from '../../src/domain/units/amount.js'
import { mulDiv, RATIO_ONE } from '../../src/domain/units/ratio.js'
import { tokensOf, unitsOf } from './portfolio.js'
import type { Crossing, NoWay, Route, World } from './world.js'

/** Venues that answer at once, out of one world; counts what they are asked and how long they think. */
export class QuoteService {
  /** Requests put to venues, one per venue. */
  asked = 0
  failed = 0
  joint = 0
  spentMs = 0

  constructor(
    private readonly world: World,
    private readonly now: number,
  ) {}

  answer(question: Exclude<PlannerQuestion, { type: 'solve' }>): PlannerAnswer {
    const startedAt = performance.now()
    const answer: PlannerAnswer =
      question.type === 'quotes'
        ? { type: 'quotes', replies: question.asks.map((ask) => this.reply(ask)) }
        : { type: 'joint', outcome: this.playJoint(question.first, question.second) }
    this.spentMs += performance.now() - startedAt
    return answer
  }

  private reply(ask: QuoteAsk): Quote | QuoteFailure {
    this.asked++
    const reply = quoteIn(this.world, ask, this.now)
    if ('kind' in reply) this.failed++
    return reply
  }

  private playJoint(first: QuoteAsk, second: QuoteAsk): JointOutcome {
    this.joint++
    const after = this.world.copy()
    const [one, two] = [wayOf(this.world, first), wayOf(this.world, second)]
    if (one.kind === 'none' || two.kind === 'none') return { status: 'unknown', reason: 'One of the two has no way.' }
    after.apply(one)
    const then = wayOf(after, second)
    if (then.kind === 'none') return { status: 'unknown', reason: then.reason }
    const units = (ask: QuoteAsk, way: Route | Crossing) => unitsOf(way.out, ask.request.buy.decimals)
    return {
      status: 'played',
      quoted: [units(first, one), units(second, two)],
      delivered: [units(first, one), units(second, then)],
    }
  }
}

/** What a venue would do with a request in the world's present state. */
export function wayOf(
  world: World,
  { venue, request: { kind, sell, buy, without } }: QuoteAsk,
): Route | Crossing | NoWay {
  const { asset, chain } = sell.token
  if (kind === 'swap') return world.swap(venue, chain, asset, buy.asset, tokensOf(sell), without)
  if (asset !== buy.asset) return { kind: 'none', reason: 'bridges carry one asset', isTooMuch: false }
  return world.bridge(venue, asset, chain, buy.chain, tokensOf(sell))
}

export function quoteIn(world: World, ask: QuoteAsk, now: number): Quote | QuoteFailure {
  const { venue, request } = ask
  const way = wayOf(world, ask)
  if (way.kind === 'none')
    return { venue, kind: way.isTooMuch ? 'rejected' : 'no-route', detail: `${way.reason} (${tokenId(request.buy)})` }
  const expectedOut = amountOf(request.buy, unitsOf(way.out, request.buy.decimals))
  return {
    venue,
    tool: way.kind === 'bridge' ? way.key : way.pools.join('+'),
    request,
    expectedOut,
    minimumOut: amountOf(request.buy, mulDiv(expectedOut.units, RATIO_ONE - request.maxSlippage, RATIO_ONE, 'down')),
    fees: [],
    gasUnits: BigInt(way.gasUnits),
    durationSeconds: way.kind === 'bridge' ? way.seconds : 0,
    obtainedAt: now,
    ...(way.kind === 'swap' && { sources: way.pools }),
  }
}
