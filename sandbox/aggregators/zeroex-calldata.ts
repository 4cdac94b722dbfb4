import { encodeFunctionData, zeroAddress, type Address, type Hex } from 'viem'
import type { SandboxChain } from '../chains.js'
import { callDeadline, encodeRouterCall, routersOf } from './router-calls.js'
import { settlerAbi } from './settler-abi.js'
import type { Trade } from './trade.js'
import { uniswapAbi } from './uniswap-abi.js'
import { zeroexNative } from './zeroex-request.js'

export interface SettlementTerms {
  recipient: Address
  minAmountOut: bigint
  /** What is drawn from the taker: what was asked for, unless the answer lies. */
  amountIn: bigint
  zid: Hex
}

const wholeBps = 10_000n
const selectorBytes = 4n

/** The AllowanceHolder's call that lends the Settler the sold tokens and has it perform the trade. */
export function encodeExec(chain: SandboxChain, trade: Trade, terms: SettlementTerms): { data: Hex; value: bigint } {
  const settler = chain.contract('settler')
  const weth = chain.token('WETH').address
  const { tokenIn, tokenOut } = trade
  const deadline = callDeadline(trade.snapshot)
  const basic = (sellToken: Address, bps: bigint, pool: Address, offset: bigint, data: Hex) =>
    encodeFunctionData({ abi: settlerAbi, functionName: 'BASIC', args: [sellToken, bps, pool, offset, data] })

  const funding =
    tokenIn === zeroAddress
      ? basic(zeroexNative, wholeBps, weth, 0n, encodeFunctionData({ abi: uniswapAbi, functionName: 'deposit' }))
      : encodeFunctionData({
          abi: settlerAbi,
          functionName: 'TRANSFER_FROM',
          args: [settler, { permitted: { token: tokenIn, amount: terms.amountIn }, nonce: 0n, deadline }, '0x'],
        })
  const sales = (trade.split?.parts ?? []).map(({ path, amountIn, bpsOfRest }) => {
    const call = encodeRouterCall(routersOf(chain), { path, amountIn, recipient: settler, deadline }, 'none')
    const sold = tokenIn === zeroAddress ? weth : tokenIn
    return basic(sold, BigInt(bpsOfRest), call.target, BigInt(call.amountOffset), call.data)
  })
  const unwrapping =
    tokenOut === zeroAddress
      ? [
          basic(
            weth,
            wholeBps,
            weth,
            selectorBytes,
            encodeFunctionData({ abi: uniswapAbi, functionName: 'withdraw', args: [0n] }),
          ),
        ]
      : []

  const execution = encodeFunctionData({
    abi: settlerAbi,
    functionName: 'execute',
    args: [
      {
        recipient: terms.recipient,
        buyToken: tokenOut === zeroAddress ? zeroexNative : tokenOut,
        minAmountOut: terms.minAmountOut,
      },
      [funding, ...sales, ...unwrapping],
      `${terms.zid}${'0'.repeat(40)}`,
    ],
  })
  const data = encodeFunctionData({
    abi: settlerAbi,
    functionName: 'exec',
    args: [settler, tokenIn, tokenIn === zeroAddress ? 0n : terms.amountIn, settler, execution],
  })
  return { data, value: tokenIn === zeroAddress ? terms.amountIn : 0n }
}
