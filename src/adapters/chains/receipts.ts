import { erc20Abi, formatLog, parseEventLogs, type RpcTransactionReceipt } from 'viem'
import type { Address, ChainKey, Hex } from '../../domain/assets.js'
import { agree, missingVotes } from '../../domain/evidence/quorum.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { ChainError } from '../../ports/chain.js'
import { reasonOf } from './endpoint-transport.js'
import { askAsNeeded } from './gather.js'
import { type Keyed, keyed, type QuorumReader, votesOf } from './quorum-reader.js'

/** ERC-20 movements of one transaction in a block that is canonical right now. */
export interface PaidReceipt {
  readonly block: BlockRef
  readonly isSuccess: boolean
  readonly sender: Address
  /** Wei. */
  readonly gasPaid: bigint
  readonly transfers: readonly {
    readonly token: Address
    readonly from: Address
    readonly to: Address
    readonly units: bigint
    /** Place among the events of the block. */
    readonly log: number
  }[]
  readonly events: readonly {
    readonly address: Address
    readonly topics: readonly Hex[]
    readonly data: Hex
    readonly log: number
  }[]
}

/** OP Stack chains charge for publishing on their parent chain on top of gas. */
type RawReceipt = RpcTransactionReceipt & { readonly l1Fee?: Hex }

const NOT_MINED = 'none'

/**
 * The receipt that a quorum shows, in a block that is canonical by quorum. Undefined when no quorum has one: as long as
 * only some endpoints show it, it is waited for (F-31), and having none yet is held against nobody. Rejects with
 * ChainError when too few answer or their receipts differ.
 */
export async function readReceipt(reader: QuorumReader, chain: ChainKey, hash: Hex): Promise<PaidReceipt | undefined> {
  const { endpoints } = await reader.view(chain)
  const { quorum } = reader.chain(chain)
  const answers = await askAsNeeded<Keyed<RawReceipt | null>>(
    endpoints,
    reader.lateMs,
    (so) => missingVotes(votesOf(so), quorum),
    keyed(
      ({ client }) =>
        client.request({ method: 'eth_getTransactionReceipt', params: [hash] }) as Promise<RawReceipt | null>,
      keyOf,
    ),
  )
  const verdict = agree(votesOf(answers), quorum)
  const shown = answers.flatMap((one) =>
    one.isAnswer && one.value.value ? [{ endpoint: one.endpoint, raw: one.value.value, key: one.value.key }] : [],
  )
  const winner = verdict.isAgreed ? shown.find(({ key }) => key === verdict.key)?.raw : undefined
  if (!verdict.isAgreed) {
    const isWaiting = answers.every(({ isAnswer }) => isAnswer) && new Set(shown.map(({ key }) => key)).size < 2
    if (isWaiting) return undefined
    const told = answers.map((one) =>
      one.isAnswer
        ? `${one.endpoint.name} shows ${one.value.value ? `one in block ${BigInt(one.value.value.blockNumber)}` : NOT_MINED}`
        : `${one.endpoint.name} does not answer (${reasonOf(one.error)})`,
    )
    throw new ChainError(
      chain,
      `Chain ${chain}: ${quorum} endpoints have to agree on the receipt of ${hash} and do not: ${told.join(', ')}.`,
    )
  }
  if (!winner) return undefined
  for (const { endpoint, raw, key } of shown)
    if (raw.blockHash === winner.blockHash && key !== verdict.key)
      reader.endpoints.quarantine(
        endpoint,
        `its receipt of ${hash} is not the one that ${verdict.agreeing.join(' and ')} show`,
      )
  const block = await reader.blockAt(chain, BigInt(winner.blockNumber))
  return block?.hash === winner.blockHash ? paid(winner, block) : undefined
}

/** Everything that is read out of a receipt; what providers add of their own is left out. Throws where a part is missing. */
function keyOf(raw: RawReceipt | null): string {
  if (!raw) return NOT_MINED
  const { blockHash, blockNumber, status, from, gasUsed, effectiveGasPrice, l1Fee, logs } = raw
  const events = logs.map(({ address, topics, data, logIndex }) =>
    [address, ...topics, data, BigInt(logIndex!)].join(' '),
  )
  return [blockHash, BigInt(blockNumber), status, from, gasUsed, effectiveGasPrice, l1Fee ?? '0x0', ...events]
    .join(' | ')
    .toLowerCase()
}

function paid(raw: RawReceipt, { number, hash, timestamp }: BlockRef): PaidReceipt {
  // Of an event only what was compared is read.
  const logs = raw.logs.map(({ address, topics, data, logIndex }) => formatLog({ address, topics, data, logIndex }))
  return {
    block: { number, hash, timestamp },
    isSuccess: raw.status === '0x1',
    sender: raw.from,
    gasPaid: BigInt(raw.gasUsed) * BigInt(raw.effectiveGasPrice) + BigInt(raw.l1Fee ?? 0),
    transfers: parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs }).map(({ address, args, logIndex }) => ({
      token: address.toLowerCase() as Address,
      from: args.from,
      to: args.to,
      units: args.value,
      log: Number(logIndex),
    })),
    events: logs.map(({ address, topics, data, logIndex }) => ({ address, topics, data, log: Number(logIndex) })),
  }
}
