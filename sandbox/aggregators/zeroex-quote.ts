import { erc20Abi, zeroAddress, type Address } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { WrongKind } from '../faults.js'
import { distort, overstated, stranger } from './lie.js'
import { findToken, gasPriceIn, lessSlippage, type ReferencePrices } from './listed-token.js'
import type { Pool } from './pool.js'
import type { Trade, Trader } from './trade.js'
import { encodeExec } from './zeroex-calldata.js'
import { newZid } from './zeroex-error.js'
import { zeroexNative, type ZeroexWish } from './zeroex-request.js'

/** 0x's names for what it swaps on. */
export const sourceNames: Record<Pool['kind'], string> = { 'uniswap-v2': 'Uniswap_V2', 'uniswap-v3': 'Uniswap_V3' }

/** The body of an indicative price or a firm quote; the latter carries the transaction. */
export async function answerWish(
  { trader, prices, lie }: { trader: Trader; prices: ReferencePrices; lie: WrongKind | undefined },
  wish: ZeroexWish,
  kind: 'price' | 'quote',
): Promise<Record<string, unknown>> {
  const zid = newZid()
  const { chain, sellToken, buyToken, sellAmount, taker } = wish
  if (!sellToken || !buyToken) return { liquidityAvailable: false, zid }
  const kinds = new Set(
    (['uniswap-v2', 'uniswap-v3'] as const).filter((kind) => !wish.excludedSources.includes(sourceNames[kind])),
  )
  const [trade, standing] = await Promise.all([
    trader.work({
      tokenIn: sellToken.address,
      tokenOut: buyToken.address,
      amountIn: sellAmount,
      kinds,
      gasPriceInOutput: (weiPerGas) => gasPriceIn(prices, buyToken, weiPerGas),
    }),
    standingOf(chain, sellToken.address, taker),
  ])
  if (!trade) return { liquidityAvailable: false, zid }

  const spender = lie === 'spender' ? stranger : chain.contract('allowance-holder')
  const stated = (amount: bigint) => String(overstated(amount, lie))
  const minimum = lessSlippage(trade.amountOut, wish.slippagePpm)
  const weiPerGas = (trade.snapshot.baseFeePerGas * 11n) / 10n
  const gasLimit = String((trade.gas * 3n) / 2n)
  const isNative = sellToken.address === zeroAddress
  const common = {
    allowanceTarget: isNative ? null : lower(spender),
    blockNumber: String(trade.snapshot.blockNumber),
    buyAmount: stated(trade.amountOut),
    buyToken: lower(wish.buyAddress),
    fees: { integratorFee: null, zeroExFee: null, gasFee: null },
    issues: {
      allowance:
        isNative || standing.allowance >= sellAmount
          ? null
          : { actual: String(standing.allowance), spender: lower(spender) },
      balance:
        !taker || standing.balance >= sellAmount
          ? null
          : { token: lower(wish.sellAddress), actual: String(standing.balance), expected: String(sellAmount) },
      simulationIncomplete: false,
      invalidSourcesPassed: wish.excludedSources.filter((source) => !Object.values(sourceNames).includes(source)),
    },
    liquidityAvailable: true,
    minBuyAmount: stated(minimum),
    route: routeOf(chain, trade, wish),
    sellAmount: String(sellAmount),
    sellToken: lower(wish.sellAddress),
    tokenMetadata: { buyToken: untaxed, sellToken: untaxed },
    totalNetworkFee: String(trade.gas * weiPerGas),
    zid,
  }
  if (kind === 'price' || !taker) return { ...common, gas: gasLimit, gasPrice: String(weiPerGas) }

  const honest = encodeExec(chain, trade, {
    recipient: lie === 'receiver' ? stranger : (wish.recipient ?? taker),
    minAmountOut: lie === 'min-out' ? 1n : minimum,
    amountIn: lie === 'amount' ? (sellAmount * 11n) / 10n : sellAmount,
    zid,
  })
  const { to, data, value } = distort({ ...honest, to: chain.contract('allowance-holder') }, lie, sellToken.address)
  return {
    ...common,
    transaction: {
      to: lower(to),
      data,
      gas: gasLimit,
      gasPrice: String(weiPerGas),
      value: String(value),
    },
  }
}

const untaxed = { buyTaxBps: '0', sellTaxBps: '0' }

/** What the taker has and has approved; nothing when no taker is named. */
async function standingOf(
  chain: SandboxChain,
  token: Address,
  taker: Address | undefined,
): Promise<{ allowance: bigint; balance: bigint }> {
  if (!taker) return { allowance: 0n, balance: 0n }
  if (token === zeroAddress) {
    return { allowance: 0n, balance: await chain.publicClient.getBalance({ address: taker }) }
  }
  const erc20 = { address: token, abi: erc20Abi } as const
  const [allowance, balance] = await Promise.all([
    chain.publicClient.readContract({
      ...erc20,
      functionName: 'allowance',
      args: [taker, chain.contract('allowance-holder')],
    }),
    chain.publicClient.readContract({ ...erc20, functionName: 'balanceOf', args: [taker] }),
  ])
  return { allowance, balance }
}

function routeOf(chain: SandboxChain, trade: Trade, wish: ZeroexWish) {
  const fills = trade.split
    ? trade.split.parts.flatMap(({ path, amountIn }) =>
        path.hops.map(({ tokenIn, tokenOut }) => ({
          from: lower(tokenIn),
          to: lower(tokenOut),
          source: sourceNames[path.kind],
          proportionBps: String((amountIn * 10_000n) / trade.amountIn),
        })),
      )
    : [
        {
          from: lower(wish.sellAddress),
          to: lower(wish.buyAddress),
          source: 'Wrapped_Native',
          proportionBps: '10000',
        },
      ]
  const visited = [...new Set(fills.flatMap(({ from, to }) => [from, to]))]
  const tokens = visited.map((address) => ({
    address,
    symbol: findToken(chain, address === lower(zeroexNative) ? zeroAddress : address)?.symbol ?? '',
  }))
  return { fills, tokens }
}

function lower(address: Address): string {
  return address.toLowerCase()
}
