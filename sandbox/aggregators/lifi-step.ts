import { randomBytes, randomUUID } from 'node:crypto'
import { bytesToHex, formatUnits, numberToHex, type Address, type Hex } from 'viem'
import type { WrongKind } from '../faults.js'
import { distort, overstated, stranger } from './lie.js'
import { findToken, lessSlippage, nativeOf, usdValue, type ListedToken, type ReferencePrices } from './listed-token.js'
import { encodeDiamondCall, minimumOnOrigin } from './lifi-calldata.js'
import { exchangeTools, type Crossing, type Offer } from './lifi-offer.js'
import type { LifiWish } from './lifi-request.js'
import type { Trade } from './trade.js'

export function wireToken(prices: ReferencePrices, { chain, address, symbol, decimals, asset }: ListedToken) {
  return {
    address,
    chainId: chain.chainId,
    symbol,
    decimals,
    name: symbol,
    coinKey: symbol,
    logoURI: '',
    priceUSD: String(prices.usd(asset)),
  }
}

export function wireTool(key: string, name: string) {
  return { key, name, logoURI: '' }
}

interface WireTerms {
  prices: ReferencePrices
  wish: LifiWish
  /** How the answer lies, if it does. */
  lie: WrongKind | undefined
}

/** A step as LI.FI writes it; without an account to send from it cannot carry a transaction. */
export function wireStep(offer: Offer, id: string, { prices, wish, lie }: WireTerms) {
  const { fromToken, toToken, fromAmount, fromAddress, toAddress } = wish
  const origin = fromToken.chain
  const diamond = origin.contract('lifi-diamond')
  const token = (listed: ListedToken) => wireToken(prices, listed)
  const toAmount = overstated(offer.toAmount, lie)
  const { key, name } = toolOf(offer)
  const slippage = Number(wish.slippagePpm) / 1_000_000
  return {
    type: 'lifi' as const,
    id,
    tool: key,
    toolDetails: wireTool(key, name),
    integrator: wish.integrator,
    action: {
      fromChainId: origin.chainId,
      toChainId: toToken.chain.chainId,
      fromToken: token(fromToken),
      toToken: token(toToken),
      fromAmount: String(fromAmount),
      slippage,
      ...(fromAddress && { fromAddress }),
      ...(toAddress && { toAddress }),
    },
    estimate: {
      tool: key,
      approvalAddress: lie === 'spender' ? stranger : diamond,
      fromAmount: String(fromAmount),
      toAmount: String(toAmount),
      toAmountMin: String(overstated(offer.toAmountMin, lie)),
      fromAmountUSD: offer.fromUsd.toFixed(4),
      toAmountUSD: usdValue(prices, toToken, toAmount).toFixed(4),
      executionDuration: offer.durationSeconds,
      feeCosts: offer.crossing ? [feeCost(prices, offer.crossing)] : [],
      gasCosts: [gasCost(prices, fromToken, offer)],
      ...(fromToken.symbol === 'USDT' && { approvalReset: true }),
    },
    includedSteps: [
      ...(offer.trade ? tradeSteps(offer.trade, { prices, wish, diamond }) : []),
      ...(offer.crossing ? [crossingStep(offer.crossing, { prices, wish, diamond })] : []),
    ],
  }
}

/** What turns a step into one that is ready to send. */
export function wireTransaction(offer: Offer, { wish, lie }: WireTerms & { wish: { fromAddress: Address } }) {
  const origin = wish.fromToken.chain
  const transactionId: Hex = bytesToHex(randomBytes(32))
  const minimum = minimumOnOrigin(offer, wish.slippagePpm)
  const honest = encodeDiamondCall(origin, offer, {
    transactionId,
    integrator: wish.integrator,
    referrer: wish.referrer,
    fromAddress: wish.fromAddress,
    receiver: lie === 'receiver' ? stranger : (wish.toAddress ?? wish.fromAddress),
    minAmountOut: lie === 'min-out' ? 1n : minimum,
    amountBps: lie === 'amount' ? 11_000n : 10_000n,
    ...(lie === 'destination' && { destinationChainId: elsewhere }),
    ...(lie === 'bridge-recipient' && { bridgeReceiver: stranger }),
  })
  const call = distort(honest, lie, wish.fromToken.address)
  return {
    transactionId,
    transactionRequest: {
      from: wish.fromAddress,
      to: call.to,
      chainId: origin.chainId,
      data: call.data,
      value: numberToHex(call.value),
      gasPrice: numberToHex(offer.weiPerGas),
      gasLimit: numberToHex(gasLimit(offer)),
    },
  }
}

/** A chain that no wish is for. */
const elsewhere = 9_710_099n

