import { bridgeTerms } from '../bridges/terms.js'
import type { SandboxChain } from '../chains.js'
import { findChain } from './find-chain.js'
import { findToken, listedTokens, nativeOf, type ReferencePrices } from './listed-token.js'
import { exchangeTools } from './lifi-offer.js'
import { wireToken, wireTool } from './lifi-step.js'

/** Plain approvals only: no permit2 proxy is announced, as the sandbox has none. */
export function wireChain(prices: ReferencePrices, chain: SandboxChain) {
  const name = `Sandbox ${chain.key}`
  return {
    key: chain.key,
    chainType: 'EVM',
    name,
    coin: chain.nativeSymbol,
    id: chain.chainId,
    mainnet: true,
    logoURI: '',
    multicallAddress: chain.contract('multicall3'),
    diamondAddress: chain.contract('lifi-diamond'),
    metamask: {
      chainId: `0x${chain.chainId.toString(16)}`,
      chainName: name,
      nativeCurrency: { name: chain.nativeSymbol, symbol: chain.nativeSymbol, decimals: 18 },
      rpcUrls: [chain.rpcUrl],
      blockExplorerUrls: ['about:blank'],
    },
    nativeToken: wireToken(prices, nativeOf(chain)),
  }
}

export function wireTools(chains: SandboxChain[]) {
  const supportedChains = chains.map(({ chainId }) => chainId)
  const crossings = supportedChains.flatMap((fromChainId) =>
    supportedChains.filter((toChainId) => toChainId !== fromChainId).map((toChainId) => ({ fromChainId, toChainId })),
  )
  return {
    exchanges: Object.values(exchangeTools).map(({ key, name }) => ({ ...wireTool(key, name), supportedChains })),
    bridges: bridgeTerms.map(({ key, name }) => ({ ...wireTool(key, name), supportedChains: crossings })),
  }
}

/** The chains named in a comma list, or all. */
export function chosenChains(chains: SandboxChain[], query: URLSearchParams): SandboxChain[] {
  const names = query.get('chains')?.split(',')
  return names ? chains.filter((chain) => names.some((name) => findChain([chain], name))) : chains
}

export function connections(chains: SandboxChain[], query: URLSearchParams) {
  const isWanted = (side: 'fromChain' | 'toChain', chain: SandboxChain) => {
    const name = query.get(side)
    return !name || findChain([chain], name) !== undefined
  }
  const reach = (from: SandboxChain, to: SandboxChain) => ({
    fromChainId: from.chainId,
    toChainId: to.chainId,
    fromTokens: chosenTokens(from, query.get('fromToken')),
    toTokens: chosenTokens(to, query.get('toToken')).filter(
      ({ symbol }) => from === to || (from.tokens[symbol] && to.tokens[symbol]),
    ),
  })
  const bare = (tokens: { address: string }[], { chainId }: SandboxChain) =>
    tokens.map(({ address }) => ({ address, chainId }))
  return chains
    .filter((from) => isWanted('fromChain', from))
    .flatMap((from) => chains.filter((to) => isWanted('toChain', to)).map((to) => ({ from, to, ...reach(from, to) })))
    .filter(({ fromTokens, toTokens }) => fromTokens.length > 0 && toTokens.length > 0)
    .map(({ from, to, fromTokens, toTokens, ...ids }) => ({
      ...ids,
      fromTokens: bare(fromTokens, from),
      toTokens: bare(toTokens, to),
    }))
}

function chosenTokens(chain: SandboxChain, name: string | null) {
  return listedTokens(chain).filter((token) => !name || findToken(chain, name)?.address === token.address)
}
