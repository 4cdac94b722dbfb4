import { type Address, type Asset, type AssetClass, isNative, type Token, tokenId } from '../assets.js'
import type { Refusal, RefusalCode } from '../errors.js'
import { lossOf, type Market, namedFees, priceIn, quoteLoss } from '../planning/cost.js'
import type { Leg } from '../planning/plan.js'
import { type Call, type LegKind, type Quote, type QuoteRequest } from '../planning/quote.js'
import { amountOf, formatAmount, type TokenAmount } from '../units/amount.js'
import {
  absolute,
  basisPointsOf,
  larger,
  mulDiv,
  type Ratio,
  RATIO_ONE,
  ratioOfBasisPoints,
  type Rounding,
  smaller,
} from '../units/ratio.js'
import { type Usd, usdToNumber, valueOf } from '../units/usd.js'
import { checkContracts } from './contracts.js'
import type { Policy } from './policy.js'

const SEVERITY: Record<AssetClass, number> = { stable: 0, major: 1, other: 2 }

/**
 * The loss a leg may cost at most: bridges have their own limit, swaps that of the worse asset class of the two, and a
 * bridge into another asset, which is both in one call, the sum.
 */
export function maxLossOf(policy: Policy, kind: LegKind, sold: Asset, bought: Asset): Ratio {
  const swap = policy.maxLoss[SEVERITY[sold.class] >= SEVERITY[bought.class] ? sold.class : bought.class]
  if (kind === 'swap') return swap
  return policy.maxBridgeLoss + (sold.key === bought.key ? 0n : swap)
}

/**
 * The least that may be received, from our own prices alone; no quote enters it. What is paid on top of the sale, in
 * USD, has to come back as well. Rounded up, so that rounding never favours the counterparty.
 */
export function ownMinimumOut(
  market: Market,
  sell: TokenAmount,
  buy: Token,
  maxLoss: Ratio,
  onTop: Usd = 0n,
): TokenAmount {
  const least =
    onTop + mulDiv(valueOf(sell, priceIn(market, sell.token.asset), 'up'), RATIO_ONE - maxLoss, RATIO_ONE, 'up')
  return amountOf(buy, mulDiv(least, 10n ** BigInt(buy.decimals), priceIn(market, buy.asset), 'up'))
}

/**
 * The tolerance to ask of the venues for a firm offer: what the limit leaves above the loss that was planned for, less a
 * fifth of it as room for prices that move meanwhile, and never more than the configured tolerance. Rounded down.
 */
export function toleranceFor(market: Market, leg: Pick<Leg, 'sell' | 'expectedOut' | 'maxLoss'>, most: Ratio): Ratio {
  const room = leg.maxLoss - shareLost(market, leg.sell, lossOf(market, leg.sell, leg.expectedOut))
  return room <= 0n ? 0n : smaller(most, (room * 4n) / 5n)
}

/** A loss as a share of the sale; negative for a gain. Rounded up. */
function shareLost(market: Market, sell: TokenAmount, loss: Usd): Ratio {
  return mulDiv(loss, RATIO_ONE, valueOf(sell, priceIn(market, sell.token.asset), 'up'), 'up')
}

/**
 * The loss of a quote against our own prices as a refusal, or undefined when it is acceptable. A quote far better than
 * our prices is refused as well: it means a wrong token, wrong decimals or a trap (C-08).
 */
export function checkPrice(market: Market, quote: Quote, maxLoss: Ratio): Refusal | undefined {
  const { sell } = quote.request
  const odd = quote.fees.find(
    ({ amount: { token }, isIncluded }) => !isIncluded && !(isNative(token) && token.chain === sell.token.chain),
  )
  if (odd)
    return refuse(
      'VALUE_MISMATCH',
      `${quote.venue} wants ${formatAmount(odd.amount)} on top, only the coin of ${sell.token.chain} can be paid with a call.`,
    )
  const loss = shareLost(market, sell, quoteLoss(market, quote))
  const best = larger(3n * maxLoss, ratioOfBasisPoints(100))
  const line = `${quote.venue} gives ${formatAmount(quote.expectedOut)} for ${formatAmount(sell)}`
  if (loss > maxLoss)
    return refuse(
      'MIN_OUT_TOO_LOW',
      `${line}: ${basisPointsOf(loss)} bps under our price, policy allows ${basisPointsOf(maxLoss)} bps.`,
    )
  if (loss < 0n - best)
    return refuse(
      'QUOTE_ORACLE_DIVERGENCE',
      `${line}: ${basisPointsOf(absolute(loss))} bps over our price, more than ${basisPointsOf(best)} bps is not believed.`,
    )
  return undefined
}

/** Contracts of a venue on one chain that we accept as target of a call and as spender of an allowance. */
export interface AllowedContracts {
  readonly targets: readonly Address[]
  readonly spenders: readonly Address[]
}

export interface OrderCheck {
  readonly request: QuoteRequest
  readonly quote: Quote
  readonly market: Market
  readonly maxLoss: Ratio
  readonly allowed: AllowedContracts
  /** Milliseconds since 1970. */
  readonly now: number
  readonly maxAgeMs: number
}

/**
 * Whether a firm quote may be signed. The checks run in a fixed order and the first failure refuses: answers our
 * request (C-03), contracts on the allow-list (C-04, C-06), value exact (C-07), price by our own sources (C-08).
 */
