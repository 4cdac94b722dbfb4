import { type Asset, type AssetKey, type ChainKey, isNative, type Token, tokenId, type Address } from '../assets.js'
import { InvariantError } from '../errors.js'
import { checkPrice, maxLossOf, ownMinimumOut } from '../policy/limits.js'
import type { Policy } from '../policy/policy.js'
import type { Drift } from '../portfolio/drift.js'
import { spendableUnits, type Valuation } from '../portfolio/valuation.js'
import { amountOf, smallerAmount, type TokenAmount } from '../units/amount.js'
import { absolute, mulDiv, type Ratio, RATIO_ONE, smaller } from '../units/ratio.js'
import { amountWorth, type Usd, usdToNumber, valueOf } from '../units/usd.js'
import { addCosts, type Cost, type Market, NO_COST, priceIn, quoteCost, totalOf } from './cost.js'
import type { Leg, Plan, UnmetDrift } from './plan.js'
import { type LegKind, type Quote, type QuoteBook, type QuoteRequest, requestKey } from './quote.js'

export interface PlanInput {
  readonly planId: string
  readonly account: Address
  readonly assets: readonly Asset[]
  readonly valuation: Valuation
  readonly drift: Drift
  readonly policy: Policy
  readonly market: Market
  /** Tolerance asked of the venues between quote and minimum. */
  readonly maxSlippage: Ratio
}

export type PlanStep =
  | { readonly status: 'needs-quotes'; readonly requests: readonly QuoteRequest[] }
  | { readonly status: 'planned'; readonly plan: Plan }
  | { readonly status: 'no-plan'; readonly reasons: readonly string[] }

/** How often a size that no venue takes within the limits is halved before the pair is given up. */
const HALVINGS = 3

/**
 * Works out the next thing a plan needs: quotes not yet in the book, or nothing, and then the plan itself. A pure
 * function of its input: the same book gives the same step, byte for byte.
 *
 * Method: what is overweight is matched with what is underweight, largest first. Each match looks for a place where
 * both assets live on one chain, and only without one moves money over a bridge (through the chain's hub token, or as
 * the sold asset itself). Of the candidate routes that respect every limit, the one with the lowest cost per value
 * wins. A chain is used once per pair, because a second order would meet the liquidity the first one took.
 */
export function nextPlanStep(input: PlanInput, book: QuoteBook): PlanStep {
  const work = new Work(input, book)
  for (let pair = work.nextPair(); pair; pair = work.nextPair()) {
    const outcome = work.match(pair.sold, pair.bought, pair.value)
    if (outcome === 'needs-quotes') return { status: 'needs-quotes', requests: work.requests }
  }
  return work.finish()
}

interface Stage {
  readonly kind: LegKind
  readonly from: Token
  readonly to: Token
}

interface QuotedStage {
  readonly quote: Quote
  readonly cost: Cost
  readonly maxLoss: Ratio
  /** What the other venues answered. */
  readonly answers: Leg['alternatives']
}

interface QuotedRoute {
  readonly value: Usd
  readonly cost: Cost
  readonly quotes: readonly QuotedStage[]
}

/** No acceptable answer, and why. */
interface Refused {
  readonly refusal: string
}

/** The state of one planning pass: what is left to sell, what is still wanted, the legs so far. */
class Work {
  readonly requests: QuoteRequest[] = []
  private readonly excesses = new Map<AssetKey, Usd>()
  private readonly needs = new Map<AssetKey, Usd>()
  private readonly spendable = new Map<string, TokenAmount>()
  private readonly values = new Map<AssetKey, Usd>()
  private readonly usedChains = new Set<string>()
  private readonly legs: Leg[] = []
  /** Pairs that found no acceptable route, with the reasons, by wanted asset. */
  private readonly givenUp = new Map<AssetKey, Map<AssetKey, string>>()

