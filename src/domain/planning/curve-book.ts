import { type AssetClass, isNative, tokenId } from '../assets.js'
import { checkPrice } from '../policy/limits.js'
import { ratioOfBasisPoints, RATIO_ONE } from '../units/ratio.js'
import { usdToNumber, valueOf } from '../units/usd.js'
import { gasCost, namedFees, priceIn, quoteCost, quoteLoss } from './cost.js'
import { agedPoint, type Curve, fitCurve, movedTo, type Point, receivedAt, sizeWithin } from './curve.js'
import type { CurveRecord, CurveSample } from './curve-record.js'
import type { PlanInput } from './dialogue.js'
import { type Arc, arcKey, type Network } from './network.js'
import type { Quote, QuoteFailure, VenueKey } from './quote.js'

/** One venue's offer on an arc at any size, in USD. */
export interface VenueCurve {
  readonly venue: VenueKey
  /** Receipt for a sale, charges left out. */
  readonly evaluate: (sent: number) => number
  /** Charge per use: gas, and what is paid on top or kept whatever the size. `kept` is the part taken from the receipt. */
  readonly gas: number
  readonly kept: number
  readonly onTop: number
  readonly maxSize: number
  /** The sample nearest to a size: what a leg of that size is explained with. */
  readonly nearest: (sent: number) => CurveSample
}

/** An arc with what is known about it; where nothing was quoted yet, with what is assumed. */
export interface PricedArc {
  readonly arc: Arc
  /** The one venue it goes through, where an arc of proven separate pools stands once per venue. */
  readonly only: VenueKey | undefined
  readonly venues: readonly VenueCurve[]
  /** The best venue at every size. */
  readonly evaluate: (sent: number) => number
  readonly charge: number
  readonly kept: number
  readonly gas: number
  readonly cap: number
  readonly latency: number
  readonly isAssumed: boolean
}

interface Failure {
  /** Smallest value that was refused. */
  readonly sent: number
  readonly text: string
  readonly times: number
}

/** How much dearer a curve is taken to have become per hour, as a share of its loss. */
const AGEING_PER_HOUR = 0.1
/** Older samples are forgotten. */
const TTL_MS = 6 * 3_600_000
/** A curve is forgotten when our price of the pair has moved further than three daily deviations since. */
const DAILY_DEVIATION: Readonly<Record<AssetClass, number>> = { stable: 0.002, major: 0.03, other: 0.06 }
/** Assumed share lost to fees where one sample leaves it open, by class of the riskier asset. */
const PRIOR_FEE: Readonly<Record<AssetClass, number>> = { stable: 1e-4, major: 5e-4, other: 2e-3 }
/** Assumed of a crossing before any was quoted. */
const PRIOR_CROSSING = { loss: 3e-4, gasUnits: 150_000, seconds: 60 }
const SAMPLES_KEPT = 8
/** Share of the largest loss that is left to the rounding of amounts to base units. */
const ROUNDING = 1e-4
/** A size between two quoted ones of at most this ratio is as good as quoted. */
const BRACKET = 1.8
const MOST_TRIES = 2

/** Everything quoted so far, from earlier plans and in this one, as curves. */
export class CurveBook {
  private readonly earlier: ReadonlyMap<string, readonly CurveSample[]>
  private readonly arcs = new Map<string, Arc>()
  private readonly samples = new Map<string, readonly CurveSample[]>()
  private readonly failures = new Map<string, Map<VenueKey, Failure>>()

  constructor(
    private readonly input: PlanInput,
    private readonly network: Network,
  ) {
    this.earlier = new Map(input.curves.map((record) => [record.key, record.samples]))
  }

  /** What is known about an arc; what earlier plans learned is looked at when it is first asked for. */
  private samplesOf(arc: Arc): readonly CurveSample[] {
    const known = this.samples.get(arc.key)
    if (known) return known
    const alive = (this.earlier.get(arc.key) ?? []).filter((sample) => this.isAlive(arc, sample))
    this.arcs.set(arc.key, arc)
    this.samples.set(arc.key, alive)
    return alive
  }

