import { setTimeout as sleep } from 'node:timers/promises'
import { encodeFunctionData, erc20Abi } from 'viem'
import type { SandboxChain, SandboxTransaction } from './chains.js'
import type { ReferencePrices } from './prices.js'
import { baseUnitsWorth, pairPrice, sqrtPriceX96, squareRoot } from './uniswap-math.js'
import { v2PairAbi, v2RouterAbi, v3PoolAbi, v3RouterAbi } from './uniswap-abi.js'
import { allow, noDeadline, type SandboxPool } from './uniswap.js'
import { fund } from './tokens.js'

/** Pause between two visits of a chain's pools, beside the wait for the block. */
const restMs = 1500
/** The share of the gap, in logarithms of the price, that one visit closes. */
const step = 0.35
/** No visit leaves a wider gap than this. */
const widestRest = 0.003
/** The gas limit of its swaps, which may cross several ticks. */
const swapGas = 500_000n
/** What the arbitrageur owns of each token of a chain, in USD. */
const purseUsd = 2e9

/** Gives the arbitrageur its purse and the routers their allowance. */
export async function prepareArbitrage(chain: SandboxChain, prices: ReferencePrices): Promise<void> {
  for (const [symbol, { decimals, asset }] of Object.entries(chain.tokens)) {
    const purse = baseUnitsWorth(purseUsd, { usd: prices.usd(asset), decimals })
    await fund(chain, symbol, chain.addressOf('arbitrageur'), purse)
    await allow(chain, 'arbitrageur', symbol, chain.contract('uniswap-v2-router'))
    await allow(chain, 'arbitrageur', symbol, chain.contract('uniswap-v3-router'))
  }
}

/**
 * Pulls the chain's pools toward the reference until the signal: each visit closes part of every gap wider than the
 * pool's fee, by swaps through the routers. So a pool that was hit recovers, but not at once.
 */
export async function runArbitrage(
  chain: SandboxChain,
  pools: readonly SandboxPool[],
  prices: ReferencePrices,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(restMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted || !chain.blocks.isRunning()) continue
    await visit(chain, pools, prices, signal).catch(() => undefined)
  }
}

async function visit(
  chain: SandboxChain,
  pools: readonly SandboxPool[],
  prices: ReferencePrices,
  signal: AbortSignal,
): Promise<void> {
  const swaps = await Promise.all(pools.map((pool) => swapToward(chain, pool, prices)))
  const sent = await Promise.all(
    swaps.filter((swap) => swap !== undefined).map((swap) => chain.submit('arbitrageur', swap)),
  )
  const block = await chain.publicClient.getBlockNumber()
  // Until the swaps are mined a second look would see the same gaps and close them twice.
  while (sent.length > 0 && !signal.aborted && (await chain.publicClient.getBlockNumber()) <= block) {
    await sleep(200, undefined, { signal })
  }
}

/** The swap that closes part of a pool's gap; none when the gap is within the fee. */
async function swapToward(
  chain: SandboxChain,
  pool: SandboxPool,
  prices: ReferencePrices,
): Promise<SandboxTransaction | undefined> {
  const fair = fairSqrtPrice(chain, pool, prices)
  return pool.kind === 'uniswap-v3' ? swapV3(chain, pool, fair) : swapV2(chain, pool, fair)
}

/** Distance of a pool's price from the reference, as a logarithm of the price; positive when the pool is below it. */
export async function poolGap(chain: SandboxChain, pool: SandboxPool, prices: ReferencePrices): Promise<number> {
  const current =
    pool.kind === 'uniswap-v3' ? Number(await sqrtPriceOf(chain, pool)) : sqrtRatio(await reservesOf(chain, pool))
  return 2 * Math.log(fairSqrtPrice(chain, pool, prices) / current)
}

/**
 * By how much the worst pool is further from the reference than its own fee, as a share. At 0 or below nothing moves any
 * pool as long as the prices stand still.
 */
