import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountAliases } from './accounts.js'
import { deployRouters } from './aggregators/deploy.js'
import { startLifiServer } from './aggregators/lifi-server.js'
import { startZeroexServer } from './aggregators/zeroex-server.js'
import { runArbitrage } from './arbitrage.js'
import { deployBridges } from './bridges/deploy.js'
import { startRelayer } from './bridges/relayer.js'
import type { SandboxChain } from './chains.js'
import { startControlApi } from './control-api.js'
import { createControl, type Control, type Controlled } from './control.js'
import { layGround, startChains, type Ground } from './ground.js'
import { startMarket } from './market.js'
import { type PoolLayout, poolPlansOf } from './pools.js'
import { PricePath } from './price-path.js'
import { startProviders, type Providers } from './providers.js'
import type { ReferencePrices } from './prices.js'
import { startPriceService } from './price-service.js'
import type { ScenarioName } from './scenarios.js'
import { SandboxStartError } from './start-error.js'
import type { SandboxPool } from './uniswap.js'
import type { World, WorldBridge, WorldRouter } from './world.js'

export interface WorldOptions {
  /** Of everything random. */
  seed: number
  scenario: ScenarioName
  /** The first of seventeen consecutive ports; 0 picks free ones. */
  portBase: number
  /** Receives `world.json`; created when missing. */
  dir: string
  /** `default` when absent. */
  pools?: PoolLayout
  /** Providers in front of each chain, from 1 to 3; 3 when absent. */
  endpoints?: number
  onProgress?: (line: string) => void
}

export interface RunningWorld {
  world: World
  chains: SandboxChain[]
  pools: SandboxPool[]
  prices: ReferencePrices
  control: Control
  /** Ends every process, port and loop of the world. May be called more than once. */
  stop(): Promise<void>
}

/** Three nodes, three APIs, the control API, three providers for each node, and the identity provider where one is started. */
export const portsUsed = 17

/** How long loops and servers may take to finish before the chains under them are stopped. */
const stopGraceMs = 1000

/**
 * Starts the whole world. `world.json` appears when everything in it answers. A failure leaves nothing running; one that
 * a person can remove is a `SandboxStartError`.
 */
export async function startWorld(options: WorldOptions): Promise<RunningWorld> {
  const { seed, scenario, portBase, dir, pools = 'default', endpoints = 3, onProgress = () => undefined } = options
  if (!Number.isInteger(portBase) || portBase < 0 || portBase > 65_536 - portsUsed) {
    throw new SandboxStartError(`Expected a port base from 0 to ${65_536 - portsUsed}, came ${portBase}.`)
  }
  const portAt = (offset: number) => (portBase === 0 ? 0 : portBase + offset)
  const file = join(dir, 'world.json')
  await mkdir(dir, { recursive: true })
  await rm(file, { force: true })

  const stops: (() => Promise<void>)[] = []
  const chains = await startChains(portBase)
  let ended: Promise<void> | undefined
  const stop = () => (ended ??= endWorld(stops, chains))

  try {
    onProgress(`${chains.length} chains up`)
    const path = new PricePath(seed, scenario)
    const ground = await layGround(chains, path, onProgress, poolPlansOf(pools))
    const routers = (await Promise.all(chains.map((chain) => deployRouters(chain)))).flat()
    const bridges = await deployBridges(chains)
    await Promise.all(chains.map((chain) => chain.settle()))
    onProgress('routers and bridges deployed')

    await Promise.all(chains.map((chain) => chain.blocks.start()))
    const priceService = await startPriceService(path, seed, portAt(5))
    stops.push(() => priceService.stop())
    const relayer = await startRelayer({ world: { bridges }, chains, seed })
    stops.push(() => relayer.stop())
    const lifi = await startLifiServer({ world: ground, chains, relayer, prices: path, port: portAt(3) })
    stops.push(() => lifi.stop())
    const zeroex = await startZeroexServer({ world: ground, chains, prices: path, port: portAt(4) })
    stops.push(() => zeroex.stop())

    const providers = await startProviders(chains, endpoints, (place) => portAt(7 + place))
    stops.push(() => providers.stop())

    const market = startMarket(path, ground.feeds)
    stops.push(() => market.stop())
    const controlled: Controlled = {
      chains,
      path,
      market,
      feeds: ground.feeds,
      bridges: relayer.control,
      providers,
      apis: { lifi, zeroex, prices: priceService },
    }
    const control = createControl(controlled)
    const controlApi = await startControlApi(control, controlled, portAt(6))
    stops.push(() => controlApi.stop())
    onProgress('aggregators, bridges, price service and control API answer')

    const arbitrage = new AbortController()
    const bots = chains.map((chain) =>
      runArbitrage(
        chain,
        ground.pools.filter((pool) => pool.chain === chain.key),
        path,
        arbitrage.signal,
      ),
    )
    stops.push(async () => {
      arbitrage.abort()
      await Promise.all(bots)
    })

    const world = describeWorld(options, ground, routers, bridges, providers, {
      lifi: { url: lifi.url },
      zeroex: { trpcUrl: zeroex.trpcUrl, restUrl: zeroex.restUrl },
      prices: { url: priceService.url },
      control: { url: controlApi.url },
    })
    await writeFile(`${file}.draft`, `${JSON.stringify(world, null, 2)}\n`)
    await rename(`${file}.draft`, file)
    return { world, chains, pools: ground.pools, prices: path, control, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What waits for a transaction of a chain that makes no blocks ends only with the chain, so the wait has a limit. */
async function endWorld(stops: readonly (() => Promise<void>)[], chains: readonly SandboxChain[]): Promise<void> {
  const loops = Promise.allSettled(stops.map((stop) => stop()))
  await Promise.race([loops, sleep(stopGraceMs, undefined, { ref: false })])
  await Promise.allSettled(chains.map((chain) => chain.stop()))
  await Promise.race([loops, sleep(stopGraceMs, undefined, { ref: false })])
}

function describeWorld(
  { seed, scenario }: WorldOptions,
  { chains, pools, feeds }: Ground,
  routers: WorldRouter[],
  bridges: WorldBridge[],
  providers: Providers,
  apis: World['apis'],
): World {
  const [anyChain] = chains
  if (!anyChain) throw new Error('A world needs a chain.')
  return {
    seed,
    scenario,
    chains: chains.map((chain) => ({
      key: chain.key,
      chainId: chain.chainId,
      rpcUrl: chain.rpcUrl,
      rpcUrls: providers.urlsOf(chain.key),
      nativeSymbol: chain.nativeSymbol,
      blockTimeSeconds: chain.blockTimeSeconds,
      multicall: chain.contract('multicall3'),
      ...(chain.isLayer2 && { sequencerFeed: chain.contract('sequencer-feed') }),
    })),
    tokens: chains.flatMap((chain) =>
      Object.entries(chain.tokens).map(([symbol, { asset, address, decimals }]) => ({
        chain: chain.key,
        asset,
        symbol,
        address,
        decimals,
      })),
    ),
    feeds: feeds.described,
    pools: pools.map(({ chain, kind, address, token0, token1, fee, knownTo }) => ({
      chain,
      kind,
      address,
      token0,
      token1,
      fee,
      knownTo,
    })),
    apis,
    bridges,
    accounts: accountAliases.map((alias) => ({ alias, address: anyChain.addressOf(alias) })),
    routers,
  }
}
