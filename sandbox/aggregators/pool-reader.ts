import type { Address } from 'viem'
import type { SandboxChain } from '../chains.js'
import type { WorldPool } from '../world.js'
import type { Pool } from './pool.js'
import { uniswapAbi } from './uniswap-abi.js'

/** Pools of one chain, all at the same block. */
export interface PoolSnapshot {
  blockNumber: bigint
  /** Of that block, in wei per gas. */
  baseFeePerGas: bigint
  /** Of that block, unix seconds. */
  timestamp: bigint
  pools: Pool[]
}

export interface PoolReader {
  /** At a block, or at the latest one. Reads in the same block share one look at the chain. */
  read(blockNumber?: bigint): Promise<PoolSnapshot>
}

interface ConcentratedHandle {
  pool: WorldPool
  tickSpacing: number
  /** Every tick a position has ever begun or ended at. */
  edges: Set<number>
}

export function createPoolReader(chain: SandboxChain, pools: WorldPool[]): PoolReader {
  const { publicClient } = chain
  const batch = { multicallAddress: chain.contract('multicall3'), allowFailure: false, batchSize: 1 << 20 } as const
  const pairs = pools.filter((pool) => pool.kind === 'uniswap-v2')
  let handles: Promise<Map<Address, ConcentratedHandle>> | undefined
  let scannedTo = -1n
  let last: { blockNumber: bigint; snapshot: Promise<PoolSnapshot> } | undefined

  async function openHandles(): Promise<Map<Address, ConcentratedHandle>> {
    const concentrated = pools.filter((pool) => pool.kind === 'uniswap-v3')
    const spacings = await publicClient.multicall({
      ...batch,
      contracts: concentrated.map(
        ({ address }) => ({ address, abi: uniswapAbi, functionName: 'tickSpacing' }) as const,
      ),
    })
    return new Map(
      concentrated.map((pool, i) => [
        pool.address.toLowerCase() as Address,
        { pool, tickSpacing: spacings[i] ?? 0, edges: new Set<number>() },
      ]),
    )
  }

  /** New positions since the last look may have new edges. */
  async function findEdges(handleOf: Map<Address, ConcentratedHandle>, toBlock: bigint): Promise<void> {
    if (handleOf.size === 0 || toBlock <= scannedTo) return
    const mints = await publicClient.getContractEvents({
      abi: uniswapAbi,
      eventName: 'Mint',
      address: [...handleOf.keys()],
      fromBlock: scannedTo + 1n,
      toBlock,
      strict: true,
    })
    for (const { address, args } of mints) {
      handleOf
        .get(address.toLowerCase() as Address)
        ?.edges.add(args.tickLower)
        .add(args.tickUpper)
    }
    scannedTo = toBlock
  }

  async function readAt(block: { number: bigint; baseFeePerGas: bigint; timestamp: bigint }): Promise<PoolSnapshot> {
    handles ??= openHandles()
    const handleOf = await handles
    await findEdges(handleOf, block.number)
    const concentrated = [...handleOf.values()].map((handle) => ({
      ...handle,
      edges: [...handle.edges].toSorted((a, b) => a - b),
    }))
    const at = { ...batch, blockNumber: block.number }
    const contract = { abi: uniswapAbi } as const
    const [reserves, slots, liquidities, ticks] = await Promise.all([
      publicClient.multicall({
        ...at,
        contracts: pairs.map(({ address }) => ({ ...contract, address, functionName: 'getReserves' }) as const),
      }),
      publicClient.multicall({
        ...at,
        contracts: concentrated.map(
          ({ pool }) => ({ ...contract, address: pool.address, functionName: 'slot0' }) as const,
        ),
      }),
      publicClient.multicall({
        ...at,
        contracts: concentrated.map(
          ({ pool }) => ({ ...contract, address: pool.address, functionName: 'liquidity' }) as const,
        ),
      }),
      publicClient.multicall({
        ...at,
        contracts: concentrated.flatMap(({ pool, edges }) =>
          edges.map((edge) => ({ ...contract, address: pool.address, functionName: 'ticks', args: [edge] }) as const),
        ),
      }),
    ])
    const nets = ticks.map(([, liquidityNet]) => liquidityNet)
    return {
      blockNumber: block.number,
      baseFeePerGas: block.baseFeePerGas,
      timestamp: block.timestamp,
      pools: [
        ...pairs.map((pool, i) => {
          const [reserve0 = 0n, reserve1 = 0n] = reserves[i] ?? []
          return { ...identityOf(pool), kind: 'uniswap-v2' as const, reserve0, reserve1 }
        }),
        ...concentrated.map(({ pool, tickSpacing, edges }, i) => {
          const [sqrtPriceX96 = 0n, tick = 0] = slots[i] ?? []
          return {
            ...identityOf(pool),
            kind: 'uniswap-v3' as const,
            tickSpacing,
            sqrtPriceX96,
            tick,
            liquidity: liquidities[i] ?? 0n,
            ticks: edges
              .map((index) => ({ index, liquidityNet: nets.shift() ?? 0n }))
              .filter(({ liquidityNet }) => liquidityNet !== 0n),
          }
        }),
      ],
    }
  }

  return {
    async read(blockNumber) {
      const { number, baseFeePerGas, timestamp } = await publicClient.getBlock(
        blockNumber === undefined ? {} : { blockNumber },
      )
      if (last?.blockNumber !== number) {
        const snapshot = readAt({ number, baseFeePerGas: baseFeePerGas ?? 0n, timestamp })
        last = { blockNumber: number, snapshot }
        snapshot.catch(() => {
          last = undefined
        })
      }
      return last.snapshot
    },
  }
}

function identityOf({ address, token0, token1, fee }: WorldPool) {
  return { address, token0, token1, fee }
}