  /** Takes an answer in. One that our prices do not allow to believe counts as a failure. */
  add(arc: Arc, reply: Quote | QuoteFailure, sent: number): void {
    if (!('request' in reply)) return this.fail(arc, reply.venue, sent, `${reply.kind}: ${reply.detail}`)
    const { market } = this.input
    const { sell: asked, buy } = reply.request
    const isOurs = [asked.token, reply.expectedOut.token, buy].every(
      (token, index) => tokenId(token) === tokenId(index === 0 ? arc.from.token : arc.to.token),
    )
    if (!isOurs || asked.units <= 0n)
      return this.fail(arc, reply.venue, sent, `${reply.venue} answered another question.`)
    const odd = checkPrice(market, reply, RATIO_ONE)
    const tooGood = checkPrice(market, reply, ratioOfBasisPoints(Math.ceil(arc.maxLoss * 10_000)))
    if (odd) return this.fail(arc, reply.venue, sent, odd.detail)
    if (tooGood?.code === 'QUOTE_ORACLE_DIVERGENCE') return this.fail(arc, reply.venue, sent, tooGood.detail)
    const gas = quoteCost(market, reply).gas
    if (gas > this.input.policy.maxGas)
      return this.fail(arc, reply.venue, sent, `Gas of ${usdToNumber(gas).toFixed(2)} USD is over the limit.`)
    const { sell } = reply.request
    const onTop = usdToNumber(namedFees(market, reply, false))
    const sold = usdToNumber(valueOf(sell, priceIn(market, sell.token.asset), 'up'))
    const sample: CurveSample = {
      venue: reply.venue,
      tool: reply.tool,
      sent: sold,
      received: sold - usdToNumber(quoteLoss(market, reply)) + onTop,
      fees: usdToNumber(namedFees(market, reply, true)) + onTop,
      onTop,
      gasUnits: Number(reply.gasUnits) + (isNative(sell.token) ? 0 : 55_000),
      sources: reply.sources,
      durationSeconds: reply.durationSeconds,
      obtainedAt: reply.obtainedAt,
      block: reply.block,
      prices: [priceIn(market, sell.token.asset), priceIn(market, reply.request.buy.asset)],
    }
    if (!(sample.sent > 0 && sample.received > 0))
      return this.fail(arc, reply.venue, sent, `${reply.venue} gives nothing for ${sold.toFixed(2)} USD.`)
    const others = this.samplesOf(arc).filter(
      (one) => one.venue !== sample.venue || Math.abs(one.sent / sample.sent - 1) > 0.02,
    )
    this.samples.set(arc.key, [...others, sample])
    const failure = this.failures.get(arc.key)?.get(reply.venue)
    if (failure && failure.sent <= sample.sent) this.failures.get(arc.key)!.delete(reply.venue)
  }

  private fail(arc: Arc, venue: VenueKey, sent: number, text: string): void {
    const known = this.failures.get(arc.key) ?? new Map<VenueKey, Failure>()
    const before = known.get(venue)
    this.failures.set(
      arc.key,
      known.set(venue, { text, sent: Math.min(sent, before?.sent ?? Infinity), times: (before?.times ?? 0) + 1 }),
    )
  }

  failuresOf(arc: Arc): readonly { readonly venue: VenueKey; readonly text: string }[] {
    return [...(this.failures.get(arc.key) ?? [])].map(([venue, { text }]) => ({ venue, text }))
  }

  /** Whether a venue was asked in this plan for about this size, answered or not, or `between` sizes close on both sides. */
  isKnown(arc: Arc, venue: VenueKey, sent: number, tolerance: number, between = true): boolean {
    const failure = this.failures.get(arc.key)?.get(venue)
    if (failure && failure.sent <= sent * (1 + tolerance)) return true
    const sizes = this.fresh(arc, venue).map((one) => one.sent)
    const below = Math.max(...sizes.filter((size) => size <= sent))
    const above = Math.min(...sizes.filter((size) => size >= sent))
    return sizes.some((size) => Math.abs(size / sent - 1) <= tolerance) || (between && above <= BRACKET * below)
  }

