import { type ChainKey, isNative, type Token, tokenId } from '../domain/assets.js'
import type { Refusal } from '../domain/errors.js'
import { type Cycle, isDue, type LegRun } from '../domain/execution/cycle.js'
import { saleOf } from '../domain/execution/funding.js'
import type { Call } from '../domain/planning/quote.js'
import { checkQuoteAge } from '../domain/policy/limits.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { checkMovement, checkTogether } from '../domain/policy/rehearsal.js'
import type { AssetPrice } from '../domain/portfolio/snapshot.js'
import { type Chain, SimulationError } from '../ports/chain.js'
import type { Clock } from '../ports/clock.js'
import type { FindOffer, FirmOffer } from './find-offer.js'

/**
 * Plays the swaps a cycle could make on a chain now, one after another and in the order of the plan, before the first
 * of them is written down: offers that each stand alone may draw on the same liquidity. Once per chain and cycle; a
 * process that takes over may do it again. What cannot be offered, or does not stand alone, is left out and judged when
 * its turn comes.
 */
export class CheckTogether {
  /** Per portfolio, the cycle at work and the chains whose swaps stood together. */
  private readonly played = new Map<string, { readonly cycleId: string; readonly chains: Set<ChainKey> }>()

  constructor(private readonly deps: { findOffer: FindOffer; chain: Chain; clock: Clock }) {}

  /** Why the leg of this offer, which is approved, may not be sent. `prices` are fresh readings of our own. */
  async run(
    portfolio: Portfolio,
    cycle: Cycle,
    prices: readonly AssetPrice[],
    own: FirmOffer,
  ): Promise<Refusal | undefined> {
    const { chain } = own.request.sell.token
    const begun = cycle.intents.some(
      (intent) => intent.kind === 'swap' && intent.chain === chain && intent.state !== 'released',
    )
    const stood = this.standing(portfolio, cycle)
    if (own.request.kind !== 'swap' || begun || stood.has(chain)) return undefined
    const others = await this.gather(portfolio, cycle, prices, own)
    if (others.length > 0) {
      const refusal = await this.play(portfolio, inPlanOrder(cycle, [own, ...others]), own)
      if (refusal) return refusal
    }
    stood.add(chain)
    return checkQuoteAge(own.quote, this.deps.clock.now(), portfolio.maxQuoteAgeMs)
  }

  private standing(portfolio: Portfolio, cycle: Cycle): Set<ChainKey> {
    const known = this.played.get(portfolio.id)
    if (known?.cycleId === cycle.id) return known.chains
    const chains = new Set<ChainKey>()
    this.played.set(portfolio.id, { cycleId: cycle.id, chains })
    return chains
  }

  /**
   * Offers for the other swaps of the chain that need nothing from elsewhere. One that sells what another of them brings
   * counts on that one's guaranteed minimum.
   */
  private async gather(
    portfolio: Portfolio,
    cycle: Cycle,
    prices: readonly AssetPrice[],
    own: FirmOffer,
  ): Promise<FirmOffer[]> {
    const { findOffer, clock } = this.deps
    const legs = cycle.legs.map(({ leg }) => leg)
    const { chain } = own.request.sell.token
    const offers = new Map<string, FirmOffer>([[own.run.leg.id, own]])
    const asked = new Set<string>([own.run.leg.id])
    for (;;) {
      const delivered = cycle.legs.map((run): LegRun => {
        const offer = offers.get(run.leg.id)
        return offer ? { ...run, state: 'done', received: offer.quote.minimumOut } : run
      })
      const ready = cycle.legs.flatMap((run) => {
        const { leg } = run
        const isCandidate = run.state === 'waiting' && leg.kind === 'swap' && leg.sell.token.chain === chain
        if (!isCandidate || asked.has(leg.id) || !isDue(cycle, run, clock.now())) return []
        const amount = saleOf(leg, delivered, legs)
        return amount && amount.units > 0n ? [{ run, amount }] : []
      })
      if (ready.length === 0) break
      const found = await Promise.all(
        ready.map(({ run, amount }) => findOffer.run(portfolio, cycle, run, amount, prices)),
      )
      for (const [index, offer] of found.entries()) {
        const { leg } = ready[index]!.run
        asked.add(leg.id)
        if ('code' in offer) continue
        const isFundedHere = saleOf(leg, cycle.legs, legs) === undefined
        if (isFundedHere || (await this.standsAlone(portfolio, offer))) offers.set(leg.id, offer)
      }
    }
    offers.delete(own.run.leg.id)
    return [...offers.values()]
  }

