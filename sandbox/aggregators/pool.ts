import type { Address } from 'viem'
import { concentratedAmountOut, type ConcentratedState } from './uniswap-v3-math.js'

interface PoolIdentity {
  address: Address
  token0: Address
  token1: Address
  /** Hundredths of a basis point. */
  fee: number
}

export interface ConstantProductPool extends PoolIdentity {
  kind: 'uniswap-v2'
  reserve0: bigint
  reserve1: bigint
}

export interface ConcentratedPool extends PoolIdentity, ConcentratedState {
  kind: 'uniswap-v3'
}

/** A pool as it was at one block. */
export type Pool = ConstantProductPool | ConcentratedPool

/** What the pool's router would pay for exactly `amountIn`, to the base unit; undefined when it cannot be filled. */
export function poolAmountOut(pool: Pool, tokenIn: Address, amountIn: bigint): bigint | undefined {
  const zeroForOne = tokenIn === pool.token0
  if (pool.kind === 'uniswap-v3') return concentratedAmountOut(pool, zeroForOne, amountIn)
  const [reserveIn, reserveOut] = zeroForOne ? [pool.reserve0, pool.reserve1] : [pool.reserve1, pool.reserve0]
  if (reserveIn === 0n || reserveOut === 0n) return undefined
  const afterFee = amountIn * 997n
  return (afterFee * reserveOut) / (reserveIn * 1000n + afterFee)
}