  constructor(
    private readonly input: PlanInput,
    private readonly book: QuoteBook,
  ) {
    for (const { asset, value, target } of input.drift.assets) {
      this.values.set(asset, value)
      const surplus = value - mulDiv(target, input.drift.nav, RATIO_ONE, 'down')
      if (surplus > 0n) this.excesses.set(asset, surplus)
      if (surplus < 0n) this.needs.set(asset, -surplus)
    }
    for (const asset of input.valuation.assets)
      if (asset.status === 'known')
        for (const position of asset.positions) {
          const units = spendableUnits(position, input.policy.gasReserve[position.chain] ?? 0n)
          if (units > 0n) this.spendable.set(tokenId(position.amount.token), amountOf(position.amount.token, units))
        }
  }

  /** The largest need and the largest excess that have not been tried together, and how much of it fits in one leg. */
  nextPair(): { sold: AssetKey; bought: AssetKey; value: Usd } | undefined {
    const { minimumTrade, maxLeg } = this.input.policy
    for (const [bought, need] of largestFirst(this.needs))
      for (const [sold, excess] of largestFirst(this.excesses))
        if (need >= minimumTrade && excess >= minimumTrade && !this.givenUp.get(bought)?.has(sold))
          return { sold, bought, value: smaller(smaller(need, excess), maxLeg) }
    return undefined
  }

  /** Adds the legs of the cheapest acceptable route from `sold` to `bought`, or gives the pair up with the reason. */
  match(sold: AssetKey, bought: AssetKey, value: Usd): 'done' | 'needs-quotes' {
    let refusals: string[] = []
    for (
      let halving = 0, size = value;
      halving <= HALVINGS && size >= this.input.policy.minimumTrade;
      halving++, size /= 2n
    ) {
      for (const routes of [this.directRoutes(sold, bought, size), this.bridgedRoutes(sold, bought, size)]) {
        const quoted = routes.map(({ stages, sell }) => this.quoteRoute(stages, sell))
        if (quoted.some((one) => one === 'pending')) return 'needs-quotes'
        const answered = quoted.filter((one) => one !== 'pending')
        refusals = [...refusals, ...answered.flatMap((one) => ('refusal' in one ? [one.refusal] : []))]
        const acceptable = answered.flatMap((one) => ('quotes' in one ? [one] : []))
        const best = acceptable.toSorted((a, b) =>
          Number(sign(totalOf(a.cost) * b.value - totalOf(b.cost) * a.value)),
        )[0]
        if (best) {
          this.take(sold, bought, best)
          return 'done'
        }
      }
    }
    this.giveUp(sold, bought, refusals)
    return 'done'
  }

  finish(): PlanStep {
    const unmet = largestFirst(this.needs)
      .filter(([, value]) => value >= this.input.policy.minimumTrade)
      .map(([asset, value]): UnmetDrift => {
        const reasons = [...(this.givenUp.get(asset)?.values() ?? [])]
        return { asset, value, reason: reasons.join(' | ') || 'Nothing overweight is left that could be sold for it.' }
      })
    if (this.legs.length === 0) {
      const reasons = unmet.map(
        ({ asset, value, reason }) => `${asset}: ${usdToNumber(value).toFixed(0)} USD stay away from target. ${reason}`,
      )
      return {
        status: 'no-plan',
        reasons: reasons.length > 0 ? reasons : ['No distance from target is worth a minimum trade.'],
      }
    }
    const nav = [...this.values.values()].reduce((sum, one) => sum + one, 0n)
    const distance = this.input.drift.assets.reduce(
      (sum, { asset, target }) => sum + absolute((this.values.get(asset) ?? 0n) * RATIO_ONE - target * nav) / nav,
      0n,
    )
    return {
      status: 'planned',
      plan: {
        id: this.input.planId,
        legs: this.legs,
        cost: this.legs.reduce((sum, leg) => addCosts(sum, leg.cost), NO_COST),
        unmet,
        expectedDrift: distance / 2n,
      },
    }
  }

  private directRoutes(sold: AssetKey, bought: AssetKey, value: Usd) {
    return this.sources(sold, value).flatMap((sell) => {
      const { chain } = sell.token
      const to = this.tokenOn(bought, chain)
      if (!to || this.usedChains.has(`${sold}>${bought}@${chain}`)) return []
      return [{ sell, stages: [{ kind: 'swap', from: sell.token, to } as Stage] }]
    })
  }

