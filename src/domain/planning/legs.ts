import { type AssetClass, sameAddress, tokenId } from '../assets.js'
import { maxLossOf, ownMinimumOut } from '../policy/limits.js'
import { bridgeShareOf } from '../policy/policy.js'
import { amountOf, type TokenAmount } from '../units/amount.js'
import { basisPointsOf, larger, mulDiv, RATIO_ONE, ratioToNumber, smaller } from '../units/ratio.js'
import { amountWorth, type Usd, usdToNumber, valueOf } from '../units/usd.js'
import { type Cost, gasCost, priceIn } from './cost.js'
import type { CurveBook, VenueCurve } from './curve-book.js'
import type { PlanInput } from './dialogue.js'
import { type Network, type Node, venuesOf, VOLATILITY } from './network.js'
import type { Flow } from './optimiser.js'
import type { Funding, Leg } from './plan.js'
import { bridgeOf } from './quote.js'
import { chooseSlices, type Slicing } from './slicing.js'

/** Most of a bridge's cap that one transfer may be. */
const MAX_PART = 0.3

/** USD as a float, for the optimiser, to exact USD: the nearest millionth. */
export function usdOf(value: number): Usd {
  return BigInt(Math.round(value * 1e6)) * 10n ** 12n
}

interface Delivery {
  readonly leg: string
  left: bigint
}

/**
 * Turns flows into legs with exact amounts, in an order in which every leg stands after those that fund it. The last leg
 * out of a token that the flows empty takes all that is there. Undefined when the flows run in a circle.
 */
export function buildLegs(
  input: PlanInput,
  network: Network,
  book: CurveBook,
  flows: readonly Flow[],
): Leg[] | undefined {
  const order = inOrder(network, flows)
  return order && new LegBuilder(input, network, book).build(order)
}

/** Flows grouped by origin, origins in the order in which money reaches them. */
function inOrder(network: Network, flows: readonly Flow[]): (readonly [Node, readonly Flow[]])[] | undefined {
  const sorted = flows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const result: (readonly [Node, readonly Flow[]])[] = []
  const open = new Set(network.nodes.filter((node) => sorted.some(({ priced }) => priced.arc.from === node)))
  while (open.size > 0) {
    const next = [...open].find((node) => !sorted.some(({ priced: { arc } }) => arc.to === node && open.has(arc.from)))
    if (!next) return undefined
    open.delete(next)
    result.push([next, sorted.filter(({ priced }) => priced.arc.from === next)])
  }
  return result
}

function keyOf({ priced }: Flow): string {
  return `${priced.arc.key} ${priced.only ?? ''}`
}

class LegBuilder {
  private readonly legs: Leg[] = []
  private readonly arrived = new Map<string, { own: bigint; deliveries: Delivery[] }>()

  constructor(
    private readonly input: PlanInput,
    private readonly network: Network,
    private readonly book: CurveBook,
  ) {
    for (const { token, spendable } of network.nodes)
      this.arrived.set(tokenId(token), { own: spendable.units, deliveries: [] })
  }

  build(order: readonly (readonly [Node, readonly Flow[]])[]): Leg[] {
    const dust = Math.max(1, this.network.nav * 1e-6)
    for (const [node, flows] of order) {
      const here = this.arrived.get(tokenId(node.token))!
      const present = here.own + here.deliveries.reduce((sum, { left }) => sum + left, 0n)
      const price = priceIn(this.input.market, node.token.asset)
      const sent = flows.reduce((sum, flow) => sum + flow.sent, 0)
      const isEmptied = usdToNumber(valueOf(amountOf(node.token, present), price, 'down')) - sent < dust
      let left = present
      for (const [index, flow] of flows.entries()) {
        const wanted = amountWorth(usdOf(flow.sent), node.token, price, 'down').units
        const isLast = index === flows.length - 1
        const units = isLast && isEmptied ? this.withinCap(flow, left) : smaller(wanted, left)
        left -= units
        if (units > 0n) this.addLegs(flow, units)
      }
    }
    return this.legs
  }

  /** All that is there, unless that is more than one leg may carry. */
  private withinCap({ priced: { arc } }: Flow, units: bigint): bigint {
    const price = priceIn(this.input.market, arc.from.token.asset)
    const { maxLeg, slicing } = this.input.policy
    const most = arc.kind === 'swap' ? maxLeg * BigInt(slicing.maxSlices) : maxLeg
    return smaller(units, amountWorth(most, arc.from.token, price, 'down').units)
  }

