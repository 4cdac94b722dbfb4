import { type Address, type Asset, type AssetClass, type Hex, isNative, type Token, tokenId } from '../assets.js'
import type { Refusal, RefusalCode } from '../errors.js'
import { lossOf, type Market, namedFees, priceIn, quoteLoss } from '../planning/cost.js'
import type { Leg } from '../planning/plan.js'
import { bridgeOf, type LegKind, type Quote, type QuoteRequest } from '../planning/quote.js'
import { amountOf, formatAmount, type TokenAmount } from '../units/amount.js'
import {
  absolute,
  larger,
  mulDiv,
  pointsBeside,
  type Ratio,
  RATIO_ONE,
  ratioOfBasisPoints,
  smaller,
} from '../units/ratio.js'
import { type Usd, usdToNumber, valueOf } from '../units/usd.js'
import { checkSpender, checkTarget } from './contracts.js'
import { type CallClaim, checkClaim } from './firewall.js'
import type { Policy } from './policy.js'
import type { Portfolio } from './portfolio.js'

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
 * fifth of it as room for prices that move meanwhile, and never more than the configured tolerance. Rounded down. Where
 * people approved a least that the leg as a whole brings, nothing below that is left to a venue either.
 */
export function toleranceFor(
  market: Market,
  leg: Pick<Leg, 'sell' | 'expectedOut' | 'maxLoss'>,
  most: Ratio,
  approved?: TokenAmount,
): Ratio {
  const { sell, expectedOut } = leg
  const lost = (out: TokenAmount) => shareLost(market, sell, lossOf(market, sell, out))
  const limit = approved ? smaller(leg.maxLoss, lost(approved)) : leg.maxLoss
  const room = limit - lost(expectedOut)
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
  const odd = checkFees(quote)
  if (odd) return odd
  const loss = shareLost(market, sell, quoteLoss(market, quote))
  const best = larger(3n * maxLoss, ratioOfBasisPoints(100))
  const line = `${quote.venue} gives ${formatAmount(quote.expectedOut)} for ${formatAmount(sell)}`
  if (loss > maxLoss)
    return refuse(
      'MIN_OUT_TOO_LOW',
      `${line}: ${pointsBeside(loss, maxLoss)} bps under our price, policy allows ${pointsBeside(maxLoss, loss)} bps.`,
    )
  if (loss < 0n - best)
    return refuse(
      'QUOTE_ORACLE_DIVERGENCE',
      `${line}: ${pointsBeside(absolute(loss), best)} bps over our price, more than ${pointsBeside(best, loss)} bps is not believed.`,
    )
  return undefined
}

/**
 * Whether a sale lies inside the policy (C-01): between tokens of the portfolio, and no larger than a leg may be at the
 * prices it was decided by.
 */
export function checkLeg(
  { id, assets, policy }: Pick<Portfolio, 'id' | 'assets' | 'policy'>,
  decided: Market,
  { sell, buy }: QuoteRequest,
): Refusal | undefined {
  const ours = new Set(assets.flatMap(({ tokens }) => tokens.map(tokenId)))
  const stranger = [sell.token, buy].find((token) => !ours.has(tokenId(token)))
  if (stranger)
    return refuse('POLICY_DENIED', `${stranger.symbol} on ${stranger.chain} is no token of the portfolio ${id}.`)
  const value = valueOf(sell, priceIn(decided, sell.token.asset), 'down')
  if (value <= policy.maxLeg) return undefined
  return refuse(
    'POLICY_DENIED',
    `${formatAmount(sell)} is worth ${usdToNumber(value).toFixed(2)} USD, a leg may be ${usdToNumber(policy.maxLeg).toFixed(2)} USD.`,
  )
}

/** Only the coin of the origin can be paid with a call, beside what is sold (C-07). */
function checkFees({ venue, request: { sell }, fees }: Quote): Refusal | undefined {
  const odd = fees.find(
    ({ amount: { token }, isIncluded }) => !isIncluded && !(isNative(token) && token.chain === sell.token.chain),
  )
  return (
    odd &&
    refuse(
      'VALUE_MISMATCH',
      `${venue} wants ${formatAmount(odd.amount)} on top, only the coin of ${sell.token.chain} can be paid with a call.`,
    )
  )
}

/** Contracts of a venue on one chain that we accept as target of a call and as spender of an allowance. */
export interface AllowedContracts {
  readonly targets: readonly Address[]
  readonly spenders: readonly Address[]
  /** Contracts that a target may lend the sold token to for the length of a call. */
  readonly settlers?: readonly Address[] | undefined
  /** A contract that says which ones those are; where it is named, it is asked instead of `settlers`. */
  readonly settlerRegistry?: Address | undefined
  /** Fingerprints of code that was reviewed, by address; a contract without one is pinned as first seen. */
  readonly codeHashes?: Readonly<Record<string, readonly Hex[]>> | undefined
}

