import { createRequire } from 'node:module'
import {
  encodeFunctionData,
  erc20Abi,
  getContractAddress,
  keccak256,
  encodePacked,
  encodeAbiParameters,
  maxUint256,
  zeroAddress,
  type Abi,
  type Address,
  type Hex,
} from 'viem'
import { deploymentGas, type SandboxChain } from './chains.js'
import { feeOf, type PoolPlan } from './pools.js'
import { fund } from './tokens.js'
import { positionsAbi, v2RouterAbi } from './uniswap-abi.js'
import {
  amountsOfPosition,
  baseUnitsWorth,
  pairPrice,
  sqrtPriceX96,
  sqrtPriceX96AtTick,
  squareRoot,
  usableTick,
} from './uniswap-math.js'
import type { WorldPool } from './world.js'

const require = createRequire(import.meta.url)

/** A pool of the running world, with what its keepers need beside its public description. */
export interface SandboxPool extends WorldPool {
  plan: PoolPlan
  symbols: readonly [token0: string, token1: string]
}

/** Far enough for everything the sandbox sends itself. */
export const noDeadline = 2n ** 40n

/** A position's share of the pool's depth and how far its range reaches from the price, as a factor each way. */
interface Position {
  share: number
  reach: number
}

const volatilePair: readonly Position[] = [
  { share: 0.7, reach: 2 },
  { share: 0.3, reach: 6 },
]
const stablePair: readonly Position[] = [
  { share: 0.7, reach: 1.05 },
  { share: 0.3, reach: 1.3 },
]
const tickSpacing: Record<number, number> = { 100: 1, 500: 10, 3000: 60 }

/** Deploys the published Uniswap V2 and V3 contracts from their npm packages, and enters them in `chain.contracts`. */
export async function deployUniswap(chain: SandboxChain): Promise<void> {
  const weth = chain.token('WETH').address
  const deployer = chain.addressOf('deployer')
  const v2Factory = await chain.deploy(artifact('@uniswap/v2-core/build/UniswapV2Factory.json'), [deployer])
  const v2Router = await chain.deploy(artifact('@uniswap/v2-periphery/build/UniswapV2Router02.json'), [v2Factory, weth])
  const v3Factory = await chain.deploy(v3Core('UniswapV3Factory'))
  const v3Router = await chain.deploy(v3Periphery('SwapRouter'), [v3Factory, weth])
  const v3Quoter = await chain.deploy(v3Periphery('lens/QuoterV2'), [v3Factory, weth])
  const v3Positions = await chain.deploy(v3Periphery('NonfungiblePositionManager'), [v3Factory, weth, zeroAddress])
  // Fee 100 is no part of the factory's constructor; on public chains it was enabled later by vote.
  await chain.submit('deployer', {
    to: v3Factory,
    data: encodeFunctionData({ abi: v3Core('UniswapV3Factory').abi, functionName: 'enableFeeAmount', args: [100, 1] }),
  })
  Object.assign(chain.contracts, {
    'uniswap-v2-factory': v2Factory,
    'uniswap-v2-router': v2Router,
    'uniswap-v3-factory': v3Factory,
    'uniswap-v3-router': v3Router,
    'uniswap-v3-quoter': v3Quoter,
    'uniswap-v3-positions': v3Positions,
  })
}

/** Creates and fills those of the pools that are the chain's, at the given prices. The market maker owns all liquidity. */
export async function fillPools(
  chain: SandboxChain,
  poolPlans: readonly PoolPlan[],
  usd: (asset: string) => number,
): Promise<SandboxPool[]> {
  const keeper = chain.addressOf('market-maker')
  const plans = poolPlans.filter((plan) => plan.chain === chain.key)
  const needs = new Map<string, bigint>()
  const creations = plans.map((plan) => creationOf(chain, plan, usd))
  for (const { symbols, amounts } of creations) {
    symbols.forEach((symbol, side) => needs.set(symbol, (needs.get(symbol) ?? 0n) + (amounts[side] ?? 0n)))
  }
  for (const [symbol, amount] of needs) {
    await fund(chain, symbol, keeper, amount)
    await allow(chain, 'market-maker', symbol, chain.contract('uniswap-v3-positions'))
    await allow(chain, 'market-maker', symbol, chain.contract('uniswap-v2-router'))
  }
  // The market maker's transactions must find the deployer's mined.
  await chain.settle()
  for (const { to, data } of creations) await chain.submit('market-maker', { to, data, gas: deploymentGas })
  return creations.map(({ pool }) => pool)
}

/** Lets a spender take any amount of an account's token. For the sandbox's own accounts only. */
export async function allow(
  chain: SandboxChain,
  alias: 'market-maker' | 'arbitrageur',
  symbol: string,
  spender: Address,
): Promise<void> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, maxUint256] })
  await chain.submit(alias, { to: chain.token(symbol).address, data })
}

interface Creation {
  pool: SandboxPool
  symbols: readonly [string, string]
  amounts: readonly [bigint, bigint]
  to: Address
  data: Hex
}

