import { addressOf } from './builders.js'

/** The smallest configuration document that is valid, as a new object each time. */
export function minimalConfig() {
  const contracts = { targets: [addressOf(0xf1)], spenders: [addressOf(0xf1)] }
  return {
    signer: { kind: 'development', index: 0 } as object,
    lease: { ttlSeconds: 15, renewSeconds: 5, selfFenceSeconds: 10 },
    chains: {
      alpha: {
        chainId: 9_710_001,
        rpc: ['http://127.0.0.1:8545'],
        native: { symbol: 'ETH', asset: 'ETH', decimals: 18 },
        multicall: addressOf(0xca11) as string,
        blockTimeSeconds: 2,
        gasReserve: '0.5',
        hub: 'USDC',
      },
    } as Record<string, Record<string, unknown>>,
    assets: {
      ETH: { class: 'major', tokens: [{ chain: 'alpha', symbol: 'WETH', address: addressOf(0xe1), decimals: 18 }] },
      USD: { class: 'stable', tokens: [{ chain: 'alpha', symbol: 'USDC', address: addressOf(0xc1), decimals: 6 }] },
    } as Record<string, { class: string; hub?: string; tokens: Record<string, unknown>[] }>,
    prices: {
      feeds: {
        ETH: { chain: 'alpha', address: addressOf(0xfe1), decimals: 8, heartbeatSeconds: 3_600 },
        USD: { chain: 'alpha', address: addressOf(0xfe2), decimals: 8, heartbeatSeconds: 86_400 },
      } as Record<string, object>,
      http: [{ name: 'reference', url: 'http://127.0.0.1:9000' }],
      quorum: 2,
      bounds: { ETH: { minimum: '300', maximum: '30000' }, USD: { minimum: '0.8', maximum: '1.2' } } as Record<
        string,
        object
      >,
    },
    venues: {
      zeroex: { kind: 'zeroex', url: 'http://127.0.0.1:9001', allowed: { alpha: contracts } as Record<string, object> },
    },
    portfolios: {
      core: {
        mode: 'dry-run',
        account: { alias: 'treasury', address: addressOf(0xacc) },
        schedule: '0 */5 * * * *',
        targets: {
          ETH: { weight: '0.6', band: { absolute: '0.02' } },
          USD: { weight: '0.4', band: { absolute: '0.02', relative: '0.2' } },
        } as Record<string, object>,
      },
    } as Record<string, Record<string, unknown>>,
  }
}
