import type { ChainKey, SandboxChain } from './chains.js'
import type {
  ApiName,
  BridgeBehaviour,
  BridgeControl,
  Fault,
  FaultSwitch,
  RecordedRequest,
  RequestRecorder,
} from './faults.js'
import type { Feeds } from './feeds.js'
import type { Market } from './market.js'
import type { PricePath } from './price-path.js'
import type { Providers } from './providers.js'
import { assets, isAsset, type AssetSymbol } from './prices.js'
import type { ProviderName, RpcFault } from './rpc-faults.js'

/** What the world lets others do to it, in process and over HTTP alike. */
export interface Control {
  /** Makes reference prices these, in USD; feeds are written before this resolves. */
  setPrices(prices: Partial<Record<AssetSymbol, number>>): Promise<void>
  setPathRunning(running: boolean): void
  startScenario(): void
  setMining(chain: ChainKey, running: boolean): Promise<void>
  mine(chain: ChainKey, blocks: number): Promise<void>
  setFeed(chain: ChainKey, asset: AssetSymbol, change: FeedChange): Promise<void>
  setSequencer(chain: ChainKey, up: boolean, startedAt?: number): Promise<void>
  setFault(api: ApiName, fault: Fault | null): void
  setBridge(bridge: string, behaviour: BridgeBehaviour): void
  /** In place of all earlier faults of one provider of a chain; none makes it honest. */
  setRpc(chain: ChainKey, provider: ProviderName, faults: readonly RpcFault[]): void
  requests(api: ApiName): RecordedRequest[]
  state(): Promise<ControlState>
}

export type FeedChange =
  | { frozen: boolean }
  /** In USD; the feed is frozen at it. `updatedAt` is Unix seconds; without it, the block's time. */
  | { answer: number; updatedAt?: number | undefined }

export interface ControlState {
  tick: number
  pathRunning: boolean
  scenarioStarted: boolean
  prices: Record<string, number>
  chains: Record<string, { mining: boolean; block: string }>
  frozenFeeds: { chain: string; asset: string }[]
  faults: Record<ApiName, Fault | null>
  bridges: Record<string, BridgeBehaviour>
  /** Of providers that misbehave. */
  rpc: { chain: string; provider: string; faults: readonly RpcFault[] }[]
}

export interface Controlled {
  chains: readonly SandboxChain[]
  path: PricePath
  market: Market
  feeds: Feeds
  bridges: BridgeControl
  providers: Providers
  apis: Record<ApiName, { faults: FaultSwitch; requests: RequestRecorder }>
}

export function createControl({ chains, path, market, feeds, bridges, providers, apis }: Controlled): Control {
  const chainOf = (key: ChainKey): SandboxChain => {
    const chain = chains.find((candidate) => candidate.key === key)
    if (!chain) throw new Error(`There is no chain ${key}.`)
    return chain
  }
  return {
    async setPrices(prices) {
      for (const [asset, usd] of Object.entries(prices)) if (isAsset(asset)) path.jump(asset, usd)
      await feeds.push()
    },
    setPathRunning: (running) => market.setPathRunning(running),
    startScenario: () => path.startScenario(),
    async setMining(key, running) {
      chainOf(key).blocks.setRunning(running)
      await chainOf(key).blocks.idle()
    },
    mine: (key, blocks) => chainOf(key).blocks.mine(blocks),
    async setFeed(key, asset, change) {
      if ('answer' in change) return feeds.write(key, asset, change.answer, change.updatedAt)
      feeds.setFrozen(key, asset, change.frozen)
      await feeds.push()
    },
    setSequencer: (key, up, startedAt) => feeds.setSequencer(key, up, startedAt),
    setFault: (api, fault) => apis[api].faults.set(fault),
    setBridge: (bridge, behaviour) => bridges.set(bridge, behaviour),
    setRpc: (chain, provider, faults) => providers.set(chain, provider, faults),
    requests: (api) => apis[api].requests.all(),
    async state() {
      const blocks = await Promise.all(
        chains.map(async (chain) => {
          const block = await chain.publicClient.getBlockNumber()
          return [chain.key, { mining: chain.blocks.isRunning(), block: String(block) }] as const
        }),
      )
      return {
        tick: path.tick,
        pathRunning: market.isPathRunning(),
        scenarioStarted: path.isScenarioStarted,
        prices: Object.fromEntries(assets.map((asset) => [asset, path.usd(asset)])),
        chains: Object.fromEntries(blocks),
        frozenFeeds: feeds.described
          .filter(({ chain, asset }) => feeds.isFrozen(chain as ChainKey, asset))
          .map(({ chain, asset }) => ({ chain, asset })),
        faults: {
          lifi: apis.lifi.faults.current(),
          zeroex: apis.zeroex.faults.current(),
          prices: apis.prices.faults.current(),
        },
        rpc: chains.flatMap(({ key }) =>
          providers.names.flatMap((provider) => {
            const faults = providers.current(key, provider)
            return faults.length > 0 ? [{ chain: key, provider, faults }] : []
          }),
        ),
        bridges: Object.fromEntries(bridges.keys().map((key) => [key, bridges.current(key)])),
      }
    },
  }
}
