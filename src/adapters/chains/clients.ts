import { createConfig, getPublicClient } from '@wagmi/core'
import { defineChain, http, type PublicClient } from 'viem'
import type { Address, ChainKey } from '../../domain/assets.js'

export interface ChainOptions {
  readonly key: ChainKey
  readonly chainId: number
  readonly rpcUrl: string
  readonly nativeSymbol: string
  readonly nativeDecimals: number
  readonly multicall: Address
  readonly blockTimeSeconds: number
  /** `finalized` follows the node's tag; a number is a depth in blocks below the head. */
  readonly finality: 'finalized' | number
  /** Wei per gas offered above the base fee. */
  readonly priorityFee: bigint
}

/** One client per chain over one multi-chain configuration. Redirects are refused; a request that fails is not repeated. */
export class Clients {
  private readonly config
  private readonly options: ReadonlyMap<ChainKey, ChainOptions>

  constructor(chains: readonly ChainOptions[], timeoutMs = 8_000) {
    this.options = new Map(chains.map((chain) => [chain.key, chain]))
    const [first, ...rest] = chains.map((chain) =>
      defineChain({
        id: chain.chainId,
        name: chain.key,
        blockTime: chain.blockTimeSeconds * 1000,
        nativeCurrency: { name: chain.nativeSymbol, symbol: chain.nativeSymbol, decimals: chain.nativeDecimals },
        rpcUrls: { default: { http: [chain.rpcUrl] } },
        contracts: { multicall3: { address: chain.multicall } },
      }),
    )
    if (!first) throw new Error('No chain is configured: name at least one under chains.')
    this.config = createConfig({
      chains: [first, ...rest],
      transports: Object.fromEntries(
        chains.map(({ chainId, rpcUrl }) => [
          chainId,
          http(rpcUrl, { retryCount: 0, timeout: timeoutMs, fetchOptions: { redirect: 'error' } }),
        ]),
      ),
      storage: null,
      multiInjectedProviderDiscovery: false,
    })
  }

  of(chain: ChainKey): PublicClient {
    return getPublicClient(this.config, { chainId: this.chain(chain).chainId }) as PublicClient
  }

  chain(chain: ChainKey): ChainOptions {
    const options = this.options.get(chain)
    if (!options) throw new Error(`Chain ${chain} is not configured.`)
    return options
  }

  keyOf(chainId: number): ChainKey | undefined {
    for (const { key, chainId: id } of this.options.values()) if (id === chainId) return key
    return undefined
  }
}
