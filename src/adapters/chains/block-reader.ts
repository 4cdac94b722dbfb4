import {
  type Abi,
  type Address,
  BaseError,
  decodeFunctionResult,
  encodeFunctionData,
  ExecutionRevertedError,
  multicall3Abi,
} from 'viem'
import type { ChainKey } from '../../domain/assets.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import type { ReadAt } from '../../ports/balances.js'
import { callAt, type QuorumReader } from './quorum-reader.js'

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
 * Reads contracts at one agreed block. Everything asked of a chain at the same block in the same turn of the event loop is
 * answered by one multicall per endpoint of the quorum, however many readers there are.
 */
export class BlockReader {
  /** By chain and block. */
  private readonly queues = new Map<string, Waiting[]>()

  constructor(private readonly reader: QuorumReader) {}

  /** Rejects, with the reason in one line, when no quorum answers or the chain has no multicall contract. */
  read(chain: ChainKey, reads: readonly ContractRead[], at: ReadAt = 'latest'): Promise<BlockReading> {
    const key = `${chain} ${at}`
    return new Promise((resolve, reject) => {
      const queue = this.queues.get(key)
      if (queue) {
        queue.push({ reads, resolve, reject })
        return
      }
      this.queues.set(key, [{ reads, resolve, reject }])
      setImmediate(() => void this.flush(chain, at))
    })
  }

  private async flush(chain: ChainKey, at: ReadAt): Promise<void> {
    const key = `${chain} ${at}`
    const waiting = this.queues.get(key) ?? []
    this.queues.delete(key)
    try {
      const { block, baseFee, results } = await this.readAll(
        chain,
        waiting.flatMap(({ reads }) => reads),
        at,
      )
      let from = 0
      for (const { reads, resolve } of waiting) {
        resolve({ block, baseFee, results: results.slice(from, from + reads.length) })
        from += reads.length
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }

  private async readAll(chain: ChainKey, reads: readonly ContractRead[], at: ReadAt): Promise<BlockReading> {
    const { multicall } = this.reader.chain(chain)
    const { head, finalized, endpoints } = await this.reader.view(chain)
    const seen = at === 'latest' ? head : at === 'finalized' ? finalized : await this.reader.blockAt(chain, at)
    if (!seen) throw new Error(`Chain ${chain} is at block ${head.number} and has no block ${at} yet.`)
    const block = { number: seen.number, hash: seen.hash, timestamp: seen.timestamp }
    if (reads.length === 0) return { block, baseFee: seen.baseFee, results: [] }
    const data = encodeFunctionData({
      abi: multicall3Abi,
      functionName: 'aggregate3',
      args: [
        reads.map(({ address, ...call }) => ({
          target: address,
          allowFailure: true,
          callData: encodeFunctionData(call),
        })),
      ],
    })
    const bytes = await this.reader.at(chain, block, endpoints, {
      what: `${reads.length} values of contracts`,
      ask: (client, where) => callAt(client, where, { to: multicall, data }).catch(revertsAsNothing),
    })
    const answers = outcomesOf(bytes)
    if (answers?.length !== reads.length)
      throw new Error(`Chain ${chain}: no contract at ${multicall}; correct chains.${chain}.multicall.`)
    return {
      block,
      baseFee: seen.baseFee,
      results: answers.map((answer, index) => resultOf(chain, reads[index]!, answer)),
    }
  }
}

/** A contract that refuses the call answers like one that is not there. */
function revertsAsNothing(error: unknown): '0x' {
  if (
    error instanceof BaseError &&
    error.walk((one) => (one as { code?: unknown }).code === ExecutionRevertedError.code)
  )
    return '0x'
  throw error
}

interface Outcome {
  readonly success: boolean
  readonly returnData: `0x${string}`
}

function outcomesOf(data: `0x${string}`): readonly Outcome[] | undefined {
  try {
    return decodeFunctionResult({ abi: multicall3Abi, functionName: 'aggregate3', data })
  } catch {
    return undefined
  }
}

function resultOf(chain: ChainKey, read: ContractRead, { success, returnData }: Outcome): ReadResult {
  const { abi, functionName, address } = read
  try {
    if (success) return { status: 'success', result: decodeFunctionResult({ abi, functionName, data: returnData }) }
  } catch {
    // An answer that cannot be read is none.
  }
  return {
    status: 'failure',
    error: new Error(
      `${functionName}() of ${address} on ${chain} gave no answer: expected a contract with that function, check the address.`,
    ),
  }
}
