import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { parse, stringify } from 'yaml'
import { deployRouters } from '../../sandbox/aggregators/deploy.js'
import { startLifiServer } from '../../sandbox/aggregators/lifi-server.js'
import { deployBridges } from '../../sandbox/bridges/deploy.js'
import { type Relayer, startRelayer } from '../../sandbox/bridges/relayer.js'
import { type ChainKey, chainTraits, type SandboxChain, startChain } from '../../sandbox/chains.js'
import { writeDaemonConfig } from '../../sandbox/daemon-config.js'
import { layGround } from '../../sandbox/ground.js'
import { startMarket } from '../../sandbox/market.js'
import { poolPlans } from '../../sandbox/pools.js'
import { PricePath } from '../../sandbox/price-path.js'
import { startPriceService } from '../../sandbox/price-service.js'
import { startHoldings } from '../../sandbox/scenarios.js'
import type { World } from '../../sandbox/world.js'
import type { EditableConfig } from '../support/sandbox-world.js'
import { type Endpoint, startEndpoint } from './endpoint.js'

/** A small sandbox that stays the same for many runs: two chains in a hurry, one aggregator, its bridges, still prices. */
export interface MatrixWorld {
  readonly dir: string
  /** The nodes themselves, for the checker. */
  readonly world: World
  readonly chains: readonly [home: SandboxChain, away: SandboxChain]
  readonly prices: PricePath
  readonly relayer: Relayer
  /** The configuration of a daemon that reaches the chains through endpoints which can be taken away. */
  readonly config: string
  /** The n-th endpoint of every chain. */
  readonly setEndpoint: (index: number, isUp: boolean) => void
  /** As a multiple of what it is at the start. */
  readonly setBaseFees: (factor: bigint) => Promise<void>
  readonly setBlocks: (running: boolean) => Promise<void>
  /** Writes every price feed anew: a reorganisation takes the last round with it, and a chain that stands gets none. */
  readonly refreshFeeds: () => Promise<void>
  /** Gives the treasury the coin it began with: the trades of many runs would use it up. */
  readonly refillCoin: () => Promise<void>
  /** One block on every chain. */
  readonly mine: () => Promise<void>
  /** Replaces the newest blocks of every chain that are not final yet, without the transactions in them. */
  readonly reorganise: () => Promise<void>
  readonly stop: () => Promise<void>
}

const chainKeys = ['anchor', 'bay'] as const satisfies readonly ChainKey[]
const blockTimeSeconds = 0.3
const baseFeePerGas = 1_000_000_000n
/** Sandbox accounts pay whatever the base fee rises to. */
const sandboxFeePerGas = 8n * baseFeePerGas
/** Of the sandbox's own transactions; small, so that it is the base fee that decides what is mined. */
const priorityFeePerGas = 1_000_000n
const endpointsPerChain = 3
const symbols = ['WETH', 'USDC', 'USDT']
/** Blocks from the head on that a node of the sandbox does not call final. */
const openBlocks = 2

