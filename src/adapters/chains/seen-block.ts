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

/** Everything that is read out of a block: its hash alone does not keep an endpoint from telling the rest otherwise. */
export function contentsOf({ hash, parentHash, timestamp, baseFee }: SeenBlock): string {
  return `${hash} after ${parentHash} at ${timestamp} for ${baseFee}`
}

const HASH = /^0x[0-9a-f]{64}$/

/** Throws when a field is missing or no number: then nothing was answered. */
function blockOf({ number, hash, parentHash, timestamp, baseFeePerGas }: RpcBlock): SeenBlock {
  if (number === null || !HASH.test(hash ?? '') || !HASH.test(parentHash))
    throw new Error('it shows a block without number or hash')
  const block = {
    number: BigInt(number),
    hash: hash as Hex,
    parentHash,
    timestamp: Number(timestamp),
    baseFee: BigInt(baseFeePerGas ?? 0),
  }
  if (!Number.isSafeInteger(block.timestamp)) throw new Error('it shows a block without a time')
  return block
}
