/**
 * The shape of `world.json`, the one file in which the sandbox describes itself to other tools. Other tools
 * may read it; nothing in the daemon does.
 */
export interface World {
  /** Seed of everything random in this world. */
  seed: number
  scenario: string
  chains: WorldChain[]
  tokens: WorldToken[]
  feeds: WorldFeed[]
  pools: WorldPool[]
  apis: {
    /** Ends in the version, as the SDK's `apiUrl` does: paths such as `/quote` follow it directly. */
    lifi: { url: string }
    zeroex: { trpcUrl: string; restUrl: string }
    /** Without a path: `/v1/prices?assets=ETH,BTC` follows it. */
    prices: { url: string }
    control: { url: string }
  }
  bridges: WorldBridge[]
  /** `treasury` is the portfolio's account. Private keys are the well-known development ones and stay out of this file. */
  accounts: { alias: string; address: Hex }[]
  routers: WorldRouter[]
}

export type Hex = `0x${string}`

export interface WorldChain {
  key: string
  chainId: number
  /** Of the node itself. */
  rpcUrl: string
  /** Of the providers in front of it: what the daemon is given. */
  rpcUrls: string[]
  nativeSymbol: string
  blockTimeSeconds: number
  multicall: Hex
  /** L2s only: Chainlink-style uptime feed; answer 0 means up. */
  sequencerFeed?: Hex
}

export interface WorldToken {
  chain: string
  asset: string
  symbol: string
  address: Hex
  decimals: number
}

export interface WorldFeed {
  chain: string
  asset: string
  address: Hex
  decimals: number
  heartbeatSeconds: number
}

export interface WorldPool {
  chain: string
  kind: 'uniswap-v2' | 'uniswap-v3'
  address: Hex
  token0: Hex
  token1: Hex
  /** Hundredths of a basis point, as Uniswap writes it: 3000 is 0.30 %. */
  fee: number
  /** The aggregators that route over it. */
  knownTo: ('lifi' | 'zeroex')[]
}

export interface WorldBridge {
  key: string
  chain: string
  address: Hex
}

export interface WorldRouter {
  chain: string
  /** `lifi-diamond`: spender and target of LI.FI; `allowance-holder`: spender and target of 0x; the rest are what those call. */
  kind:
    'lifi-diamond' | 'allowance-holder' | 'settler' | 'uniswap-v2-router' | 'uniswap-v3-router' | 'uniswap-v3-quoter'
  address: Hex
}
