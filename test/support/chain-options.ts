import type { ChainOptions } from '../../src/adapters/chains/clients.js'
import { type Address, NATIVE } from '../../src/domain/assets.js'

/** Options of a sandbox chain behind these addresses; with two or more, two have to agree. */
export function chainOptions(
  chain: { key: string; chainId: number; blockTimeSeconds: number },
  urls: readonly string[],
  multicall: Address = NATIVE,
): ChainOptions {
  return {
    key: chain.key,
    chainId: chain.chainId,
    endpoints: urls.map((url, index) => ({ name: ['amber', 'birch', 'cedar'][index] ?? `endpoint-${index}`, url })),
    quorum: Math.min(2, urls.length),
    nativeSymbol: 'ETH',
    nativeDecimals: 18,
    multicall,
    blockTimeSeconds: chain.blockTimeSeconds,
    finality: 'finalized',
    priorityFee: 0n,
  }
}
