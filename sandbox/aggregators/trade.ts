import { zeroAddress, type Address } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { World } from '../world.js'
import { createPoolReader, type PoolSnapshot } from './pool-reader.js'
import { findPaths, type Path } from './path.js'
import type { Pool } from './pool.js'
import { bestSplit, type Split } from './split.js'

/** A swap on one chain, worked out but not yet put into calldata. The zero address is the native coin. */
export interface Trade {
  tokenIn: Address
  tokenOut: Address
  amountIn: bigint
  amountOut: bigint
  /** Absent when native coin is only wrapped or unwrapped. */
  split?: Split
  /** Of the whole transaction, estimated somewhat high. */
  gas: bigint
  snapshot: PoolSnapshot
}

export interface TradeWish {
  tokenIn: Address
  tokenOut: Address
  amountIn: bigint
  /** Pool kinds that may be used. */
  kinds: ReadonlySet<Pool['kind']>
  /** Price of 1 gas unit in base units of `tokenOut`, scaled by 1e18, at the given wei per gas. */
  gasPriceInOutput: (weiPerGas: bigint) => bigint
  /** As the pools were at this block; the latest when absent. */
  blockNumber?: bigint
}

/** Works out trades over the pools of one chain that one aggregator knows. */
export interface Trader {
  /** Undefined when no path can fill the amount. */
  work(wish: TradeWish): Promise<Trade | undefined>
  snapshot(): Promise<PoolSnapshot>
}

/** Measured: a wrap takes up to 79,000, one part over one pool 168,000, over three 348,000, three over one each 498,000. */
const gasOfWrap = 80_000n
const gasPerPart = 85_000n
const gasPerHop = 95_000n

function gasOfPath({ hops }: Path): bigint {
  return gasPerPart + gasPerHop * BigInt(hops.length)
}

export function createTrader(chain: SandboxChain, world: Pick<World, 'pools'>, aggregator: 'lifi' | 'zeroex'): Trader {
  const pools = world.pools.filter((pool) => pool.chain === chain.key && pool.knownTo.includes(aggregator))
  const reader = createPoolReader(chain, pools)
  const weth = chain.token('WETH').address
  const through = new Set(
    ['WETH', 'USDC', 'USDT'].flatMap((symbol) => (chain.tokens[symbol] ? [chain.tokens[symbol].address] : [])),
  )

  return {
    snapshot: () => reader.read(),
    async work({ tokenIn, tokenOut, amountIn, kinds, gasPriceInOutput, blockNumber }) {
      const snapshot = await reader.read(blockNumber)
      const from = tokenIn === zeroAddress ? weth : tokenIn
      const to = tokenOut === zeroAddress ? weth : tokenOut
      if (from === to) {
        if (tokenIn === tokenOut) return undefined
        return { tokenIn, tokenOut, amountIn, amountOut: amountIn, gas: gasOfWrap, snapshot }
      }
      const usable = snapshot.pools.filter((pool) => kinds.has(pool.kind))
      const outputPerGas = gasPriceInOutput(snapshot.baseFeePerGas)
      const costOf = (path: Path) => (gasOfPath(path) * outputPerGas) / 10n ** 18n
      const split = bestSplit(findPaths(usable, from, to, through), amountIn, costOf)
      if (!split) return undefined
      const gas = split.parts.reduce((sum, { path }) => sum + gasOfPath(path), 0n)
      return { tokenIn, tokenOut, amountIn, amountOut: split.amountOut, split, gas, snapshot }
    },
  }
}
