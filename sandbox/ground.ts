import { prepareArbitrage } from './arbitrage.js'
import { chainKeys, chainTraits, startChain, type SandboxChain } from './chains.js'
import { deployFeeds, type Feeds } from './feeds.js'
import { type PoolPlan, poolPlans } from './pools.js'
import type { ReferencePrices } from './prices.js'
import { contractNamed, loadContracts } from './solidity.js'
import { deployTokens } from './tokens.js'
import { fundTreasury } from './treasury.js'
import { deployUniswap, fillPools, type SandboxPool } from './uniswap.js'

/** The chains with everything on them that needs no server: tokens, pools, feeds, holdings. */
export interface Ground {
  chains: SandboxChain[]
  pools: SandboxPool[]
  feeds: Feeds
}

/** Starts one node per chain; if one fails, none is left. `portBase` 0 lets each pick a free port. */
export async function startChains(portBase: number): Promise<SandboxChain[]> {
  const starts = await Promise.allSettled(
    chainKeys.map((key, index) => startChain(chainTraits[key], portBase === 0 ? 0 : portBase + index)),
  )
  const chains = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const failure = starts.find((start) => start.status === 'rejected')
  if (failure) {
    await Promise.all(chains.map((chain) => chain.stop()))
    throw failure.reason
  }
  return chains
}

/** Fills fresh chains. They still mine each transaction at once, so that others can go on deploying. */
export async function layGround(
  chains: SandboxChain[],
  prices: ReferencePrices,
  onProgress: (line: string) => void,
  plans: readonly PoolPlan[] = poolPlans,
): Promise<Ground> {
  const batcher = contractNamed(await loadContracts(), 'CallBatcher')
  await Promise.all(
    chains.map(async (chain) => {
      // First of the deployer's transactions, which makes its address the same on every chain.
      chain.contracts['multicall3'] = await chain.deploy(batcher)
      await deployTokens(chain)
      await deployUniswap(chain)
    }),
  )
  onProgress('tokens and Uniswap V2 and V3 deployed')
  const feeds = await deployFeeds(chains, prices)
  await feeds.push()
  const pools = await Promise.all(
    chains.map(async (chain) => {
      await fundTreasury(chain)
      await prepareArbitrage(chain, prices)
      const filled = await fillPools(chain, plans, (asset) => prices.usd(asset))
      await chain.settle()
      return filled
    }),
  )
  onProgress(`${pools.flat().length} pools filled, ${feeds.described.length} feeds written, treasury funded`)
  return { chains, pools: pools.flat(), feeds }
}