  /** Whether a venue has answered in this plan. */
  isFresh(arc: Arc, venue: VenueKey): boolean {
    return this.fresh(arc, venue).length > 0
  }

  /** Whether an earlier plan learned something about it, at a size of at least `least`. */
  isLearned(arc: Arc, least = 0): boolean {
    return this.samplesOf(arc).some((one) => one.obtainedAt < this.input.now && one.sent >= least)
  }

  /** Whether two sizes of it are known, from one venue or several. */
  isShaped(arc: Arc): boolean {
    const sizes = this.samplesOf(arc).map(({ sent }) => sent)
    return Math.max(...sizes) > 1.05 * Math.min(...sizes)
  }

  hasSamples(arc: Arc): boolean {
    return this.samplesOf(arc).length > 0
  }

  isDead(arc: Arc): boolean {
    return !this.hasSamples(arc) && (this.failures.get(arc.key)?.size ?? 0) > 0
  }

  /** A venue that refused one size may take a quarter of it: the size to try, or undefined when it is given up. */
  smallerTry(arc: Arc, venue: VenueKey): number | undefined {
    const failure = this.failures.get(arc.key)?.get(venue)
    if (!failure || failure.times > MOST_TRIES || this.hasSamples(arc)) return undefined
    const smaller = failure.sent / 4
    return smaller >= usdToNumber(this.input.policy.minimumTrade) ? smaller : undefined
  }

  private fresh(arc: Arc, venue: VenueKey): CurveSample[] {
    return this.samplesOf(arc).filter((one) => one.venue === venue && one.obtainedAt >= this.input.now)
  }

  /** One curve for each venue that has answered. */
  venueCurves(arc: Arc): VenueCurve[] {
    const samples = this.samplesOf(arc)
    return [...new Set(samples.map(({ venue }) => venue))]
      .toSorted()
      .map((venue) => this.venueCurve(arc, venue, samples))
  }

  /** The arc as far as it is known, through one venue only where that is asked for; undefined while nothing is known. */
  price(arc: Arc, only?: VenueKey): PricedArc | undefined {
    const venues = this.venueCurves(arc).filter(({ venue }) => only === undefined || venue === only)
    if (venues.length === 0) return only === undefined && !this.isDead(arc) ? this.assume(arc) : undefined
    return this.join(arc, venues, false, only)
  }

  private join(arc: Arc, all: readonly VenueCurve[], isAssumed: boolean, only?: VenueKey): PricedArc | undefined {
    const venues = all.filter(({ gas }) => gas <= usdToNumber(this.input.policy.maxGas))
    if (venues.length === 0) return undefined
    const cap = Math.min(arc.cap, Math.max(...venues.map((one) => one.maxSize)))
    if (!(cap >= usdToNumber(this.input.policy.minimumTrade))) return undefined
    const ranked = venues.toSorted((a, b) => netAt(b, cap) - netAt(a, cap) || (a.venue < b.venue ? -1 : 1))
    const best = ranked[0]!
    const charges = best.gas + best.onTop + best.kept
    const seconds = best.nearest(cap).durationSeconds
    return {
      arc,
      only,
      venues: ranked,
      // The best after everybody's own charges, as a receipt before those of the best at the largest size.
      evaluate: (sent) => Math.max(0, charges + Math.max(...venues.map((one) => netAt(one, sent)))),
      charge: best.gas + best.onTop,
      kept: best.kept,
      gas: best.gas,
      cap,
      latency: arc.kind === 'bridge' ? arc.latencyRate(seconds) : 0,
      isAssumed,
    }
  }

