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
  /** Kept, because asking the configuration builds a client anew each time. */
  private readonly clients = new Map<ChainKey, PublicClient>()
  private readonly verified = new Set<ChainKey>()
  private readonly floors = new Map<ChainKey, bigint>()

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
    const known = this.clients.get(chain)
    if (known) return known
    const client = getPublicClient(this.config, { chainId: this.chain(chain).chainId }) as PublicClient
    this.clients.set(chain, client)
    return client
  }

  /** Rejects when the endpoint serves another chain than configured; once it has shown the right one it is believed. */
  async verify(chain: ChainKey): Promise<void> {
    if (this.verified.has(chain)) return
    const { chainId: expected } = this.chain(chain)
    const found = await this.of(chain).getChainId()
    if (found !== expected)
      throw new Error(
        `expected chain id ${expected}, the endpoint serves ${found}; correct chains.${chain}.rpc or chainId.`,
      )
    this.verified.add(chain)
  }

  isVerified(chain: ChainKey): boolean {
    return this.verified.has(chain)
  }

  /** Remembers the highest block in which one of our transactions was seen. */
  noteInclusion(chain: ChainKey, block: bigint): void {
    if (block > this.floorOf(chain)) this.floors.set(chain, block)
  }

  /** No answer from below this block is believed: it would not know our latest transaction. */
  floorOf(chain: ChainKey): bigint {
    return this.floors.get(chain) ?? 0n
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
