import { hexToBigInt, numberToHex, type RpcLog } from 'viem'
import { type Address, type ChainKey, type Hex, sameAddress } from '../../domain/assets.js'
import { ChainError } from '../../ports/chain.js'
import { reasonOf } from './endpoint-transport.js'
import { askAsNeeded } from './gather.js'
import type { QuorumReader } from './quorum-reader.js'
import { type PaidReceipt, readReceipt } from './receipts.js'

/** Transactions that can pay out one transfer. More are named by nobody honest, and none of them is looked at. */
const MOST_TRANSACTIONS = 50

/**
 * Events on the chains, for whoever looks for a payout. Where one may be is asked of as many endpoints as make a quorum
 * and what any of them names is named: it is believed by its receipt alone, which a quorum shows.
 */
export class ChainEvents {
  constructor(private readonly reader: QuorumReader) {}

  chainId(chain: ChainKey): number {
    return this.reader.chain(chain).chainId
  }

  receipt(chain: ChainKey, hash: Hex): Promise<PaidReceipt | undefined> {
    return readReceipt(this.reader, chain, hash)
  }

  /** Topics in their order, null for any. */
  async transactionsWith(
    chain: ChainKey,
    { address, topics }: { readonly address: Address; readonly topics: readonly (Hex | null)[] },
    fromBlock: bigint,
    toBlock: bigint,
  ): Promise<readonly Hex[]> {
    const { endpoints } = await this.reader.view(chain)
    const { quorum } = this.reader.chain(chain)
    const blocks = { fromBlock: numberToHex(fromBlock), toBlock: numberToHex(toBlock) }
    const answers = await askAsNeeded<readonly RpcLog[]>(
      endpoints,
      this.reader.lateMs,
      (so) => quorum - so.filter(({ isAnswer }) => isAnswer).length,
      async ({ client }) => {
        const logs = await client.request({
          method: 'eth_getLogs',
          params: [{ address, topics: [...topics], ...blocks }],
        })
        if (logs.length > MOST_TRANSACTIONS) throw new Error(`it names ${logs.length} events for one transfer`)
        return logs.filter(
          (one) =>
            sameAddress(one.address, address) &&
            topics.every((topic, index) => topic === null || topic === one.topics[index]) &&
            /^0x[0-9a-f]{64}$/.test(one.transactionHash ?? ''),
        )
      },
    )
    const told = answers.filter((one) => one.isAnswer)
    if (told.length < quorum) {
      const silences = answers.flatMap((one) =>
        one.isAnswer ? [] : [`${one.endpoint.name} does not (${reasonOf(one.error)})`],
      )
      throw new ChainError(
        chain,
        `Chain ${chain}: ${quorum} endpoints have to tell the events of ${address} in blocks ${fromBlock} to ${toBlock}: ${silences.join(', ')}; lower execution.logBlocks or correct chains.${chain}.rpc.`,
      )
    }
    const logs = told.flatMap(({ value }) => value)
    return [...new Set(logs.flatMap(({ transactionHash }) => transactionHash ?? []))]
  }

  async heights(chain: ChainKey): Promise<{ readonly head: bigint; readonly finalized: bigint }> {
    const { head, finalized } = await this.reader.view(chain)
    return { head: head.number, finalized: finalized.number }
  }

  /** Of the canonical block at a height, in seconds since 1970. */
  async timestamp(chain: ChainKey, number: bigint): Promise<number> {
    const block = await this.reader.blockAt(chain, number)
    if (!block) throw new ChainError(chain, `Chain ${chain} has no block ${number} any more; it is asked again.`)
    return block.timestamp
  }

  /** By how many wei the account's coin grew in a block. */
  async coinGain(chain: ChainKey, account: Address, number: bigint): Promise<bigint> {
    const { endpoints } = await this.reader.view(chain)
    const [before = 0n, after = 0n] = await Promise.all(
      [number - 1n, number].map(async (height) => {
        const block = await this.reader.blockAt(chain, height)
        if (!block) throw new ChainError(chain, `Chain ${chain} has no block ${height} any more; it is asked again.`)
        return this.reader.at(chain, block, endpoints, {
          what: `the coin of ${account}`,
          ask: async (client, { hash }) => {
            const params = [account, { blockHash: hash }] as never
            return hexToBigInt(await client.request({ method: 'eth_getBalance', params }))
          },
        })
      }),
    )
    return after - before
  }
}
