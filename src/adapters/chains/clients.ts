import { createConfig, getPublicClient } from '@wagmi/core'
import { type Chain, defineChain, type PublicClient } from 'viem'
import type { Address, ChainKey } from '../../domain/assets.js'
import { endpointTransport, type TransportAnswer } from './endpoint-transport.js'

export interface EndpointOptions {
  /** Name in messages, logs and metrics, in place of the address. */
  readonly name: string
  readonly url: string
}

export interface ChainOptions {
  readonly key: ChainKey
  readonly chainId: number
  /** At least one; names differ within a chain. */
  readonly endpoints: readonly EndpointOptions[]
  /** Endpoints that have to agree. */
  readonly quorum: number
  readonly nativeSymbol: string
  readonly nativeDecimals: number
  readonly multicall: Address
  readonly blockTimeSeconds: number
  /** `finalized` follows the node's tag; a number is a depth in blocks below the head. */
  readonly finality: 'finalized' | number
  /** Least wei per gas offered above the base fee. */
  readonly priorityFee: bigint
}

/** One endpoint of one chain. */
export interface Endpoint {
  readonly chain: ChainKey
  readonly name: string
  readonly client: PublicClient
}

export interface ClientsOptions {
  /** For one whole answer. */
  readonly timeoutMs?: number
  readonly onAnswer?: (chain: ChainKey, endpoint: string, answer: TransportAnswer) => void
}

/**
 * One client per endpoint. The first endpoints of all chains share one multi-chain configuration, so do the second ones,
 * and so on. A request goes to the one endpoint it is made to and is not repeated.
 */
export class Clients {
  private readonly options: ReadonlyMap<ChainKey, ChainOptions>
  private readonly endpoints: ReadonlyMap<ChainKey, readonly Endpoint[]>

  constructor(chains: readonly ChainOptions[], { timeoutMs = 8_000, onAnswer = () => undefined }: ClientsOptions = {}) {
    if (chains.length === 0) throw new Error('No chain is configured: name at least one under chains.')
    this.options = new Map(chains.map((chain) => [chain.key, chain]))
    const found = new Map<ChainKey, Endpoint[]>(chains.map(({ key }) => [key, []]))
    const ranks = Math.max(...chains.map(({ endpoints }) => endpoints.length))
    for (let rank = 0; rank < ranks; rank++) {
      const served = chains.flatMap((chain) => {
        const endpoint = chain.endpoints[rank]
        return endpoint ? [{ chain, endpoint }] : []
      })
      const [first, ...rest] = served.map(({ chain, endpoint }) => describe(chain, endpoint))
      const config = createConfig({
        chains: [first!, ...rest],
        transports: Object.fromEntries(
          served.map(({ chain: { key, chainId }, endpoint }) => [
            chainId,
            endpointTransport({
              ...endpoint,
              timeoutMs,
              onAnswer: (answer) => onAnswer(key, endpoint.name, answer),
            }),
          ]),
        ),
        storage: null,
        multiInjectedProviderDiscovery: false,
      })
      for (const { chain, endpoint } of served)
        found.get(chain.key)!.push({
          chain: chain.key,
          name: endpoint.name,
          // Kept, because asking the configuration builds a client anew each time.
          client: getPublicClient(config, { chainId: chain.chainId }) as PublicClient,
        })
    }
    this.endpoints = found
  }

  /** In the order of the configuration. */
  of(chain: ChainKey): readonly Endpoint[] {
    const endpoints = this.endpoints.get(chain)
    if (!endpoints) throw new Error(`Chain ${chain} is not configured.`)
    return endpoints
  }

  chain(chain: ChainKey): ChainOptions {
    const options = this.options.get(chain)
    if (!options) throw new Error(`Chain ${chain} is not configured.`)
    return options
  }

  keys(): readonly ChainKey[] {
    return [...this.options.keys()]
  }
}

function describe(chain: ChainOptions, endpoint: EndpointOptions): Chain {
  return defineChain({
    id: chain.chainId,
    name: chain.key,
    blockTime: chain.blockTimeSeconds * 1000,
    nativeCurrency: { name: chain.nativeSymbol, symbol: chain.nativeSymbol, decimals: chain.nativeDecimals },
    rpcUrls: { default: { http: [endpoint.url] } },
    contracts: { multicall3: { address: chain.multicall } },
  })
}
