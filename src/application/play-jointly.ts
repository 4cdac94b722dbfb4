import { type Address, sameAddress, tokenId } from '../domain/assets.js'
import { InvariantError } from '../domain/errors.js'
import type { JointOutcome } from '../domain/planning/dialogue.js'
import type { Call, Quote, QuoteAsk } from '../domain/planning/quote.js'
import { checkContracts } from '../domain/policy/contracts.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { type Chain, ChainError, SimulationError } from '../ports/chain.js'
import type { QuoteVenues } from '../ports/quotes.js'
import type { CollectQuotes } from './collect-quotes.js'

type Order = Quote & { readonly order: NonNullable<Quote['order']> }
type Unknown = Extract<JointOutcome, { readonly status: 'unknown' }>

/**
 * Plays two swaps of one chain one after another in its latest state, to see whether the first takes from what the second
 * brings. Nothing is signed or sent, and only contracts of a venue's allow-list are called. Whatever keeps the swaps from
 * being played is an answer, too: then it is not known whether they share their pools.
 */
export class PlayJointly {
  constructor(private readonly deps: { collectQuotes: CollectQuotes; quotes: QuoteVenues; chain: Chain }) {}

  async run({ account }: Portfolio, first: QuoteAsk, second: QuoteAsk): Promise<JointOutcome> {
    if (!isPlayable(first, second)) return unknown('Only two swaps on one chain can be played one after another.')
    const [one, other] = await Promise.all([this.order(first), this.order(second)])
    if ('status' in one) return one
    if ('status' in other) return other
    try {
      return await this.play(account, one, other)
    } catch (error) {
      if (error instanceof SimulationError || error instanceof ChainError) return unknown(error.message)
      throw error
    }
  }

  private async play(account: Address, one: Order, other: Order): Promise<JointOutcome> {
    const before = await this.approvals(account, one)
    const between = await this.approvals(account, other, one)
    const calls = [...before, one.order.call, ...between, other.order.call]
    const bought = [one.request.buy, other.request.buy]
    const changes = await this.deps.chain.simulateAll(account, calls, bought).catch((error: unknown) => {
      if (!(error instanceof SimulationError) || error.index !== calls.length - 1) throw error
      throw new SimulationError(`After the first swap the second would fail: ${error.message}`, { cause: error })
    })
    const [delivered] = changes[before.length] ?? []
    const [, deliveredAfter] = changes.at(-1) ?? []
    if (delivered === undefined || deliveredAfter === undefined)
      throw new InvariantError('A simulation told nothing about one of the calls that were played.')
    return {
      status: 'played',
      quoted: [one.expectedOut.units, other.expectedOut.units],
      delivered: [delivered, deliveredAfter],
    }
  }

  private async order(ask: QuoteAsk): Promise<Order | Unknown> {
    const reply = await this.deps.collectQuotes.orderFrom(ask)
    if (!('request' in reply)) return unknown(`${reply.venue}: ${reply.kind}: ${reply.detail}`)
    const { order } = reply
    const { chain } = ask.request.sell.token
    if (order?.call.chain !== chain) return unknown(`${ask.venue} answered without a transaction on ${chain}.`)
    const firm: Order = { ...reply, order }
    const allowed = this.deps.quotes.venues.find(({ venue }) => venue === ask.venue)?.allowed(chain)
    const refusal = checkContracts(firm, allowed ?? { targets: [], spenders: [] })
    return refusal ? unknown(refusal.detail) : firm
  }

  /**
   * What the spender needs before the call: an allowance of exactly the amount, from zero, as some tokens accept a change
   * only from or to zero. What an earlier order to the same spender leaves over is not known, and reset.
   */
  private async approvals(account: Address, { request, order }: Order, earlier?: Order): Promise<Call[]> {
    const { chain } = this.deps
    const { spender } = order
    const { token, units } = request.sell
    if (spender === undefined) return []
    const isUsedBefore =
      earlier?.order.spender !== undefined &&
      sameAddress(earlier.order.spender, spender) &&
      tokenId(earlier.request.sell.token) === tokenId(token)
    const current = isUsedBefore ? undefined : await chain.allowance(token, account, spender)
    if (current === units) return []
    const exactly = chain.approval(token, spender, units)
    return current === 0n ? [exactly] : [chain.approval(token, spender, 0n), exactly]
  }
}

function isPlayable({ request: first }: QuoteAsk, { request: second }: QuoteAsk): boolean {
  return first.kind === 'swap' && second.kind === 'swap' && first.sell.token.chain === second.sell.token.chain
}

function unknown(reason: string): Unknown {
  return { status: 'unknown', reason }
}
