import type { ConfigFile } from './schema.js'

type ChainConfig = ConfigFile['chains'][string]

/** Addresses of endpoints that stand in the environment, by variable; those that are not set are absent. */
export type RpcUrls = Readonly<Record<string, string>>

/**
 * Endpoints with their names, and their addresses as far as the environment has them. The host stands for a name: paths
 * and queries carry keys.
 */
export function endpointsOf(
  rpc: ChainConfig['rpc'],
  urls: RpcUrls,
): readonly { readonly name: string; readonly url: string | undefined }[] {
  return rpc.map((one) => {
    if (typeof one === 'string') return { name: new URL(one).host, url: one }
    const { name, url, urlVariable } = one
    return { name, url: urlVariable === undefined ? url : urls[urlVariable] }
  })
}

export function quorumOf({ rpc, quorum }: Pick<ChainConfig, 'rpc' | 'quorum'>): number {
  return quorum ?? Math.min(2, rpc.length)
}

/** Usual age of the last final block. A quarter of an hour covers the tag on every chain that has it. */
export function finalitySecondsOf({ finalitySeconds, finality, blockTimeSeconds }: ChainConfig): number {
  return finalitySeconds ?? (finality === 'finalized' ? 900 : finality.depth * blockTimeSeconds)
}

/** Without a new block for so long a chain is taken to stand still (B-06). */
export function headAgeSecondsOf({ headAgeSeconds, blockTimeSeconds }: ChainConfig): number {
  return headAgeSeconds ?? Math.max(60, 10 * blockTimeSeconds)
}
