import { encodeFunctionData, encodePacked, zeroAddress, type Address, type Hex } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { Path } from './path.js'
import type { PoolSnapshot } from './pool-reader.js'
import { uniswapAbi } from './uniswap-abi.js'

export interface UniswapRouters {
  'uniswap-v2': Address
  'uniswap-v3': Address
}

export interface RouterCall {
  target: Address
  data: Hex
  /** Where in `data` the amount to sell stands, in bytes from its start. Meaningless for native input. */
  amountOffset: number
}

const callWindowSeconds = 600n

/** Until when calldata may be executed, in the chain's own time, unix seconds. */
export function callDeadline(at: Pick<PoolSnapshot, 'timestamp'>): bigint {
  return at.timestamp + callWindowSeconds
}

export function routersOf(chain: SandboxChain): UniswapRouters {
  return {
    'uniswap-v2': chain.contract('uniswap-v2-router'),
    'uniswap-v3': chain.contract('uniswap-v3-router'),
  }
}

const wordBytes = 32
const selectorBytes = 4

/**
 * The router's call that sells `amountIn` along a path. It accepts any output: the contract that makes the call
 * checks the minimum over all of its calls.
 */
export function encodeRouterCall(
  routers: UniswapRouters,
  { path, amountIn, recipient, deadline }: { path: Path; amountIn: bigint; recipient: Address; deadline: bigint },
  native: 'in' | 'out' | 'none',
): RouterCall {
  const target = routers[path.kind]
  const first = path.hops[0]
  if (!first) throw new Error('A path has at least one hop; this one has none.')
  const tokens = [first.tokenIn, ...path.hops.map((hop) => hop.tokenOut)]

  if (path.kind === 'uniswap-v2') {
    const data =
      native === 'in'
        ? encodeFunctionData({
            abi: uniswapAbi,
            functionName: 'swapExactETHForTokens',
            args: [0n, tokens, recipient, deadline],
          })
        : encodeFunctionData({
            abi: uniswapAbi,
            functionName: native === 'out' ? 'swapExactTokensForETH' : 'swapExactTokensForTokens',
            args: [amountIn, 0n, tokens, recipient, deadline],
          })
    return { target, data, amountOffset: selectorBytes }
  }

  const packedPath = encodePacked(
    ['address', ...path.hops.flatMap(() => ['uint24', 'address'])],
    [first.tokenIn, ...path.hops.flatMap((hop) => [hop.pool.fee, hop.tokenOut])],
  )
  // The router keeps WETH for itself to unwrap when the recipient is zero.
  const exactInput = encodeFunctionData({
    abi: uniswapAbi,
    functionName: 'exactInput',
    args: [
      {
        path: packedPath,
        recipient: native === 'out' ? zeroAddress : recipient,
        deadline,
        amountIn,
        amountOutMinimum: 0n,
      },
    ],
  })
  if (native !== 'out') return { target, data: exactInput, amountOffset: selectorBytes + 4 * wordBytes }
  const unwrap = encodeFunctionData({ abi: uniswapAbi, functionName: 'unwrapWETH9', args: [0n, recipient] })
  const data = encodeFunctionData({ abi: uniswapAbi, functionName: 'multicall', args: [[exactInput, unwrap]] })
  return { target, data, amountOffset: 0 }
}