export function wireRoute(offer: Offer, terms: WireTerms, tags: string[]) {
  const id = randomUUID()
  const step = wireStep(offer, `${id}:0`, terms)
  const { action, estimate } = step
  return {
    id,
    fromChainId: action.fromChainId,
    fromAmountUSD: estimate.fromAmountUSD,
    fromAmount: action.fromAmount,
    fromToken: action.fromToken,
    ...(action.fromAddress && { fromAddress: action.fromAddress }),
    toChainId: action.toChainId,
    toAmountUSD: estimate.toAmountUSD,
    toAmount: estimate.toAmount,
    toAmountMin: estimate.toAmountMin,
    toToken: action.toToken,
    ...(action.toAddress && { toAddress: action.toAddress }),
    gasCostUSD: offer.gasUsd.toFixed(4),
    containsSwitchChain: false,
    steps: [step],
    tags,
  }
}

function toolOf({ trade, crossing }: Offer): { key: string; name: string } {
  if (crossing) return crossing.terms
  const [largest] = trade?.split?.parts ?? []
  return largest ? exchangeTools[largest.path.kind] : wrapTool
}

const wrapTool = { key: 'wrap', name: 'Wrapped native' }

interface PartTerms {
  prices: ReferencePrices
  wish: LifiWish
  diamond: Address
}

function tradeSteps(trade: Trade, { prices, wish, diamond }: PartTerms) {
  const chain = wish.fromToken.chain
  const listed = (address: Address) => {
    const token = findToken(chain, address)
    if (!token) throw new Error(`Token ${address} of a trade is not listed on ${chain.key}.`)
    return wireToken(prices, token)
  }
  const parts = trade.split?.parts.map(({ path, amountIn, amountOut }) => ({
    tool: exchangeTools[path.kind],
    amountIn,
    amountOut,
  })) ?? [{ tool: wrapTool, amountIn: trade.amountIn, amountOut: trade.amountOut }]
  return parts.map(({ tool, amountIn, amountOut }) => ({
    id: randomUUID(),
    type: 'swap' as const,
    tool: tool.key,
    toolDetails: wireTool(tool.key, tool.name),
    action: {
      fromChainId: chain.chainId,
      toChainId: chain.chainId,
      fromToken: listed(trade.tokenIn),
      toToken: listed(trade.tokenOut),
      fromAmount: String(amountIn),
      fromAddress: diamond,
      toAddress: diamond,
      slippage: Number(wish.slippagePpm) / 1_000_000,
    },
    estimate: {
      tool: tool.key,
      approvalAddress: diamond,
      fromAmount: String(amountIn),
      toAmount: String(amountOut),
      toAmountMin: String(lessSlippage(amountOut, wish.slippagePpm)),
      executionDuration: 0,
      feeCosts: [],
      gasCosts: [],
    },
  }))
}

function crossingStep(crossing: Crossing, { prices, wish, diamond }: PartTerms) {
  const { terms, tokenIn, tokenOut, amountIn, amountOut } = crossing
  return {
    id: randomUUID(),
    type: 'cross' as const,
    tool: terms.key,
    toolDetails: wireTool(terms.key, terms.name),
    action: {
      fromChainId: tokenIn.chain.chainId,
      toChainId: tokenOut.chain.chainId,
      fromToken: wireToken(prices, tokenIn),
      toToken: wireToken(prices, tokenOut),
      fromAmount: String(amountIn),
      fromAddress: diamond,
      ...(wish.toAddress && { toAddress: wish.toAddress }),
      slippage: Number(wish.slippagePpm) / 1_000_000,
    },
    estimate: {
      tool: terms.key,
      approvalAddress: diamond,
      fromAmount: String(amountIn),
      toAmount: String(amountOut),
      toAmountMin: String(lessSlippage(amountOut, wish.slippagePpm)),
      executionDuration: terms.delaySeconds,
      feeCosts: [feeCost(prices, crossing)],
      gasCosts: [],
    },
  }
}

export function feeCost(prices: ReferencePrices, { terms, tokenIn, amountIn, fee }: Crossing) {
  return {
    name: `${terms.name} fee`,
    description: `Kept by ${terms.name} from the amount it carries`,
    percentage: (Number(formatUnits(fee, tokenIn.decimals)) / Number(formatUnits(amountIn, tokenIn.decimals))).toFixed(
      6,
    ),
    token: wireToken(prices, tokenIn),
    amount: String(fee),
    amountUSD: usdValue(prices, tokenIn, fee).toFixed(4),
    included: true,
  }
}

function gasCost(prices: ReferencePrices, fromToken: ListedToken, offer: Offer) {
  return {
    type: 'SEND',
    price: String(offer.weiPerGas),
    estimate: String(offer.gas),
    limit: String(gasLimit(offer)),
    amount: String(offer.gas * offer.weiPerGas),
    amountUSD: offer.gasUsd.toFixed(4),
    token: wireToken(prices, nativeOf(fromToken.chain)),
  }
}

function gasLimit({ gas }: Offer): bigint {
  return (gas * 3n) / 2n
}