  private async standsAlone(portfolio: Portfolio, offer: FirmOffer): Promise<boolean> {
    const { request, order, market, run } = offer
    const approvals = await this.approvals(portfolio, offer, false)
    try {
      const changes = await this.deps.chain.simulateAll(
        portfolio.account,
        [...approvals, order.call],
        [request.sell.token, request.buy],
      )
      const [sold = 0n, bought = 0n] = changes.at(-1) ?? []
      return checkMovement(market, request, order.call, { sold, bought }, run.leg.maxLoss) === undefined
    } catch (error) {
      if (error instanceof SimulationError) return false
      throw error
    }
  }

  /** The offers in one simulation, each with its exact approval before it; the leg at hand has its approval already. */
  private async play(portfolio: Portfolio, offers: readonly FirmOffer[], own: FirmOffer): Promise<Refusal | undefined> {
    const steps: { readonly call: Call; readonly offer: FirmOffer; readonly isTrade: boolean }[] = []
    const pulled = new Set<string>()
    for (const offer of offers) {
      const pull = `${tokenId(offer.request.sell.token)} ${offer.order.spender}`
      // Its own allowance stands already, unless another swap before it used it up.
      const stands = offer === own && !pulled.has(pull)
      const approvals = stands ? [] : await this.approvals(portfolio, offer, pulled.has(pull))
      pulled.add(pull)
      for (const call of approvals) steps.push({ call, offer, isTrade: false })
      steps.push({ call: offer.order.call, offer, isTrade: true })
    }
    const watched = new Map<string, Token>(
      offers.flatMap(({ request }) => [request.sell.token, request.buy].map((token) => [tokenId(token), token])),
    )
    const columns = [...watched.keys()]
    try {
      const changes = await this.deps.chain.simulateAll(
        portfolio.account,
        steps.map(({ call }) => call),
        [...watched.values()],
      )
      const trades = steps.flatMap(({ call, offer: { request, quote, run }, isTrade }, index) => {
        if (!isTrade) return []
        const change = (token: Token) => changes[index]?.[columns.indexOf(tokenId(token))] ?? 0n
        const movement = { sold: change(request.sell.token), bought: change(request.buy) }
        return [{ legId: run.leg.id, request, call, quote, movement, maxLoss: run.leg.maxLoss }]
      })
      return checkTogether(own.market, trades, portfolio.maxSlippage)
    } catch (error) {
      if (!(error instanceof SimulationError) || error.index === undefined) throw error
      const failed = steps[error.index]?.offer.run.leg.id ?? 'one of them'
      return {
        code: 'SIMULATION_DELTA',
        detail: `The ${offers.length} swaps of ${own.request.sell.token.chain} do not stand together: played in turn, ${failed} would fail: ${error.message}`,
      }
    }
  }

  /** What lets the spender take exactly the sale, from zero where it may hold an allowance. */
  private async approvals(
    portfolio: Portfolio,
    { request: { sell }, order: { spender } }: FirmOffer,
    isPulledBefore: boolean,
  ): Promise<Call[]> {
    const { chain } = this.deps
    if (isNative(sell.token) || spender === undefined) return []
    const exact = chain.approval(sell.token, spender, sell.units)
    const isSet = isPulledBefore || (await chain.allowance(sell.token, portfolio.account, spender)) > 0n
    return isSet ? [chain.approval(sell.token, spender, 0n), exact] : [exact]
  }
}

function inPlanOrder(cycle: Cycle, offers: readonly FirmOffer[]): FirmOffer[] {
  return cycle.legs.flatMap(({ leg }) => offers.filter(({ run }) => run.leg.id === leg.id))
}