  private venueCurve(arc: Arc, venue: VenueKey, all: readonly CurveSample[]): VenueCurve {
    const own = all.filter((one) => one.venue === venue).toSorted((a, b) => a.sent - b.sent)
    const fresh = own.filter((one) => one.obtainedAt >= this.input.now)
    const old = own.filter((one) => one.obtainedAt < this.input.now)
    const nearest = (sent: number) => {
      const known = fresh.length > 0 ? fresh : own
      return known.toSorted((a, b) => Math.abs(Math.log(a.sent / sent)) - Math.abs(Math.log(b.sent / sent)))[0]!
    }
    const gasUnits = Math.max(...(fresh.length > 0 ? fresh : own).map((one) => one.gasUnits))
    const gas = usdToNumber(gasCost(this.input.market, arc.from.token.chain, BigInt(Math.ceil(gasUnits))))
    const onTop = Math.max(...(fresh.length > 0 ? fresh : own).map((one) => one.onTop))
    const common = { venue, gas, onTop, nearest }
    // Beyond a size that was refused nothing more is received, unless a larger one was answered.
    const refused = this.failures.get(arc.key)?.get(venue)
    const open = refused ? Math.max(own.at(-1)!.sent, refused.sent * 0.7) : Infinity
    if (arc.kind === 'bridge' && arc.from.token.asset === arc.to.token.asset) {
      const known = fresh.length > 0 ? fresh : own.map((one) => this.aged(one))
      const { slope, kept } = affine(known, 1 - arc.maxLoss)
      const maxSize = slope > 1 - arc.maxLoss ? open : 0
      return { ...common, evaluate: (sent) => slope * Math.min(sent, open), kept, maxSize }
    }
    const curve = this.fit(arc, venue, fresh, old, all)
    return {
      ...common,
      evaluate: (sent) => receivedAt(curve, Math.min(sent, open)),
      kept: 0,
      maxSize: Math.min(open, sizeWithin(curve, arc.maxLoss * (1 - ROUNDING))),
    }
  }

  /** Fresh samples define the curve; a lone one takes its shape from older ones, of this venue before others. */
  private fit(
    arc: Arc,
    venue: VenueKey,
    fresh: readonly Point[],
    old: readonly CurveSample[],
    all: readonly CurveSample[],
  ): Curve {
    const prior = { fee: PRIOR_FEE[this.classOf(arc)] }
    const aged = old.map((one) => this.aged(one))
    if (fresh.length >= 2) return fitCurve(fresh, prior)!
    const [lone] = fresh
    if (!lone) return fitCurve(aged, prior)!
    const others = all.filter((one) => one.venue !== venue && one.obtainedAt >= this.input.now)
    for (const shape of [
      aged,
      ...[...new Set(others.map((one) => one.venue))].map((name) => others.filter((one) => one.venue === name)),
    ])
      if (shape.length >= 2) return movedTo(fitCurve(shape, prior)!, lone)
    return fitCurve([lone], prior)!
  }

  /** What may be taken for an arc nobody has quoted: the mirror of its opposite, or what crossings cost elsewhere. */
  private assume(arc: Arc): PricedArc | undefined {
    if (arc.kind === 'swap') {
      const opposite = this.network.arcs.find(({ key }) => key === arcKey('swap', arc.to.token, arc.from.token))
      if (!opposite || !this.hasSamples(opposite)) return undefined
      const mirrored = this.price(opposite)
      return mirrored && { ...mirrored, arc, cap: Math.min(arc.cap, mirrored.cap), isAssumed: true }
    }
    if (arc.from.token.asset !== arc.to.token.asset) return this.assumeSaleAndCrossing(arc)
    const losses = this.network.arcs
      .filter((one) => one.kind === 'bridge' && one.from.token.asset === one.to.token.asset && this.hasSamples(one))
      .map((one) => this.samplesOf(one).map(({ sent, received }) => 1 - received / sent))
      .map((seen) => Math.min(...seen))
      .toSorted((a, b) => a - b)
    const loss = losses[Math.floor(losses.length / 2)] ?? PRIOR_CROSSING.loss
    const sample: CurveSample = {
      venue: '',
      tool: '',
      sent: arc.cap,
      received: arc.cap * (1 - loss),
      fees: 0,
      onTop: 0,
      gasUnits: PRIOR_CROSSING.gasUnits,
      sources: undefined,
      durationSeconds: PRIOR_CROSSING.seconds,
      obtainedAt: this.input.now,
      block: undefined,
      prices: [1n, 1n],
    }
    return this.join(arc, [this.venueCurve(arc, '', [sample])], true)
  }