  private bridgedRoutes(sold: AssetKey, bought: AssetKey, value: Usd) {
    return this.sources(sold, value).flatMap((sell) => {
      const origin = sell.token.chain
      if (this.usedChains.has(`${sold}>${bought}@${origin}`)) return []
      const hub = this.input.policy.hubs[origin]
      return this.chains()
        .filter((chain) => chain !== origin)
        .flatMap((destination) => {
          const to = this.tokenOn(bought, destination)
          if (!to) return []
          const viaHub = this.carry(sell.token, hub, this.input.policy.hubs[destination], to)
          const asSold = isNative(sell.token)
            ? undefined
            : this.carry(sell.token, sell.token, this.tokenOn(sold, destination), to)
          return [viaHub, asSold].flatMap((stages) => (stages ? [{ sell, stages }] : []))
        })
    })
  }

  /** Stages that sell `from`, cross as `departing` → `arriving`, and buy `to`; none where a token is missing. */
  private carry(
    from: Token,
    departing: Token | undefined,
    arriving: Token | undefined,
    to: Token,
  ): Stage[] | undefined {
    if (!departing || !arriving || !this.input.market.prices.has(departing.asset)) return undefined
    const stages: Stage[] = []
    if (tokenId(from) !== tokenId(departing)) stages.push({ kind: 'swap', from, to: departing })
    stages.push({ kind: 'bridge', from: departing, to: arriving })
    if (tokenId(arriving) !== tokenId(to)) stages.push({ kind: 'swap', from: arriving, to })
    return stages
  }

  /** What can be sold of an asset, chain by chain, up to `value`; crumbs below the minimum trade are left alone. */
  private sources(asset: AssetKey, value: Usd): TokenAmount[] {
    const price = priceIn(this.input.market, asset)
    const amounts: TokenAmount[] = []
    for (const spendable of this.spendable.values()) {
      if (spendable.token.asset !== asset || !this.input.market.gas.has(spendable.token.chain)) continue
      const wanted = amountWorth(value, spendable.token, price, 'down')
      const sell = smallerAmount(spendable, wanted)
      const least = smaller(this.input.policy.minimumTrade, valueOf(wanted, price, 'down'))
      if (sell.units > 0n && valueOf(sell, price, 'down') >= least) amounts.push(sell)
    }
    return amounts
  }

  /** Quotes of every stage, each at the size the one before delivers; `pending` after asking for the first missing one. */
  private quoteRoute(stages: readonly Stage[], sell: TokenAmount): QuotedRoute | Refused | 'pending' {
    const value = valueOf(sell, priceIn(this.input.market, sell.token.asset), 'down')
    const quotes: QuotedStage[] = []
    let amount = sell
    for (const stage of stages) {
      const best = this.bestQuote(stage, amount)
      if (best === 'pending' || 'refusal' in best) return best
      quotes.push(best)
      amount = best.quote.expectedOut
    }
    return { value, cost: quotes.reduce((sum, one) => addCosts(sum, one.cost), NO_COST), quotes }
  }

  private bestQuote(stage: Stage, sell: TokenAmount): QuotedStage | Refused | 'pending' {
    const { market, policy, account, maxSlippage } = this.input
    const request: QuoteRequest = { kind: stage.kind, sell, buy: stage.to, account, maxSlippage }
    const answers = this.book.get(requestKey(request))
    if (!answers) {
      if (!this.requests.some((one) => requestKey(one) === requestKey(request))) this.requests.push(request)
      return 'pending'
    }
    const maxLoss = maxLossOf(policy, stage.kind, this.asset(stage.from.asset), this.asset(stage.to.asset))
    const judged = answers.quotes.map((quote) => {
      const cost = quoteCost(market, quote)
      const tooDear =
        cost.gas > policy.maxGas ? `Gas of ${usdToNumber(cost.gas).toFixed(2)} USD is over the limit.` : undefined
      return { quote, cost, refusal: checkPrice(market, quote, maxLoss)?.detail ?? tooDear }
    })
    const best = judged
      .filter((one) => one.refusal === undefined)
      .toSorted(
        (a, b) => Number(sign(totalOf(a.cost) - totalOf(b.cost))) || (a.quote.venue < b.quote.venue ? -1 : 1),
      )[0]
    const failures = answers.failures.map(({ venue, kind, detail }) => ({
      venue,
      tool: '',
      cost: undefined,
      refusal: `${kind}: ${detail}`,
    }))
    if (!best) {
      const why = [...judged.map((one) => one.refusal), ...failures.map((one) => `${one.venue} ${one.refusal}`)]
      const what = `${stage.from.symbol} on ${stage.from.chain} to ${stage.to.symbol} on ${stage.to.chain}`
      return { refusal: `${what}: ${why.join('; ') || 'no venue serves it'}` }
    }
    const others = judged
      .filter((one) => one !== best)
      .map(({ quote, cost, refusal }) => ({ venue: quote.venue, tool: quote.tool, cost: totalOf(cost), refusal }))
    return { quote: best.quote, cost: best.cost, maxLoss, answers: [...others, ...failures] }
  }

