import { encodeFunctionData, zeroAddress, type Address, type Hex } from 'viem'
import { fillWindowSeconds } from '../bridges/terms.js'
import type { SandboxChain } from '../chains.js'
import { lessSlippage } from './listed-token.js'
import { lifiAbi } from './lifi-abi.js'
import type { Offer } from './lifi-offer.js'
import { callDeadline, encodeRouterCall, routersOf } from './router-calls.js'
import type { Trade } from './trade.js'
import { uniswapAbi } from './uniswap-abi.js'

export interface CalldataTerms {
  transactionId: Hex
  integrator: string
  referrer: string
  fromAddress: Address
  receiver: Address
  /** The least the transaction accepts, in base units of the token that arrives, before any bridge. */
  minAmountOut: bigint
  /** Where the crossing goes and who gets it there, when not where and whom the offer says. */
  destinationChainId?: bigint
  bridgeReceiver?: Address
  /** What the transaction sells, as a share of what was asked for, in basis points. */
  amountBps: bigint
}

export interface DiamondCall {
  to: Address
  data: Hex
  value: bigint
}

interface SwapData {
  callTo: Address
  approveTo: Address
  sendingAssetId: Address
  receivingAssetId: Address
  fromAmount: bigint
  callData: Hex
  requiresDeposit: boolean
}

/** The diamond's call that performs an offer. */
export function encodeDiamondCall(origin: SandboxChain, offer: Offer, terms: CalldataTerms): DiamondCall {
  const to = origin.contract('lifi-diamond')
  const { trade, crossing } = offer
  const swaps = trade ? swapData(origin, to, trade, terms.amountBps) : []
  const value = swaps.reduce(
    (sum, { sendingAssetId, fromAmount }) => (sendingAssetId === zeroAddress ? sum + fromAmount : sum),
    0n,
  )
  if (crossing) return { to, value, data: encodeCrossing(offer, swaps, terms) }

  const [first] = swaps
  if (!first) throw new Error('An offer has a trade or a crossing; this one has neither.')
  const shape =
    first.sendingAssetId === zeroAddress
      ? 'NativeToERC20'
      : first.receivingAssetId === zeroAddress
        ? 'ERC20ToNative'
        : 'ERC20ToERC20'
  const { transactionId, integrator, referrer, receiver, minAmountOut } = terms
  const data =
    swaps.length === 1
      ? encodeFunctionData({
          abi: lifiAbi,
          functionName: `swapTokensSingleV3${shape}`,
          args: [transactionId, integrator, referrer, receiver, minAmountOut, first],
        })
      : encodeFunctionData({
          abi: lifiAbi,
          functionName: `swapTokensMultipleV3${shape}`,
          args: [transactionId, integrator, referrer, receiver, minAmountOut, swaps],
        })
  return { to, value, data }
}

function encodeCrossing({ trade, crossing }: Offer, swaps: SwapData[], terms: CalldataTerms): Hex {
  if (!crossing) throw new Error('Only an offer with a crossing has calldata of a bridge.')
  const now = Math.floor(Date.now() / 1000)
  const amount = trade ? terms.minAmountOut : (crossing.amountIn * terms.amountBps) / 10_000n
  const bridgeData = {
    transactionId: terms.transactionId,
    bridge: crossing.terms.key,
    integrator: terms.integrator,
    referrer: zeroAddress,
    sendingAssetId: crossing.tokenIn.address,
    receiver: terms.receiver,
    minAmount: amount,
    destinationChainId: terms.destinationChainId ?? BigInt(crossing.tokenOut.chain.chainId),
    hasSourceSwaps: swaps.length > 0,
    hasDestinationCall: false,
  }
  const acrossData = {
    receiverAddress: terms.bridgeReceiver ?? terms.receiver,
    refundAddress: terms.fromAddress,
    receivingAssetId: crossing.tokenOut.address,
    outputAmount: trade ? (terms.minAmountOut * crossing.outputShare) / 10n ** 18n : terms.minAmountOut,
    outputAmountPercent: crossing.outputShare,
    exclusiveRelayer: zeroAddress,
    quoteTimestamp: now,
    fillDeadline: now + fillWindowSeconds,
    exclusivityDeadline: 0,
    message: '0x' as const,
  }
  return swaps.length > 0
    ? encodeFunctionData({
        abi: lifiAbi,
        functionName: 'swapAndStartBridgeTokensViaAcrossV3',
        args: [bridgeData, swaps, acrossData],
      })
    : encodeFunctionData({ abi: lifiAbi, functionName: 'startBridgeTokensViaAcrossV3', args: [bridgeData, acrossData] })
}

/** What the calldata must demand so that at least the offer's minimum arrives. */
export function minimumOnOrigin({ trade, crossing, toAmountMin }: Offer, slippagePpm: bigint): bigint {
  if (trade && crossing) return lessSlippage(trade.amountOut, slippagePpm)
  // Once a deposit is made, the bridge owes all of it.
  return crossing ? crossing.amountOut : toAmountMin
}

function swapData(chain: SandboxChain, diamond: Address, trade: Trade, amountBps: bigint): SwapData[] {
  const weth = chain.token('WETH').address
  const { tokenIn, tokenOut } = trade
  const common = { sendingAssetId: tokenIn, receivingAssetId: tokenOut, requiresDeposit: tokenIn !== zeroAddress }
  if (!trade.split) {
    const fromAmount = (trade.amountIn * amountBps) / 10_000n
    const callData =
      tokenIn === zeroAddress
        ? encodeFunctionData({ abi: uniswapAbi, functionName: 'deposit' })
        : encodeFunctionData({ abi: uniswapAbi, functionName: 'withdraw', args: [fromAmount] })
    return [{ ...common, callTo: weth, approveTo: weth, fromAmount, callData }]
  }
  const native = tokenIn === zeroAddress ? 'in' : tokenOut === zeroAddress ? 'out' : 'none'
  return trade.split.parts.map(({ path, amountIn }) => {
    const fromAmount = (amountIn * amountBps) / 10_000n
    const { target, data } = encodeRouterCall(
      routersOf(chain),
      { path, amountIn: fromAmount, recipient: diamond, deadline: callDeadline(trade.snapshot) },
      native,
    )
    return { ...common, callTo: target, approveTo: target, fromAmount, callData: data }
  })
}