  private assumeSaleAndCrossing(arc: Arc): PricedArc | undefined {
    const legs = this.network.arcs.filter(
      ({ from, to }) => tokenId(from.token) === tokenId(arc.from.token) && to.token.chain === from.token.chain,
    )
    const sale = legs
      .map((one) => (this.hasSamples(one) ? this.price(one) : undefined))
      .find((one) => one !== undefined)
    const crossing =
      sale && this.network.arcs.find(({ key }) => key === arcKey('bridge', sale.arc.to.token, arc.to.token))
    const carried = crossing && this.price(crossing)
    if (!sale || !carried) return undefined
    return {
      ...sale,
      arc,
      evaluate: (sent) => carried.evaluate(sale.evaluate(sent)),
      charge: Math.max(sale.charge, carried.charge),
      kept: carried.kept,
      cap: Math.min(arc.cap, sale.cap),
      latency: carried.latency,
      isAssumed: true,
    }
  }

  private aged(sample: CurveSample): CurveSample {
    const growth = (Math.max(0, this.input.now - sample.obtainedAt) / 3_600_000) * AGEING_PER_HOUR
    return { ...sample, ...agedPoint(sample, growth) }
  }

  private isAlive(arc: Arc, { sent, received, obtainedAt, prices }: CurveSample): boolean {
    const age = this.input.now - obtainedAt
    const [sold, bought] = [arc.from.token.asset, arc.to.token.asset].map((asset) =>
      this.input.market.prices.get(asset),
    )
    if (age > TTL_MS || age < 0 || !sold || !bought || !(sent > 0) || !(received > 0)) return false
    const moved = Math.abs(Math.log((Number(sold) * Number(prices[1])) / (Number(bought) * Number(prices[0]))))
    return moved <= 3 * DAILY_DEVIATION[this.classOf(arc)]
  }

  private classOf(arc: Arc): AssetClass {
    const order: readonly AssetClass[] = ['stable', 'major', 'other']
    const classes = [arc.from, arc.to].map(
      ({ token }) => this.network.places.find(({ key }) => key === token.asset)?.class ?? 'other',
    )
    return order[Math.max(...classes.map((one) => order.indexOf(one)))]!
  }

  /** What the next plan may start from. */
  records(): CurveRecord[] {
    return [...this.arcs.values()].flatMap((arc) => {
      const samples = newest(this.samplesOf(arc))
      return samples.length > 0 ? [{ key: arc.key, chain: arc.from.token.chain, samples }] : []
    })
  }
}

function newest(samples: readonly CurveSample[]): CurveSample[] {
  const byVenue = new Map<VenueKey, CurveSample[]>()
  for (const sample of samples) byVenue.set(sample.venue, [...(byVenue.get(sample.venue) ?? []), sample])
  return [...byVenue.values()].flatMap((own) => own.slice(-SAMPLES_KEPT))
}

/** A share kept plus a fixed part kept, through the smallest and the largest sample; all of it a share where that fails. */
function affine(samples: readonly Point[], least: number): { slope: number; kept: number } {
  const sorted = samples.toSorted((a, b) => a.sent - b.sent)
  const [small, large] = [sorted[0]!, sorted.at(-1)!]
  const worst = Math.min(...sorted.map(({ sent, received }) => received / sent))
  if (large.sent <= small.sent * 1.05) {
    if (worst > least) return { slope: Math.min(1, worst), kept: 0 }
    // One size that loses too much may lose it to a fixed part, which a larger one spreads.
    const usual = 1 - PRIOR_CROSSING.loss
    return { slope: usual, kept: small.sent * usual - small.received }
  }
  const slope = (large.received - small.received) / (large.sent - small.sent)
  const kept = small.sent * slope - small.received
  return slope > 1 || kept < 0 ? { slope: Math.min(1, worst), kept: 0 } : { slope, kept }
}

function netAt(curve: VenueCurve, sent: number): number {
  return curve.evaluate(sent) - curve.kept - curve.gas - curve.onTop
}