export async function startMatrixWorld(): Promise<MatrixWorld> {
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const end of stops.toReversed()) await end().catch(() => undefined)
  }
  const stopLater = <T extends { stop: () => Promise<void> }>(one: T): T => {
    stops.push(() => one.stop())
    return one
  }
  try {
    const dir = await mkdtemp(join(tmpdir(), 'evenkeel-matrix-'))
    stops.push(() => rm(dir, { recursive: true, force: true }))
    const fees = { baseFeePerGas: sandboxFeePerGas, priorityFeePerGas }
    const start = async (key: ChainKey) =>
      stopLater(await startChain({ ...chainTraits[key], ...fees, blockTimeSeconds, isLayer2: false }, 0))
    const chains = [await start(chainKeys[0]), await start(chainKeys[1])] as const
    const path = new PricePath(1, 'calm')
    const plans = poolPlans.filter(({ pair, venue }) => pair.join('/') === 'WETH/USDC' && venue === 'v3-500')
    const ground = await layGround([...chains], path, () => undefined, plans)
    const routers = (await Promise.all(chains.map((chain) => deployRouters(chain)))).flat()
    const bridges = await deployBridges([...chains])
    await Promise.all(chains.map((chain) => chain.settle()))
    await Promise.all(chains.map((chain) => chain.blocks.start()))
    await Promise.all(chains.map((chain) => chain.blocks.setBaseFee(baseFeePerGas)))

    const prices = stopLater(await startPriceService(path, 1, 0))
    const relayer = stopLater(await startRelayer({ world: { bridges }, chains: [...chains], seed: 1 }))
    const lifi = stopLater(
      await startLifiServer({ world: ground, chains: [...chains], relayer, prices: path, port: 0 }),
    )
    const market = stopLater(startMarket(path, ground.feeds))
    market.setPathRunning(false)

    const endpoints = new Map<string, Endpoint[]>()
    for (const { key, rpcUrl } of chains) {
      const own: Endpoint[] = []
      for (let index = 0; index < endpointsPerChain; index++) own.push(stopLater(await startEndpoint(rpcUrl)))
      endpoints.set(key, own)
    }
    const world = describe(chains, endpoints, ground, bridges, routers, { lifi: lifi.url, prices: prices.url })
    const config = await writeConfig(join(dir, 'evenkeel.yaml'), world)
    const onAll = async (act: (chain: SandboxChain) => Promise<void>) => {
      await Promise.all(chains.map(act))
    }
    return {
      dir,
      world,
      chains,
      prices: path,
      relayer,
      config,
      setEndpoint(index, isUp) {
        for (const own of endpoints.values()) own[index]!.setUp(isUp)
      },
      setBaseFees: (factor) => onAll(({ blocks }) => blocks.setBaseFee(baseFeePerGas * factor)),
      setBlocks: (running) =>
        onAll(async ({ blocks }) => {
          blocks.setRunning(running)
          await blocks.idle()
        }),
      async refreshFeeds() {
        for (const { chain, asset } of world.feeds) ground.feeds.setFrozen(chain as ChainKey, asset, false)
        await ground.feeds.push()
        await onAll(({ blocks }) => blocks.mine(1))
      },
      refillCoin: () =>
        onAll(async (chain) => {
          const coin = parseEther(String(startHoldings[chain.key].native))
          await chain.setNativeBalance(chain.addressOf('treasury'), coin)
          // What is final has to show it as well.
          await chain.blocks.mine(openBlocks + 1)
        }),
      mine: () => onAll(({ blocks }) => blocks.mine(1)),
      reorganise: () =>
        onAll(async ({ blocks, publicClient }) => {
          const wasRunning = blocks.isRunning()
          blocks.setRunning(false)
          await blocks.idle()
          await publicClient.request<{ Method: 'anvil_reorg'; Parameters: [number, []]; ReturnType: null }>({
            method: 'anvil_reorg',
            params: [openBlocks, []],
          })
          blocks.setRunning(wasRunning)
        }),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function describe(
  chains: readonly SandboxChain[],
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
  { pools, feeds }: Awaited<ReturnType<typeof layGround>>,
  bridges: World['bridges'],
  routers: World['routers'],
  urls: { lifi: string; prices: string },
): World {
  const tokens = chains.flatMap((chain) =>
    symbols.map((symbol) => ({ chain: chain.key, symbol, ...chain.token(symbol) })),
  )
  const assets = new Set(tokens.map(({ asset }) => asset))
  return {
    seed: 1,
    scenario: 'calm',
    chains: chains.map((chain) => ({
      key: chain.key,
      chainId: chain.chainId,
      rpcUrl: chain.rpcUrl,
      rpcUrls: endpoints.get(chain.key)!.map(({ url }) => url),
      nativeSymbol: chain.nativeSymbol,
      blockTimeSeconds: chain.blockTimeSeconds,
      multicall: chain.contract('multicall3'),
    })),
    tokens,
    feeds: feeds.described.filter(({ asset }) => assets.has(asset)),
    pools,
    apis: {
      lifi: { url: urls.lifi },
      zeroex: { trpcUrl: urls.lifi, restUrl: urls.lifi },
      prices: { url: urls.prices },
      control: { url: urls.prices },
    },
    bridges,
    accounts: [{ alias: 'treasury', address: chains[0]!.addressOf('treasury') }],
    routers,
  }
}

/** The sandbox's configuration, made quick, of a portfolio that is on target by far and so never trades by itself. */
async function writeConfig(file: string, world: World): Promise<string> {
  await writeDaemonConfig(world, file, { adminPort: 0, metricsPort: 0, schedule: '*/3 * * * * *' })
  const config = parse(await readFile(file, 'utf8')) as EditableConfig
  delete config.venues['zeroex']
  config.lease = { ttlSeconds: 2.5, renewSeconds: 0.4, selfFenceSeconds: 1.8 }
  config.execution = {
    ...config.execution,
    pollMs: 100,
    transferPollSeconds: 0.2,
    resendSeconds: 1,
    replaceSeconds: 1,
    reconcileSeconds: 1,
  }
  for (const chain of Object.values(config.chains)) chain.priorityFeeGwei = '0.001'
  for (const bridge of Object.values(config.bridges)) bridge.quietSeconds = 1
  const [portfolio] = Object.values(config.portfolios)
  const weights: Record<string, string> = { ETH: '0.4', USDC: '0.4', USDT: '0.2' }
  portfolio!.targets = Object.fromEntries(
    Object.entries(weights).map(([asset, weight]) => [asset, { weight, band: { absolute: '0.99' } }]),
  )
  await writeFile(file, stringify(config))
  return file
}
