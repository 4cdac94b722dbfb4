import type { ChainKey } from './chains.js'
import type { TokenSymbol } from './tokens.js'

export type Venue = 'v2' | 'v3-100' | 'v3-500' | 'v3-3000'
export type Aggregator = 'lifi' | 'zeroex'

export interface PoolPlan {
  chain: ChainKey
  pair: readonly [TokenSymbol, TokenSymbol]
  venue: Venue
  /** Besides the fee, a trade of x USD costs about the share x / (depth × 10⁶) of itself. */
  depthMillionUsd: number
  knownTo: readonly Aggregator[]
}

/** The pools of a world that asks for no others. Pools known to both aggregators are one liquidity, however often quoted. */
export const poolPlans: readonly PoolPlan[] = [
  pool('anchor', 'WETH/USDC', 'v3-500', 400, 'lifi', 'zeroex'),
  pool('anchor', 'WETH/USDC', 'v3-3000', 150, 'zeroex'),
  pool('anchor', 'WETH/USDC', 'v2', 60, 'lifi'),
  pool('anchor', 'WBTC/WETH', 'v3-500', 200, 'lifi', 'zeroex'),
  pool('anchor', 'WBTC/USDC', 'v3-3000', 100, 'zeroex'),
  pool('anchor', 'LINK/WETH', 'v3-3000', 80, 'lifi', 'zeroex'),
  pool('anchor', 'LINK/USDC', 'v2', 30, 'lifi'),
  pool('anchor', 'USDT/USDC', 'v3-100', 2000, 'lifi', 'zeroex'),
  pool('anchor', 'DAI/USDC', 'v3-100', 1500, 'lifi', 'zeroex'),
  pool('anchor', 'WETH/USDT', 'v3-500', 120, 'lifi'),

  pool('bay', 'WETH/USDC', 'v3-500', 250, 'lifi', 'zeroex'),
  pool('bay', 'WETH/USDC', 'v2', 60, 'zeroex'),
  pool('bay', 'WBTC/WETH', 'v3-500', 120, 'lifi', 'zeroex'),
  pool('bay', 'WBTC/USDC', 'v3-3000', 60, 'lifi'),
  pool('bay', 'LINK/WETH', 'v3-3000', 60, 'lifi', 'zeroex'),
  pool('bay', 'LINK/USDC', 'v3-3000', 40, 'zeroex'),
  pool('bay', 'USDT/USDC', 'v3-100', 1000, 'lifi', 'zeroex'),

  pool('cove', 'WETH/USDC', 'v3-500', 200, 'lifi', 'zeroex'),
  pool('cove', 'WETH/USDC', 'v3-3000', 80, 'lifi'),
  pool('cove', 'WETH/USDC', 'v2', 40, 'zeroex'),
  pool('cove', 'DAI/USDC', 'v3-100', 600, 'lifi', 'zeroex'),
]

function pool(
  chain: ChainKey,
  pair: `${TokenSymbol}/${TokenSymbol}`,
  venue: Venue,
  depthMillionUsd: number,
  ...knownTo: Aggregator[]
): PoolPlan {
  const [base, quote] = pair.split('/') as [TokenSymbol, TokenSymbol]
  return { chain, pair: [base, quote], venue, depthMillionUsd, knownTo }
}

/** What `cove` has of WETH/USDC in the layouts that differ from the default; everything else is as there. */
const coveEther = {
  'one-shared': [pool('cove', 'WETH/USDC', 'v3-500', 200, 'lifi', 'zeroex')],
  'other-exchanges': [
    pool('cove', 'WETH/USDC', 'v3-3000', 300, 'lifi'),
    pool('cove', 'WETH/USDC', 'v2', 300, 'zeroex'),
  ],
  'other-fees': [pool('cove', 'WETH/USDC', 'v3-500', 200, 'lifi'), pool('cove', 'WETH/USDC', 'v3-100', 200, 'zeroex')],
} as const satisfies Record<string, readonly PoolPlan[]>

/**
 * Which pools a world has. `one-shared`: the aggregators quote one and the same pool. `other-exchanges`: each has a pool of
 * its own, as the names of their exchanges show. `other-fees`: likewise, but both name the same exchange.
 */
export const poolLayouts = ['default', 'one-shared', 'other-exchanges', 'other-fees'] as const
export type PoolLayout = (typeof poolLayouts)[number]

export function poolPlansOf(layout: PoolLayout): readonly PoolPlan[] {
  if (layout === 'default') return poolPlans
  const isReplaced = ({ chain, pair: [base, quote] }: PoolPlan) =>
    chain === 'cove' && base === 'WETH' && quote === 'USDC'
  return [...poolPlans.filter((plan) => !isReplaced(plan)), ...coveEther[layout]]
}

/** In hundredths of a basis point, as Uniswap writes it. */
export function feeOf(venue: Venue): number {
  return venue === 'v2' ? 3000 : Number(venue.slice('v3-'.length))
}