export interface OrderCheck {
  readonly request: QuoteRequest
  readonly quote: Quote
  /** What the quote's calldata says, or why it may not be read; undefined for a quote without a call. */
  readonly claim: CallClaim | Refusal | undefined
  readonly market: Market
  readonly maxLoss: Ratio
  /** What people approved as the least for this sale, in the bought token; undefined where nobody's word was needed. */
  readonly approved: TokenAmount | undefined
  readonly allowed: AllowedContracts
  /** Every token of ours, native coins included. */
  readonly tokens: readonly Token[]
  readonly destinationChainId: number
  /** Milliseconds since 1970. */
  readonly now: number
  readonly maxAgeMs: number
}

/** Whether a quote is young enough to be signed (C-03). `now` in milliseconds since 1970. */
export function checkQuoteAge(quote: Quote, now: number, maxAgeMs: number): Refusal | undefined {
  const age = now - quote.obtainedAt
  if (age <= maxAgeMs) return undefined
  return refuse(
    'QUOTE_STALE',
    `The quote of ${quote.venue} is ${age} ms old, at most ${maxAgeMs} ms are accepted at signing.`,
  )
}

/**
 * Whether a firm quote may be signed. The checks run in a fixed order and the first failure refuses: carries a call
 * (C-02), answers our request (C-03), target on the allow-list (C-04), calldata does what was asked (C-05), spender on the
 * allow-list (C-06), value exact (C-07), price by our own sources (C-08).
 */
export function checkOrder(check: OrderCheck): Refusal | undefined {
  const { request, quote, claim, allowed } = check
  const { order } = quote
  if (!order || !claim)
    return refuse('QUOTE_SCHEMA', `${quote.venue} answered without a transaction; a firm quote carries one.`)
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
  const stale = checkQuoteAge(quote, check.now, check.maxAgeMs)
  if (stale) return stale
  const stranger = checkTarget({ ...quote, order }, allowed)
  if (stranger) return stranger
  if ('code' in claim) return claim
  const odd = checkFees(quote)
  if (odd) return odd
  const least = leastOf(check)
  const leastBy = least.units === check.approved?.units ? 'what was approved demands' : 'our own prices demand'
  const lie = checkClaim({
    ...check,
    claim,
    call: order.call,
    bridge: request.kind === 'bridge' ? bridgeOf(quote.tool) : undefined,
    least,
    leastBy,
  })
  if (lie) return lie
  const spender = checkSpender({ ...quote, order }, allowed)
  if (spender) return spender
  const onTop = quote.fees.filter((fee) => !fee.isIncluded).reduce((sum, fee) => sum + fee.amount.units, 0n)
  const value = (isNative(request.sell.token) ? request.sell.units : 0n) + onTop
  if (order.call.value !== value)
    return refuse('VALUE_MISMATCH', `${quote.venue} wants ${order.call.value} wei with the call, ${value} are due.`)
  const price = checkPrice(check.market, quote, check.maxLoss)
  if (price) return price
  if (quote.minimumOut.units < least.units)
    return refuse(
      'MIN_OUT_TOO_LOW',
      `${quote.venue} guarantees ${formatAmount(quote.minimumOut)}, ${leastBy} ${formatAmount(least)}.`,
    )
  return undefined
}

type LeastOf = Pick<OrderCheck, 'request' | 'quote' | 'market' | 'maxLoss' | 'approved'>

/** The least by our own prices, and never less than what people approved. */
function leastOf({ request, quote, market, maxLoss, approved }: LeastOf): TokenAmount {
  const own = ownMinimumOut(market, request.sell, request.buy, maxLoss, namedFees(market, quote, false))
  return amountOf(own.token, larger(own.units, approved?.units ?? 0n))
}

/**
 * What an accepted order owes (C-13): what its calldata guarantees, and never less than our own minimum. The minimum that
 * a venue names beside its calldata binds nobody. Where calldata does not name what comes out, it may count in units of
 * the other side, so that between tokens of different decimals our own minimum stands alone.
 */
export function guaranteedOut(order: LeastOf & { readonly claim: CallClaim }): TokenAmount {
  const { buys, bridge } = order.claim
  const { sell, buy } = order.request
  const isCountedInBought = buys.token !== undefined || sell.token.decimals === buy.decimals
  const told = bridge ? bridge.minimumOut : buys.minimumUnits
  return amountOf(buy, larger(leastOf(order).units, isCountedInBought ? (told ?? 0n) : 0n))
}

function refuse(code: RefusalCode, detail: string): Refusal {
  return { code, detail }
}
