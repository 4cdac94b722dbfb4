import { numberToHex, type RpcBlock } from 'viem'
import type { Hex } from '../../domain/assets.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import type { Endpoint } from './clients.js'

/** A block as an endpoint tells it. */
export interface SeenBlock extends BlockRef {
  readonly parentHash: Hex
  /** Wei per gas. */
  readonly baseFee: bigint
}

/** The block at a height in the endpoint's chain; undefined when it has none there. */
export async function blockAt(
  { client }: Endpoint,
  at: bigint | 'latest' | 'finalized',
): Promise<SeenBlock | undefined> {
  const tag = typeof at === 'bigint' ? numberToHex(at) : at
  const block = await client.request({ method: 'eth_getBlockByNumber', params: [tag, false] })
  return block ? blockOf(block) : undefined
}

/** Throws when a field is missing or no number: then nothing was answered. */
function blockOf(block: RpcBlock): SeenBlock {
  if (!block.hash || block.number === null) throw new Error('it shows a block without number or hash')
  return {
    number: BigInt(block.number),
    hash: block.hash,
    parentHash: block.parentHash,
    timestamp: Number(block.timestamp),
    baseFee: BigInt(block.baseFeePerGas ?? 0),
  }
}