  private addLegs(flow: Flow, units: bigint): void {
    const { arc } = flow.priced
    const { policy, now } = this.input
    const venue = bestVenue(flow)
    const classes = [arc.from, arc.to].map(({ token }) => VOLATILITY[this.classOf(token.asset)])
    const crossing = arc.kind === 'bridge' ? this.splitCrossing(flow, venue) : undefined
    const slicing =
      crossing ??
      chooseSlices(
        {
          sent: flow.sent,
          evaluate: (size) => venue.evaluate(size) - venue.kept,
          charge: venue.gas + venue.onTop,
          volatility: Math.max(...classes),
          nav: this.network.nav,
          maxLeg: usdToNumber(policy.maxLeg),
        },
        { ...policy.slicing, maxImpact: ratioToNumber(policy.slicing.maxImpact) },
      )
    let left = units
    for (const [index, received] of slicing.received.entries()) {
      const isLast = index === slicing.count - 1
      const part = isLast ? left : units / BigInt(slicing.count)
      left -= part
      const slice =
        slicing.count === 1
          ? undefined
          : { index: index + 1, of: slicing.count, notBefore: now + index * slicing.spacingMs }
      this.addLeg(flow, venue, part, received / (flow.sent / slicing.count), slice)
    }
  }

  /**
   * A crossing of more than three tenths of what its bridge may carry goes in equal parts, one after the other, so that less
   * is lost with the first that does not arrive (C-62). No part is smaller than a trade may be, or dearer than it may be by
   * fees that do not shrink with it.
   */
  private splitCrossing({ sent, priced: { arc } }: Flow, venue: VenueCurve): Slicing {
    const { policy } = this.input
    const share = bridgeShareOf(policy, bridgeOf(venue.nearest(sent).tool))
    const part = ratioToNumber(share) * this.network.nav * MAX_PART
    const wanted = share < RATIO_ONE ? Math.ceil(sent / part - 1e-9) : 1
    const most = Math.floor(sent / Math.max(1e-6, usdToNumber(policy.minimumTrade)))
    const partOf = (count: number) => venue.evaluate(sent / count) - venue.kept
    let count = Math.max(1, Math.min(wanted, most))
    while (count > 1 && partOf(count) < (sent / count) * (1 - arc.maxLoss)) count -= 1
    return { count, spacingMs: 0, received: Array.from({ length: count }, () => partOf(count)) }
  }

  /** `yielded`: value received for a unit of value sent. */
  private addLeg(flow: Flow, venue: VenueCurve, units: bigint, yielded: number, slice: Leg['slice']): void {
    const { input } = this
    const { arc } = flow.priced
    const id = `${input.planId}.${this.legs.length + 1}`
    const sell = amountOf(arc.from.token, units)
    const funding = this.fund(sell)
    const value = valueOf(sell, priceIn(input.market, sell.token.asset), 'down')
    const out = mulDiv(value, BigInt(Math.max(0, Math.floor(yielded * 1e12))), 10n ** 12n, 'down')
    const buyPrice = priceIn(input.market, arc.to.token.asset)
    const expectedOut = amountOf(arc.to.token, amountWorth(out, arc.to.token, buyPrice, 'down').units)
    const maxLoss = maxLossOf(input.policy, arc.kind, this.assetOf(sell), this.assetOf(expectedOut))
    const sample = venue.nearest(usdToNumber(value))
    const cost = this.costOf(flow, sell, expectedOut, venue)
    this.legs.push({
      id,
      kind: arc.kind,
      sell,
      expectedOut,
      minimumOut: ownMinimumOut(input.market, sell, arc.to.token, maxLoss, usdOf(venue.onTop)),
      maxLoss,
      venue: venue.venue,
      tool: sample.tool,
      cost,
      funding,
      slice,
      reason: this.reasonOf(flow, value, cost, venue),
      ...(arc.without && { without: arc.without }),
      quote: { ageMs: Math.max(0, input.now - sample.obtainedAt), block: sample.block },
      alternatives: this.alternativesOf(flow, venue, usdToNumber(value)),
    })
    const there = this.arrived.get(tokenId(arc.to.token))!
    there.deliveries.push({ leg: id, left: expectedOut.units })
  }

