import { type Address, isNative, sameAddress, type Token, tokenId } from '../assets.js'
import type { Refusal } from '../errors.js'
import { type Market, priceIn } from '../planning/cost.js'
import type { Call, Quote, QuoteRequest } from '../planning/quote.js'
import type { BlockRef } from '../portfolio/snapshot.js'
import { amountOf, formatAmount, type TokenAmount } from '../units/amount.js'
import { mulDiv, pointsBeside, type Ratio, RATIO_ONE, type Rounding } from '../units/ratio.js'
import { usdToNumber, valueOf } from '../units/usd.js'
import { ownMinimumOut } from './limits.js'

/** What a rehearsal looks at: balances of tokens, and allowances of spenders over tokens. */
export interface Watch {
  readonly tokens: readonly Token[]
  readonly allowances: readonly { readonly token: Token; readonly spender: Address }[]
}

/** What calls made one after another would do to the account (C-09). In base units; gas left out. */
export interface Rehearsal {
  /** State that was played on. */
  readonly block: BlockRef
  /** For each call in turn: the change of each watched balance, and the gas used. */
  readonly steps: readonly { readonly changes: readonly bigint[]; readonly gasUsed: bigint }[]
  /** Each watched allowance before the first call and after the last one. */
  readonly allowancesBefore: readonly bigint[]
  readonly allowances: readonly bigint[]
  /**
   * `Approval` and `ApprovalForAll` events in which the account is the owner, over all calls. Undefined where no endpoint
   * shows events: then the allowances are all that is known.
   */
  readonly approvals:
    readonly { readonly token: Address; readonly spender: Address; readonly units: bigint | 'all' }[] | undefined
  /** Endpoints whose answers agreed. */
  readonly endpoints: readonly string[]
}

/** A trade that was played after everything that has to be approved for it; it is the last of the calls. */
export interface RehearsedTrade {
  readonly market: Market
  readonly request: QuoteRequest
  readonly call: Call
  readonly spender: Address | undefined
  readonly maxLoss: Ratio
  readonly watch: Watch
  readonly rehearsal: Rehearsal
}

/**
 * Whether a rehearsed trade does what was ordered and nothing else (C-09): takes no more than the sale, brings our own
 * minimum, takes nothing of any other token and no coin but the call's value, uses its allowance up and leaves nobody
 * another one. What a bridge brings comes out on another chain and is not judged here.
 */
export function checkRehearsal(trade: RehearsedTrade): Refusal | undefined {
  return checkChanges(trade) ?? checkAllowances(trade) ?? checkApprovals(trade)
}

function checkChanges({ market, request, call, maxLoss, watch, rehearsal }: RehearsedTrade): Refusal | undefined {
  const { kind, sell, buy } = request
  const place = (token: Token) => watch.tokens.findIndex((one) => tokenId(one) === tokenId(token))
  const changes = rehearsal.steps.at(-1)?.changes ?? []
  const movement = {
    sold: changes[place(sell.token)] ?? 0n,
    bought: kind === 'swap' ? (changes[place(buy)] ?? 0n) : 0n,
  }
  const movementRefusal = checkMovement(market, request, call, movement, maxLoss)
  if (movementRefusal) return movementRefusal
  for (const [step, { changes: moved }] of rehearsal.steps.entries()) {
    const isTrade = step === rehearsal.steps.length - 1
    for (const [index, token] of watch.tokens.entries()) {
      const change = moved[index] ?? 0n
      const isSale = isTrade && index === place(sell.token)
      const mayTake = isTrade && isNative(token) ? call.value : 0n
      if (isSale || change >= -mayTake) continue
      return refuse(
        'SIMULATION_DELTA',
        `Simulated, ${isTrade ? 'the trade' : 'an approval'} on ${call.chain} would take ${-change} base units of ${token.symbol}, where ${mayTake} may go; the order sells ${formatAmount(sell)}.`,
      )
    }
  }
  return undefined
}

function checkAllowances({ request: { sell }, call, spender, watch, rehearsal }: RehearsedTrade): Refusal | undefined {
  for (const [index, { token, spender: holder }] of watch.allowances.entries()) {
    const before = rehearsal.allowancesBefore[index] ?? 0n
    const after = rehearsal.allowances[index] ?? 0n
    const isOurs = spender !== undefined && sameAddress(holder, spender) && tokenId(token) === tokenId(sell.token)
    const most = isOurs ? 0n : before
    if (after > most)
      return refuse(
        'SIMULATION_ALLOWANCE',
        `Simulated, ${holder} may take ${after} base units of ${token.symbol} on ${call.chain} after the trade, expected ${most} at most.`,
      )
  }
  return undefined
}

/** Taking an allowance back is always ours to do. */
function checkApprovals({ request: { sell }, call, spender, rehearsal }: RehearsedTrade): Refusal | undefined {
  const odd = rehearsal.approvals?.find(({ token, spender: holder, units }) => {
    const isOurs = spender !== undefined && sameAddress(holder, spender) && sameAddress(token, sell.token.address)
    return units !== 0n && (units === 'all' || !isOurs || units > sell.units)
  })
  return (
    odd &&
    refuse(
      'SIMULATION_ALLOWANCE',
      `Simulated, the calls on ${call.chain} let ${odd.spender} take ${odd.units === 'all' ? 'all' : `${odd.units} base units`} of ${odd.token}; only ${spender ?? 'nobody'} may, and of ${formatAmount(sell)}.`,
    )
  )
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
    `played in turn they bring ${usdToNumber(brought).toFixed(2)} USD, ${pointsBeside(short, tolerance)} bps less than the ${usdToNumber(quoted).toFixed(2)} USD they were quoted alone; policy allows ${pointsBeside(tolerance, short)} bps.`,
  )
}

function refuse(code: Refusal['code'], detail: string): Refusal {
  return { code, detail }
}
