import type { ChainKey, SandboxChain } from './chains.js'
import { providerNames, type ProviderName, type RpcFault } from './rpc-faults.js'
import { startRpcProxy, type RunningRpcProxy } from './rpc-proxy.js'

/** The providers in front of every chain's node. */
export interface Providers {
  /** Addresses of a chain's providers, in the order of their names. */
  urlsOf(chain: ChainKey): string[]
  names: readonly ProviderName[]
  /** In place of all earlier faults of one provider. */
  set(chain: ChainKey, provider: ProviderName, faults: readonly RpcFault[]): void
  current(chain: ChainKey, provider: ProviderName): readonly RpcFault[]
  stop(): Promise<void>
}

/** Starts the first `count` providers of each chain. `portOf` gives the port of one by its place, from 0. */
export async function startProviders(
  chains: readonly Pick<SandboxChain, 'key' | 'rpcUrl'>[],
  count: number,
  portOf: (place: number) => number,
): Promise<Providers> {
  const names = providerNames.slice(0, count)
  const proxies = new Map<string, RunningRpcProxy>()
  const stop = async () => {
    await Promise.all([...proxies.values()].map((proxy) => proxy.stop()))
  }
  const proxyOf = (chain: ChainKey, provider: ProviderName): RunningRpcProxy => {
    const proxy = proxies.get(`${chain} ${provider}`)
    if (!proxy) throw new Error(`Chain ${chain} has no provider ${provider}; it has ${names.join(', ')}.`)
    return proxy
  }
  try {
    for (const [index, { key, rpcUrl }] of chains.entries())
      for (const [rank, name] of names.entries()) {
        const port = portOf(index * providerNames.length + rank)
        proxies.set(`${key} ${name}`, await startRpcProxy({ name: `${name} of ${key}`, target: rpcUrl, port }))
      }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    urlsOf: (chain) => names.map((name) => proxyOf(chain, name).url),
    names,
    set: (chain, provider, faults) => proxyOf(chain, provider).faults.set(faults),
    current: (chain, provider) => proxyOf(chain, provider).faults.current(),
    stop,
  }
}
