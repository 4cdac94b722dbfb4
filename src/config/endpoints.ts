import type { ConfigFile } from './schema.js'

type ChainConfig = ConfigFile['chains'][string]

/** Endpoints with their names. The host stands for one without: paths and queries carry keys. */
export function endpointsOf(rpc: ChainConfig['rpc']): readonly { readonly name: string; readonly url: string }[] {
  return rpc.map((one) => (typeof one === 'string' ? { name: new URL(one).host, url: one } : one))
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