  /** Takes the sale from what lies there first, then from the legs that deliver, in their order. */
  private fund(sell: TokenAmount): Funding[] {
    const here = this.arrived.get(tokenId(sell.token))!
    const own = smaller(here.own, sell.units)
    here.own -= own
    let missing = sell.units - own
    const funding: Funding[] = []
    for (const delivery of here.deliveries) {
      const units = smaller(missing, delivery.left)
      if (units === 0n) continue
      delivery.left -= units
      missing -= units
      funding.push({ leg: delivery.leg, units })
    }
    return funding
  }

  private costOf({ priced: { arc } }: Flow, sell: TokenAmount, expectedOut: TokenAmount, venue: VenueCurve): Cost {
    const { market } = this.input
    const value = valueOf(sell, priceIn(market, sell.token.asset), 'up')
    const sample = venue.nearest(usdToNumber(value))
    const onTop = usdOf(venue.onTop)
    const loss = value - valueOf(expectedOut, priceIn(market, expectedOut.token.asset), 'down') + onTop
    const gas = gasCost(market, sell.token.chain, BigInt(Math.ceil(sample.gasUnits)))
    if (arc.kind === 'bridge') return { slippage: 0n, fees: 0n, gas, bridge: loss }
    const fees = usdOf((sample.fees / sample.sent) * usdToNumber(value))
    return { slippage: loss - fees, fees, gas, bridge: 0n }
  }

  private reasonOf({ priced, sent }: Flow, value: Usd, cost: Cost, venue: VenueCurve): string {
    const { arc } = priced
    const dollars = `${Math.round(usdToNumber(value)).toLocaleString('en-US')} USD`
    const lost = basisPointsOf(
      mulDiv(larger(0n, cost.slippage + cost.fees + cost.bridge), 10n ** 18n, larger(1n, value), 'up'),
    )
    const step = sent * 0.01
    const next = Math.round((1 - (venue.evaluate(sent + step) - venue.evaluate(sent)) / step) * 10_000)
    const where = `${arc.from.token.chain} to ${arc.to.token.chain}`
    if (arc.kind === 'bridge' && arc.group === undefined)
      return `Carries ${dollars} of ${arc.from.token.asset} from ${where}, where it is worth more than its ${lost} bps.`
    const verb = arc.group?.endsWith('buy')
      ? `Buys ${arc.to.token.asset} for ${dollars}`
      : `Sells ${dollars} of ${arc.from.token.asset}`
    return `${verb} on ${arc.from.token.chain} at ${lost} bps; the next dollar there would lose ${next} bps.`
  }

  private alternativesOf(flow: Flow, taken: VenueCurve, sent: number): Leg['alternatives'] {
    const others = this.book
      .venueCurves(flow.priced.arc)
      .filter(({ venue }) => venue !== taken.venue)
      .map(({ venue, nearest, evaluate, kept, gas, onTop }) => ({
        venue,
        tool: nearest(sent).tool,
        cost: usdOf(sent - evaluate(sent) + kept + gas + onTop),
        refusal: undefined,
      }))
    const failures = this.book
      .failuresOf(flow.priced.arc)
      .filter(({ venue }) => venue !== taken.venue && !others.some((one) => one.venue === venue))
      .map(({ venue, text }) => ({ venue, tool: '', cost: undefined, refusal: text }))
    const told = [taken.venue, ...[...others, ...failures].map(({ venue }) => venue)]
    const unasked = venuesOf(this.input, flow.priced.arc)
      .filter((venue) => !told.includes(venue))
      .map((venue) => ({
        venue,
        tool: '',
        cost: undefined,
        refusal: 'not asked: the questions of this plan went elsewhere',
      }))
    return [...others, ...failures, ...unasked]
  }

  private classOf(key: string): AssetClass {
    return this.network.places.find((place) => place.key === key)?.class ?? 'other'
  }

  private assetOf({ token }: TokenAmount) {
    return this.input.assets.find(({ tokens }) =>
      tokens.some((one) => one.chain === token.chain && sameAddress(one.address, token.address)),
    )!
  }
}

/** The venue that leaves most at this size, charges included. */
export function bestVenue({ priced, sent }: Flow): VenueCurve {
  const net = ({ evaluate, kept, gas, onTop }: VenueCurve) => evaluate(sent) - kept - gas - onTop
  return priced.venues.toSorted((a, b) => net(b) - net(a) || (a.venue < b.venue ? -1 : 1))[0]!
}