  private take(sold: AssetKey, bought: AssetKey, route: QuotedRoute): void {
    const { market } = this.input
    let dependsOn: string | undefined
    for (const { quote, cost, maxLoss, answers } of route.quotes) {
      const { kind, sell, buy } = quote.request
      const id = `${this.input.planId}.${this.legs.length + 1}`
      this.legs.push({
        id,
        kind,
        sell,
        expectedOut: quote.expectedOut,
        minimumOut: ownMinimumOut(market, sell, buy, maxLoss),
        maxLoss,
        venue: quote.venue,
        tool: quote.tool,
        cost,
        dependsOn,
        alternatives: answers,
      })
      dependsOn = id
    }
    const first = route.quotes[0]!.quote.request.sell
    const last = route.quotes.at(-1)!.quote.expectedOut
    const received = valueOf(last, priceIn(market, bought), 'down')
    const held = this.spendable.get(tokenId(first.token))!
    this.spendable.set(tokenId(first.token), amountOf(first.token, held.units - first.units))
    this.usedChains.add(`${sold}>${bought}@${first.token.chain}`)
    reduce(this.excesses, sold, route.value)
    reduce(this.needs, bought, route.value)
    this.values.set(sold, (this.values.get(sold) ?? 0n) - route.value)
    this.values.set(bought, (this.values.get(bought) ?? 0n) + received)
  }

  /** The pair is not tried again; the distance that stays is reported with these reasons. */
  private giveUp(sold: AssetKey, bought: AssetKey, refusals: readonly string[]): void {
    const [first, second, ...more] = new Set(refusals)
    const told = [first, second, more.length > 0 ? `and ${more.length} more` : undefined].filter(
      (one) => one !== undefined,
    )
    const reason = told.join(' | ') || `No further route from ${sold} to ${bought} is open for this size.`
    const tried = this.givenUp.get(bought) ?? new Map<AssetKey, string>()
    this.givenUp.set(bought, tried.set(sold, reason))
  }

  private tokenOn(asset: AssetKey, chain: ChainKey): Token | undefined {
    if (!this.values.has(asset) || !this.input.market.gas.has(chain)) return undefined
    return this.asset(asset).tokens.find((token) => token.chain === chain && !isNative(token))
  }

  private chains(): ChainKey[] {
    return [...this.input.market.gas.keys()].toSorted()
  }

  private asset(key: AssetKey): Asset {
    const asset = this.input.assets.find((one) => one.key === key)
    if (!asset) throw new InvariantError(`The plan meets asset ${key}, which the configuration does not name.`)
    return asset
  }
}

function largestFirst(values: ReadonlyMap<AssetKey, Usd>): [AssetKey, Usd][] {
  return [...values].toSorted(([a, x], [b, y]) => Number(sign(y - x)) || (a < b ? -1 : 1))
}

function reduce(values: Map<AssetKey, Usd>, asset: AssetKey, by: Usd): void {
  const left = (values.get(asset) ?? 0n) - by
  if (left > 0n) values.set(asset, left)
  else values.delete(asset)
}

function sign(value: bigint): bigint {
  return value > 0n ? 1n : value < 0n ? -1n : 0n
}
