import type { Address } from 'viem'
import { poolAmountOut, type Pool } from './pool.js'

export interface Hop {
  pool: Pool
  tokenIn: Address
  tokenOut: Address
}

/** Consecutive swaps through pools of one kind, so that one call to that kind's router performs them all. */
export interface Path {
  kind: Pool['kind']
  hops: Hop[]
}

const maxHops = 3

/** Every path over `pools` that visits no token twice and passes only through `through`. */
export function findPaths(pools: Pool[], tokenIn: Address, tokenOut: Address, through: ReadonlySet<Address>): Path[] {
  const found: Path[] = []
  const extend = (hops: Hop[], token: Address): void => {
    const kind = hops[0]?.pool.kind
    for (const pool of pools) {
      if ((kind && pool.kind !== kind) || (pool.token0 !== token && pool.token1 !== token)) continue
      const next = pool.token0 === token ? pool.token1 : pool.token0
      if (next === tokenIn || hops.some((hop) => hop.tokenIn === next)) continue
      const longer = [...hops, { pool, tokenIn: token, tokenOut: next }]
      if (next === tokenOut) found.push({ kind: pool.kind, hops: longer })
      else if (longer.length < maxHops && through.has(next)) extend(longer, next)
    }
  }
  extend([], tokenIn)
  return found
}

/** What the whole path pays for exactly `amountIn`; undefined when a pool of it cannot be filled. */
export function pathAmountOut(path: Path, amountIn: bigint): bigint | undefined {
  let amount: bigint | undefined = amountIn
  for (const { pool, tokenIn } of path.hops) {
    if (amount === undefined || amount === 0n) return undefined
    amount = poolAmountOut(pool, tokenIn, amount)
  }
  return amount
}

export function sharesPool(a: Path, b: Path): boolean {
  return a.hops.some((hop) => b.hops.some((other) => other.pool.address === hop.pool.address))
}
