import { hexToBigInt, numberToHex, type Hex } from 'viem'
import type { AskNode, RpcRequest } from './rpc-lies.js'

/** Where each method has the block that it is asked about. */
const blockPlace: Record<string, number> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_feeHistory: 1,
  eth_getBalance: 1,
  eth_getBlockByNumber: 0,
  eth_getCode: 1,
  eth_getStorageAt: 2,
  eth_getTransactionCount: 1,
  eth_simulateV1: 1,
}

/** The node does not know the block, as far as the provider goes. */
export class UnknownBlockError extends Error {
  constructor() {
    super('header not found')
  }
}

/**
 * Asks the node as if its last blocks were not there: its newest is `blocks` below the node's, its finalised one as much
 * below the node's, and what came later is unknown to it. Rejects with UnknownBlockError for a state of a later block.
 */
export async function askStale(ask: AskNode, { method, params }: RpcRequest, blocks: number): Promise<unknown> {
  const lower = (height: bigint) => (height > BigInt(blocks) ? height - BigInt(blocks) : 0n)
  const head = lower(hexToBigInt((await ask('eth_blockNumber', [])) as Hex))
  if (method === 'eth_blockNumber') return numberToHex(head)
  const place = blockPlace[method]
  if (place !== undefined) {
    const tag = params[place] ?? 'latest'
    const height = await heightOf(ask, tag, head, lower)
    if (height > head) {
      if (method === 'eth_getBlockByNumber') return null
      throw new UnknownBlockError()
    }
    if (typeof tag === 'object') return ask(method, params)
    return ask(method, params.toSpliced(place, place < params.length ? 1 : 0, numberToHex(height)))
  }
  const answer = await ask(method, params)
  const isLater = (of: { blockNumber?: Hex | null; number?: Hex } | null) => {
    const height = of?.blockNumber ?? of?.number
    return typeof height === 'string' && hexToBigInt(height) > head
  }
  const hides = ['eth_getTransactionReceipt', 'eth_getTransactionByHash', 'eth_getBlockByHash'].includes(method)
  if (hides && isLater(answer as { blockNumber?: Hex } | null)) return null
  if (method === 'eth_getLogs') return (answer as { blockNumber: Hex }[]).filter((log) => !isLater(log))
  return answer
}

async function heightOf(ask: AskNode, tag: unknown, head: bigint, lower: (height: bigint) => bigint): Promise<bigint> {
  if (tag === 'latest' || tag === 'pending') return head
  if (tag === 'earliest') return 0n
  if (tag === 'finalized' || tag === 'safe') {
    const block = (await ask('eth_getBlockByNumber', [tag, false])) as { number: Hex }
    return lower(hexToBigInt(block.number))
  }
  if (typeof tag === 'string') return hexToBigInt(tag as Hex)
  const { blockHash, blockNumber } = tag as { blockHash?: Hex; blockNumber?: Hex }
  if (blockNumber) return hexToBigInt(blockNumber)
  const block = (await ask('eth_getBlockByHash', [blockHash, false])) as { number: Hex } | null
  if (!block) throw new UnknownBlockError()
  return hexToBigInt(block.number)
}