export function checkOrder(check: OrderCheck): Refusal | undefined {
  const { request, quote, allowed } = check
  const { order } = quote
  if (!order) return refuse('QUOTE_SCHEMA', `${quote.venue} answered without a transaction; a firm quote carries one.`)
  if (
    quote.request.kind !== request.kind ||
    tokenId(quote.request.sell.token) !== tokenId(request.sell.token) ||
    quote.request.sell.units !== request.sell.units ||
    tokenId(quote.expectedOut.token) !== tokenId(request.buy) ||
    tokenId(quote.minimumOut.token) !== tokenId(request.buy) ||
    order.call.chain !== request.sell.token.chain
  )
    return refuse(
      'QUOTE_MISMATCH',
      `${quote.venue} answered another question than ${formatAmount(request.sell)} for ${request.buy.symbol}.`,
    )
  const age = check.now - quote.obtainedAt
  if (age > check.maxAgeMs)
    return refuse(
      'QUOTE_STALE',
      `The quote of ${quote.venue} is ${age} ms old, at most ${check.maxAgeMs} ms are accepted at signing.`,
    )
  const stranger = checkContracts({ ...quote, order }, allowed)
  if (stranger) return stranger
  const onTop = quote.fees.filter((fee) => !fee.isIncluded).reduce((sum, fee) => sum + fee.amount.units, 0n)
  const value = (isNative(request.sell.token) ? request.sell.units : 0n) + onTop
  if (order.call.value !== value)
    return refuse('VALUE_MISMATCH', `${quote.venue} wants ${order.call.value} wei with the call, ${value} are due.`)
  const price = checkPrice(check.market, quote, check.maxLoss)
  if (price) return price
  const least = ownMinimumOut(
    check.market,
    request.sell,
    request.buy,
    check.maxLoss,
    namedFees(check.market, quote, false),
  )
  if (quote.minimumOut.units < least.units)
    return refuse(
      'MIN_OUT_TOO_LOW',
      `${quote.venue} guarantees ${formatAmount(quote.minimumOut)}, our own prices demand ${formatAmount(least)}.`,
    )
  return undefined
}

/**
 * Whether a simulated call does what was ordered: `sold` and `bought` are the changes of the account's balances in base
 * units. It may take no more than the sale and what goes with it in coin, and a swap must bring our own minimum. What
 * a bridge brings comes out on another chain and is not judged here.
 */
export function checkMovement(
  market: Market,
  { kind, sell, buy }: QuoteRequest,
  call: Call,
  { sold, bought }: { readonly sold: bigint; readonly bought: bigint },
  maxLoss: Ratio,
): Refusal | undefined {
  const least = ownMinimumOut(market, sell, buy, maxLoss)
  const mayTake = isNative(sell.token) ? call.value : sell.units
  const isTooMuch = -sold > mayTake
  const isTooLittle = kind === 'swap' && bought < least.units
  if (!isTooMuch && !isTooLittle) return undefined
  const gain = kind === 'swap' ? ` and bring ${bought} base units of ${buy.symbol}` : ''
  return refuse(
    'SIMULATION_DELTA',
    `Simulated, the call to ${call.to} on ${call.chain} would take ${-sold} base units of ${sell.token.symbol}${gain}; the order is ${formatAmount(sell)} for at least ${formatAmount(least)}.`,
  )
}

/** One of several swaps played one after another: its order, and what it changed on the account in base units. */
export interface PlayedSwap {
  readonly legId: string
  readonly request: QuoteRequest
  readonly call: Call
  /** The offer as it was quoted alone. */
  readonly quote: Quote
  readonly movement: { readonly sold: bigint; readonly bought: bigint }
  readonly maxLoss: Ratio
}

/**
 * Whether swaps that each stand alone stand together: each must do what was ordered, and at our own prices all together
 * must bring no less than they were quoted, the tolerance aside. Rounded against the offers.
 */
export function checkTogether(market: Market, swaps: readonly PlayedSwap[], tolerance: Ratio): Refusal | undefined {
  const chain = swaps[0]?.request.sell.token.chain ?? ''
  const refuseAll = (detail: string) =>
    refuse('SIMULATION_DELTA', `The ${swaps.length} swaps of ${chain} do not stand together: ${detail}`)
  for (const { legId, request, call, movement, maxLoss } of swaps) {
    const refusal = checkMovement(market, request, call, movement, maxLoss)
    if (refusal) return refuseAll(`played in turn, ${legId} would not do what was ordered. ${refusal.detail}`)
  }
  const worth = (amount: TokenAmount, rounding: Rounding) =>
    valueOf(amount, priceIn(market, amount.token.asset), rounding)
  const quoted = swaps.reduce((sum, { quote }) => sum + worth(quote.expectedOut, 'up'), 0n)
  const brought = swaps.reduce(
    (sum, { request, movement }) => sum + worth(amountOf(request.buy, movement.bought), 'down'),
    0n,
  )
  if (brought >= mulDiv(quoted, RATIO_ONE - tolerance, RATIO_ONE, 'up')) return undefined
  const short = mulDiv(quoted - brought, RATIO_ONE, quoted, 'up')
  return refuseAll(
    `played in turn they bring ${usdToNumber(brought).toFixed(2)} USD, ${basisPointsOf(short)} bps less than the ${usdToNumber(quoted).toFixed(2)} USD they were quoted alone; policy allows ${basisPointsOf(tolerance)} bps.`,
  )
}

function refuse(code: RefusalCode, detail: string): Refusal {
  return { code, detail }
}