function creationOf(chain: SandboxChain, plan: PoolPlan, usd: (asset: string) => number): Creation {
  const symbols = [...plan.pair].toSorted((left, right) =>
    BigInt(chain.token(left).address) < BigInt(chain.token(right).address) ? -1 : 1,
  ) as [string, string]
  const [token0, token1] = symbols.map((symbol) => {
    const { address, decimals, asset } = chain.token(symbol)
    return { address, decimals, usd: usd(asset) }
  }) as [PricedToken, PricedToken]
  const fee = feeOf(plan.venue)
  const describe = (kind: WorldPool['kind'], address: Address): SandboxPool => ({
    chain: chain.key,
    kind,
    address,
    token0: token0.address,
    token1: token1.address,
    fee,
    knownTo: [...plan.knownTo],
    plan,
    symbols,
  })
  const depth0 = baseUnitsWorth(plan.depthMillionUsd * 1e6, token0)
  const depth1 = baseUnitsWorth(plan.depthMillionUsd * 1e6, token1)

  if (plan.venue === 'v2') {
    const to = chain.contract('uniswap-v2-router')
    const data = encodeFunctionData({
      abi: v2RouterAbi,
      functionName: 'addLiquidity',
      args: [token0.address, token1.address, depth0, depth1, 0n, 0n, chain.addressOf('market-maker'), noDeadline],
    })
    const pool = describe('uniswap-v2', v2PairAddress(chain, token0.address, token1.address))
    return { pool, symbols, amounts: [depth0, depth1], to, data }
  }

  const price = sqrtPriceX96(pairPrice(token0, token1))
  const spacing = tickSpacing[fee]
  if (spacing === undefined) throw new Error(`Uniswap V3 has no tick spacing for fee ${fee}.`)
  // Depth is that of a pool with these reserves and no bounds, whose liquidity is the root of their product.
  const liquidity = squareRoot(depth0 * depth1)
  const calls: Hex[] = [
    encodeFunctionData({
      abi: positionsAbi,
      functionName: 'createAndInitializePoolIfNecessary',
      args: [token0.address, token1.address, fee, price],
    }),
  ]
  const amounts: [bigint, bigint] = [0n, 0n]
  for (const { share, reach } of fee === 100 ? stablePair : volatilePair) {
    const tickLower = usableTick(price, 1 / reach, spacing)
    const tickUpper = usableTick(price, reach, spacing)
    const { amount0, amount1 } = amountsOfPosition(
      (liquidity * BigInt(Math.round(share * 1000))) / 1000n,
      price,
      sqrtPriceX96AtTick(tickLower),
      sqrtPriceX96AtTick(tickUpper),
    )
    amounts[0] += amount0
    amounts[1] += amount1
    calls.push(
      encodeFunctionData({
        abi: positionsAbi,
        functionName: 'mint',
        args: [
          {
            token0: token0.address,
            token1: token1.address,
            fee,
            tickLower,
            tickUpper,
            amount0Desired: amount0,
            amount1Desired: amount1,
            amount0Min: 0n,
            amount1Min: 0n,
            recipient: chain.addressOf('market-maker'),
            deadline: noDeadline,
          },
        ],
      }),
    )
  }
  const data = encodeFunctionData({ abi: positionsAbi, functionName: 'multicall', args: [calls] })
  const pool = describe('uniswap-v3', v3PoolAddress(chain, token0.address, token1.address, fee))
  return { pool, symbols, amounts, to: chain.contract('uniswap-v3-positions'), data }
}

interface PricedToken {
  address: Address
  decimals: number
  usd: number
}

function v2PairAddress(chain: SandboxChain, token0: Address, token1: Address): Address {
  return getContractAddress({
    opcode: 'CREATE2',
    from: chain.contract('uniswap-v2-factory'),
    salt: keccak256(encodePacked(['address', 'address'], [token0, token1])),
    bytecode: artifact('@uniswap/v2-core/build/UniswapV2Pair.json').bytecode,
  })
}

function v3PoolAddress(chain: SandboxChain, token0: Address, token1: Address, fee: number): Address {
  return getContractAddress({
    opcode: 'CREATE2',
    from: chain.contract('uniswap-v3-factory'),
    salt: keccak256(
      encodeAbiParameters([{ type: 'address' }, { type: 'address' }, { type: 'uint24' }], [token0, token1, fee]),
    ),
    bytecode: v3Core('UniswapV3Pool').bytecode,
  })
}

interface Artifact {
  abi: Abi
  bytecode: Hex
}

function v3Core(name: string): Artifact {
  return artifact(`@uniswap/v3-core/artifacts/contracts/${name}.sol/${name}.json`)
}

function v3Periphery(path: string): Artifact {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return artifact(`@uniswap/v3-periphery/artifacts/contracts/${path}.sol/${name}.json`)
}

function artifact(path: string): Artifact {
  const { abi, bytecode } = require(path) as { abi: Abi; bytecode: string }
  return { abi, bytecode: bytecode.startsWith('0x') ? (bytecode as Hex) : `0x${bytecode}` }
}