export async function widestGap(
  chains: readonly SandboxChain[],
  pools: readonly SandboxPool[],
  prices: ReferencePrices,
): Promise<number> {
  const gaps = await Promise.all(
    pools.map(async (pool) => {
      const chain = chains.find(({ key }) => key === pool.chain)
      if (!chain) throw new Error(`There is no chain ${pool.chain}.`)
      return Math.abs(await poolGap(chain, pool, prices)) - pool.fee / 1e6
    }),
  )
  return Math.max(...gaps)
}

function fairSqrtPrice(chain: SandboxChain, pool: SandboxPool, prices: ReferencePrices): number {
  const [token0, token1] = pool.symbols.map((symbol) => {
    const { decimals, asset } = chain.token(symbol)
    return { decimals, usd: prices.usd(asset) }
  }) as [PricedToken, PricedToken]
  return Number(sqrtPriceX96(pairPrice(token0, token1)))
}

async function sqrtPriceOf(chain: SandboxChain, pool: SandboxPool): Promise<bigint> {
  const read = { address: pool.address, abi: v3PoolAbi, functionName: 'slot0' } as const
  return (await chain.publicClient.readContract(read))[0]
}

async function reservesOf(chain: SandboxChain, pool: SandboxPool): Promise<readonly [bigint, bigint]> {
  const read = { address: pool.address, abi: v2PairAbi, functionName: 'getReserves' } as const
  const [reserve0, reserve1] = await chain.publicClient.readContract(read)
  return [reserve0, reserve1]
}

function sqrtRatio([reserve0, reserve1]: readonly [bigint, bigint]): number {
  return Number(squareRoot((reserve1 << 192n) / reserve0))
}

interface PricedToken {
  decimals: number
  usd: number
}

/** How far a visit moves the price, as a logarithm of the price; 0 when the gap is within the fee. */
export function move(gap: number, fee: number): number {
  const width = Math.abs(gap)
  if (width <= fee / 1e6) return 0
  return Math.sign(gap) * Math.max(width * step, width - widestRest)
}

async function swapV3(chain: SandboxChain, pool: SandboxPool, fair: number): Promise<SandboxTransaction | undefined> {
  const price = await sqrtPriceOf(chain, pool)
  const change = move(2 * Math.log(fair / Number(price)), pool.fee)
  if (change === 0) return undefined
  const target = (price * BigInt(Math.round(Math.exp(change / 2) * 1e12))) / 10n ** 12n
  const [tokenIn, tokenOut] = change > 0 ? [pool.token1, pool.token0] : [pool.token0, pool.token1]
  const owner = chain.addressOf('arbitrageur')
  const purse = { address: tokenIn, abi: erc20Abi, functionName: 'balanceOf', args: [owner] } as const
  const params = {
    tokenIn,
    tokenOut,
    fee: pool.fee,
    recipient: owner,
    deadline: noDeadline,
    // The price limit ends the swap, and only what was swapped is taken.
    amountIn: await chain.publicClient.readContract(purse),
    amountOutMinimum: 0n,
    sqrtPriceLimitX96: target,
  }
  const data = encodeFunctionData({ abi: v3RouterAbi, functionName: 'exactInputSingle', args: [params] })
  return { to: chain.contract('uniswap-v3-router'), data, gas: swapGas }
}

async function swapV2(chain: SandboxChain, pool: SandboxPool, fair: number): Promise<SandboxTransaction | undefined> {
  const reserves = await reservesOf(chain, pool)
  const change = move(2 * Math.log(fair / sqrtRatio(reserves)), pool.fee)
  if (change === 0) return undefined
  const [reserveIn, path] =
    change > 0 ? [reserves[1], [pool.token1, pool.token0]] : [reserves[0], [pool.token0, pool.token1]]
  // Along x·y = k the price goes with the square of a reserve; the fee is taken from what comes in.
  const growth = BigInt(Math.round(Math.expm1(Math.abs(change) / 2) * 1e12))
  const amountIn = (reserveIn * growth * 1000n) / (997n * 10n ** 12n)
  const args = [amountIn, 0n, path, chain.addressOf('arbitrageur'), noDeadline] as const
  const data = encodeFunctionData({ abi: v2RouterAbi, functionName: 'swapExactTokensForTokens', args })
  return { to: chain.contract('uniswap-v2-router'), data, gas: swapGas }
}
