import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionExecutionError,
  type ContractFunctionParameters,
} from 'viem'
import type { ChainKey } from '../../domain/assets.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import type { Clients } from './clients.js'

export interface ContractRead {
  readonly address: Address
  readonly abi: Abi
  readonly functionName: string
  readonly args?: readonly unknown[]
}

export type ReadResult =
  { readonly status: 'success'; readonly result: unknown } | { readonly status: 'failure'; readonly error: Error }

export interface BlockReading {
  readonly block: BlockRef
  readonly baseFee: bigint
  readonly results: readonly ReadResult[]
}

interface Waiting {
  readonly reads: readonly ContractRead[]
  readonly resolve: (reading: BlockReading) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads contracts at one block. Everything asked of a chain in the same turn of the event loop is answered by one
 * multicall, so a snapshot costs each chain one block header and one call, however many readers there are.
 */
export class BlockReader {
  private readonly queues = new Map<ChainKey, Waiting[]>()

  constructor(private readonly clients: Clients) {}

  /** Rejects, with the reason in one line, when the chain does not answer or is another one than configured. */
  read(chain: ChainKey, reads: readonly ContractRead[]): Promise<BlockReading> {
    return new Promise((resolve, reject) => {
      const queue = this.queues.get(chain)
      if (queue) {
        queue.push({ reads, resolve, reject })
        return
      }
      this.queues.set(chain, [{ reads, resolve, reject }])
      setImmediate(() => void this.flush(chain))
    })
  }

  private async flush(chain: ChainKey): Promise<void> {
    const waiting = this.queues.get(chain) ?? []
    this.queues.delete(chain)
    try {
      const { block, baseFee, results } = await this.readAll(
        chain,
        waiting.flatMap(({ reads }) => reads),
      )
      let from = 0
      for (const { reads, resolve } of waiting) {
        resolve({ block, baseFee, results: results.slice(from, from + reads.length) })
        from += reads.length
      }
    } catch (error) {
      for (const { reject } of waiting) reject(new Error(await this.explain(chain, error), { cause: error }))
    }
  }

  private async readAll(chain: ChainKey, reads: readonly ContractRead[]): Promise<BlockReading> {
    const client = this.clients.of(chain)
    await this.clients.verify(chain)
    const head = await client.getBlock({ blockTag: 'latest' })
    const floor = this.clients.floorOf(chain)
    if (head.number < floor)
      throw new Error(
        `the endpoint is at block ${head.number} and does not know ours in ${floor} yet; wait or replace it.`,
      )
    const answers = await client.multicall({
      contracts: reads as readonly ContractFunctionParameters[],
      blockNumber: head.number,
      allowFailure: true,
      batchSize: 0,
    })
    // One call for all: when it fails, that is an answer about the chain or its multicall, not about any contract.
    const unread = answers.find(
      ({ error }) => error instanceof ContractFunctionExecutionError && error.functionName === 'aggregate3',
    )
    if (unread) throw unread.error
    return {
      block: { number: head.number, hash: head.hash, timestamp: Number(head.timestamp) },
      baseFee: head.baseFeePerGas ?? 0n,
      results: answers.map((answer, index): ReadResult => {
        if (answer.status === 'success') return { status: 'success', result: answer.result }
        const { address, functionName } = reads[index]!
        return {
          status: 'failure',
          error: new Error(
            `${functionName}() of ${address} on ${chain} gave no answer: expected a contract with that function, check the address.`,
          ),
        }
      }),
    }
  }

  private async explain(chain: ChainKey, error: unknown): Promise<string> {
    const { rpcUrl, multicall } = this.clients.chain(chain)
    const host = hostOf(rpcUrl)
    if (error instanceof Error && !(error instanceof BaseError)) return `Chain ${chain}: ${error.message}`
    if (this.clients.isVerified(chain)) {
      const code = await this.clients
        .of(chain)
        .getCode({ address: multicall })
        .catch(() => 'unreachable' as const)
      if (code === undefined) return `Chain ${chain}: no contract at ${multicall}; correct chains.${chain}.multicall.`
    }
    const message = error instanceof BaseError ? error.shortMessage : String(error)
    return `Chain ${chain}: ${host} does not answer (${message}); check chains.${chain}.rpc and the network.`
  }
}

/** The host of an endpoint: paths and queries of RPC addresses carry keys and stay out of messages. */
function hostOf(url: string): string {
  return new URL(url).host
}
