import { type AssetKey, type ChainKey, isNative } from '../assets.js'
import { InvariantError } from '../errors.js'
import { type TokenAmount } from '../units/amount.js'
import { mulDiv } from '../units/ratio.js'
import { type Price, type Usd, valueOf } from '../units/usd.js'
import type { Quote } from './quote.js'

/** What the plan is reckoned with: our own prices and the gas price of each chain. */
export interface Market {
  readonly prices: ReadonlyMap<AssetKey, Price>
  /** Wei per gas expected to be paid, and the chain's coin. */
  readonly gas: ReadonlyMap<
    ChainKey,
    { readonly gasPrice: bigint; readonly nativeAsset: AssetKey; readonly nativeDecimals: number }
  >
}

/** Money given up, by component; a negative component is a gain. All in USD at our own prices. */
export interface Cost {
  /** Spread and price impact of swaps. */
  readonly slippage: Usd
  /** Fees the venues name. */
  readonly fees: Usd
  readonly gas: Usd
  /** All that a bridge keeps. */
  readonly bridge: Usd
}

export const NO_COST: Cost = { slippage: 0n, fees: 0n, gas: 0n, bridge: 0n }

export function addCosts(a: Cost, b: Cost): Cost {
  return { slippage: a.slippage + b.slippage, fees: a.fees + b.fees, gas: a.gas + b.gas, bridge: a.bridge + b.bridge }
}

export function totalOf(cost: Cost): Usd {
  return cost.slippage + cost.fees + cost.gas + cost.bridge
}

export function priceIn(market: Market, asset: AssetKey): Price {
  const price = market.prices.get(asset)
  if (price === undefined) throw new InvariantError(`A plan was reckoned with ${asset}, whose price is unknown.`)
  return price
}

/** Value of gas at the chain's gas price, rounded up. */
export function gasCost(market: Market, chain: ChainKey, gasUnits: bigint): Usd {
  return weiCost(market, chain, gasUnits * gasOf(market, chain).gasPrice)
}

/** Value of an amount of the chain's coin, rounded up. */
export function weiCost(market: Market, chain: ChainKey, wei: bigint): Usd {
  const { nativeAsset, nativeDecimals } = gasOf(market, chain)
  return mulDiv(wei, priceIn(market, nativeAsset), 10n ** BigInt(nativeDecimals), 'up')
}

function gasOf(market: Market, chain: ChainKey) {
  const gas = market.gas.get(chain)
  if (!gas) throw new InvariantError(`A plan was reckoned with ${chain}, whose gas price is unknown.`)
  return gas
}

/** Value given up between what is sold and what is received, at our own prices: the sale rounded up, the receipt down. */
export function lossOf(market: Market, sold: TokenAmount, received: TokenAmount): Usd {
  return (
    valueOf(sold, priceIn(market, sold.token.asset), 'up') -
    valueOf(received, priceIn(market, received.token.asset), 'down')
  )
}

/** Gas of one ERC-20 approval, charged to every leg that needs one. */
const APPROVAL_GAS = 55_000n

/** What a quote gives up of its sale: the loss to our prices and every fee paid on top of the sale. Rounded up. */
export function quoteLoss(market: Market, quote: Quote): Usd {
  return lossOf(market, quote.request.sell, quote.expectedOut) + namedFees(market, quote, false)
}

/** Value of a quote's fees in assets that have a price, rounded up. */
export function namedFees(market: Market, quote: Quote, isIncluded: boolean): Usd {
  return quote.fees
    .filter((fee) => fee.isIncluded === isIncluded && market.prices.has(fee.amount.token.asset))
    .reduce((sum, { amount }) => sum + valueOf(amount, priceIn(market, amount.token.asset), 'up'), 0n)
}

export function quoteCost(market: Market, quote: Quote): Cost {
  const { sell } = quote.request
  const loss = quoteLoss(market, quote)
  const approvalGas = isNative(sell.token) ? 0n : APPROVAL_GAS
  const gas = gasCost(market, sell.token.chain, quote.gasUnits + approvalGas)
  if (quote.request.kind === 'bridge') return { slippage: 0n, fees: 0n, gas, bridge: loss }
  const fees = namedFees(market, quote, true) + namedFees(market, quote, false)
  return { slippage: loss - fees, fees, gas, bridge: 0n }
}
