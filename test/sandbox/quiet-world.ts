import {
  encodeFunctionData,
  erc20Abi,
  getAddress,
  parseEther,
  zeroAddress,
  type Address,
  type Hex,
  type TransactionReceipt,
} from 'viem'
import { deployRouters } from '../../sandbox/aggregators/deploy.js'
import { startLifiServer, type LifiServer } from '../../sandbox/aggregators/lifi-server.js'
import { startZeroexServer, type ZeroexServer } from '../../sandbox/aggregators/zeroex-server.js'
import { deployBridges } from '../../sandbox/bridges/deploy.js'
import { startRelayer, type Relayer } from '../../sandbox/bridges/relayer.js'
import type { ChainKey, SandboxChain } from '../../sandbox/chains.js'
import { layGround, startChains } from '../../sandbox/ground.js'
import { PricePath } from '../../sandbox/price-path.js'
import { startPrices } from '../../sandbox/prices.js'
import { fund } from '../../sandbox/tokens.js'
import { baseUnitsWorth } from '../../sandbox/uniswap-math.js'
import type { WorldBridge, WorldPool } from '../../sandbox/world.js'

/** The sandbox without market and arbitrage, so that nothing trades but the test. The test's account is `treasury`. */
export interface QuietWorld {
  chain(key: ChainKey): SandboxChain
  pools: WorldPool[]
  bridges: WorldBridge[]
  relayer: Relayer
  lifi: LifiServer
  zeroex: ZeroexServer
  /** Ends the relayer and starts another one that knows nothing but the chains. */
  restartRelayer(): Promise<void>
  stop(): Promise<void>
}

export async function startQuietWorld(): Promise<QuietWorld> {
  const chains = await startChains(0)
  const prices = new PricePath(1, 'calm')
  const { pools } = await layGround(chains, prices, () => undefined)
  for (const chain of chains) await deployRouters(chain)
  const bridges = await deployBridges(chains)
  for (const chain of chains) await fundTest(chain)
  await Promise.all(chains.map((chain) => chain.settle()))
  await Promise.all(chains.map((chain) => chain.blocks.start()))

  let relayer = await startRelayer({ world: { bridges }, chains, seed: 1 })
  const currentRelayer = {
    promised: (...promise: Parameters<Relayer['promised']>) => relayer.promised(...promise),
    transfers: () => relayer.transfers(),
  }
  const lifi = await startLifiServer({ world: { pools }, chains, relayer: currentRelayer, prices, port: 0 })
  const zeroex = await startZeroexServer({ world: { pools }, chains, prices, port: 0 })
  return {
    chain(key) {
      const chain = chains.find((candidate) => candidate.key === key)
      if (!chain) throw new Error(`No chain ${key}.`)
      return chain
    },
    pools,
    bridges,
    get relayer() {
      return relayer
    },
    lifi,
    zeroex,
    async restartRelayer() {
      await relayer.stop()
      relayer = await startRelayer({ world: { bridges }, chains, seed: 1 })
    },
    async stop() {
      await Promise.all([lifi.stop(), zeroex.stop(), relayer.stop()])
      await Promise.all(chains.map((chain) => chain.stop()))
    },
  }
}

/** 30 M USD of every token and 1,000 ether, whatever the scenarios give to `treasury`. */
async function fundTest(chain: SandboxChain): Promise<void> {
  const treasury = chain.addressOf('treasury')
  await chain.setNativeBalance(treasury, parseEther('1000'))
  for (const [symbol, { asset, decimals }] of Object.entries(chain.tokens)) {
    const usd = startPrices[asset as keyof typeof startPrices]
    await fund(chain, symbol, treasury, baseUnitsWorth(30_000_000, { usd, decimals }))
  }
}

/** A token's address by symbol; the coin's own symbol gives the zero address. */
export function tokenAddress(chain: SandboxChain, symbol: string): Address {
  return symbol === chain.nativeSymbol ? zeroAddress : chain.token(symbol).address
}

export function balanceOf(chain: SandboxChain, symbol: string, owner: Address): Promise<bigint> {
  const address = tokenAddress(chain, symbol)
  if (address === zeroAddress) return chain.publicClient.getBalance({ address: owner })
  return chain.publicClient.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] })
}

/** The chain's coin needs no allowance and has none. */
export async function allowanceOf(
  chain: SandboxChain,
  symbol: string,
  owner: Address,
  spender: Address,
): Promise<bigint> {
  if (symbol === chain.nativeSymbol) return 0n
  return chain.publicClient.readContract({
    address: chain.token(symbol).address,
    abi: erc20Abi,
    functionName: 'allowance',
    args: [owner, spender],
  })
}

const tip = 1_000_000n

/** Sends from `treasury` and mines at once, so that the state is the one quoted. Reverts are returned, not thrown. */
export async function sendNow(
  chain: SandboxChain,
  transaction: { to: string; data: string; value?: bigint; gas: bigint },
): Promise<TransactionReceipt> {
  const { baseFeePerGas } = await chain.publicClient.getBlock()
  const hash = await chain.walletFor('treasury').sendTransaction({
    to: getAddress(transaction.to),
    data: transaction.data as Hex,
    value: transaction.value ?? 0n,
    gas: transaction.gas,
    maxFeePerGas: 2n * (baseFeePerGas ?? 0n) + tip,
    maxPriorityFeePerGas: tip,
  })
  await chain.blocks.mine(1)
  return chain.publicClient.getTransactionReceipt({ hash })
}

export async function approveNow(chain: SandboxChain, symbol: string, spender: string, amount: bigint): Promise<void> {
  const { status } = await sendNow(chain, {
    to: chain.token(symbol).address,
    data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [getAddress(spender), amount] }),
    gas: 100_000n,
  })
  if (status !== 'success') throw new Error(`The approval of ${symbol} on ${chain.key} reverted.`)
}
