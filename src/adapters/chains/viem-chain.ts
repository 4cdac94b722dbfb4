import {
  BaseError,
  encodeFunctionData,
  erc20Abi,
  formatLog,
  hexToBigInt,
  HttpRequestError,
  InsufficientFundsError,
  type PublicClient,
  parseAbi,
  parseEventLogs,
  type RpcTransactionReceipt,
  TimeoutError,
} from 'viem'
import {
  type Address,
  type ChainKey,
  type Hex,
  isNative,
  NATIVE,
  sameAddress,
  type Token,
} from '../../domain/assets.js'
import type { FeeQuote } from '../../domain/execution/fees.js'
import type { Inclusion, Intent, Movement } from '../../domain/execution/intent.js'
import type { Call } from '../../domain/planning/quote.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { Chain, ChainError, SimulationError } from '../../ports/chain.js'
import type { Clients } from './clients.js'

const coinAbi = parseAbi(['function getEthBalance(address) view returns (uint256)'])

/** ERC-20 movements of one transaction in a block that is canonical right now. */
export interface PaidReceipt {
  readonly block: BlockRef
  readonly isSuccess: boolean
  readonly sender: Address
  readonly gasPaid: bigint
  readonly transfers: readonly {
    readonly token: Address
    readonly from: Address
    readonly to: Address
    readonly units: bigint
  }[]
}

/** The chains through viem. Signed bytes go out once, without retries; receipts are believed only in canonical blocks. */
export class ViemChain extends Chain {
  constructor(private readonly clients: Clients) {
    super()
  }

  override chainId(chain: ChainKey): number {
    return this.clients.chain(chain).chainId
  }

  override nonce(chain: ChainKey, account: Address): Promise<number> {
    return this.ask(chain, (client) => client.getTransactionCount({ address: account, blockTag: 'latest' }))
  }

  override async fees(chain: ChainKey): Promise<FeeQuote> {
    const head = await this.ask(chain, (client) => client.getBlock({ blockTag: 'latest' }))
    return { baseFee: head.baseFeePerGas ?? 0n, priorityFee: this.clients.chain(chain).priorityFee }
  }

  override async estimateGas(account: Address, call: Call): Promise<bigint> {
    try {
      return await this.clients.of(call.chain).estimateGas({ account, to: call.to, data: call.data, value: call.value })
    } catch (error) {
      if (isSilence(error)) throw this.failure(call.chain, error)
      const isUnfunded = error instanceof BaseError && error.walk((one) => one instanceof InsufficientFundsError)
      const why = error instanceof BaseError ? error.shortMessage : String(error)
      throw new SimulationError(
        `The call to ${call.to} on ${call.chain} would fail: ${why}${isUnfunded ? ' Top up the account with native coin.' : ''}`,
        { cause: error },
      )
    }
  }

  override async simulateAll(
    account: Address,
    calls: readonly Call[],
    watched: readonly Token[],
  ): Promise<readonly (readonly bigint[])[]> {
    const chain = commonChain(calls)
    if (chain === undefined) return []
    const looks = watched.map((token) => this.balanceCall(chain, token, account))
    // A look at every balance, and another one after each call: call number i stands at (i + 1) * stride - 1.
    const stride = looks.length + 1
    const played = calls.flatMap(({ to, data, value }) => [{ account, to, data, value }, ...looks])
    try {
      const [block] = await this.clients.of(chain).simulateBlocks({ blocks: [{ calls: [...looks, ...played] }] })
      const results = block?.calls ?? []
      const failed = calls.findIndex((_, index) => results[(index + 1) * stride - 1]?.status !== 'success')
      if (failed >= 0)
        throw new SimulationError(
          `The call to ${calls[failed]?.to} on ${chain} would fail, simulated with eth_simulateV1.`,
          { index: failed },
        )
      const balance = (look: number) => {
        const result = results[look]
        if (result?.status === 'success') return hexToBigInt(result.data)
        throw new SimulationError(`A balance could not be read around the simulated call on ${chain}.`)
      }
      return calls.map((_, index) =>
        watched.map((_token, place) => balance((index + 1) * stride + place) - balance(index * stride + place)),
      )
    } catch (error) {
      if (error instanceof SimulationError) throw error
      if (isSilence(error)) throw this.failure(chain, error)
      const why = error instanceof BaseError ? error.shortMessage : String(error)
      throw new SimulationError(`${chain} cannot simulate the call with eth_simulateV1: ${why}`, { cause: error })
    }
  }

  override allowance(token: Token, owner: Address, spender: Address): Promise<bigint> {
    return this.ask(token.chain, (client) =>
      client.readContract({ address: token.address, abi: erc20Abi, functionName: 'allowance', args: [owner, spender] }),
    )
  }

  override approval(token: Token, spender: Address, units: bigint): Call {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, units] })
    return { chain: token.chain, to: token.address, data, value: 0n }
  }

  override async broadcast(chain: ChainKey, raw: Hex): Promise<string> {
    try {
      await this.clients.of(chain).request({ method: 'eth_sendRawTransaction', params: [raw] }, { retryCount: 0 })
      return 'accepted'
    } catch (error) {
      return error instanceof BaseError ? error.shortMessage : String(error)
    }
  }

  override async inclusion(intent: Intent, hash: Hex): Promise<Inclusion | undefined> {
    const receipt = await this.receipt(intent.chain, hash)
    if (!receipt) return undefined
    const { block, isSuccess, gasPaid } = receipt
    this.clients.noteInclusion(intent.chain, block.number)
    const totals = new Map<Address, bigint>()
    const add = (token: Address, units: bigint) => totals.set(token, (totals.get(token) ?? 0n) + units)
    for (const { token, from, to, units } of receipt.transfers) {
      if (sameAddress(from, intent.account)) add(token, -units)
      if (sameAddress(to, intent.account)) add(token, units)
    }
    if (isSuccess && intent.call.value > 0n) add(NATIVE, -intent.call.value)
    const movements = [...totals].flatMap(([token, units]): Movement[] => (units === 0n ? [] : [{ token, units }]))
    return { hash, block, isSuccess, gasPaid, movements }
  }

  override async finalizedBlock(chain: ChainKey): Promise<bigint> {
    const { finality } = this.clients.chain(chain)
    if (finality === 'finalized')
      return (await this.ask(chain, (client) => client.getBlock({ blockTag: 'finalized' }))).number
    const head = await this.ask(chain, (client) => client.getBlock({ blockTag: 'latest' }))
    return head.number > BigInt(finality) ? head.number - BigInt(finality) : 0n
  }

  /** Undefined when the transaction is not mined, or mined in a block that is no longer part of the chain. */
  async receipt(chain: ChainKey, hash: Hex): Promise<PaidReceipt | undefined> {
    const raw = (await this.ask(chain, (client) =>
      client.request({ method: 'eth_getTransactionReceipt', params: [hash] }),
    )) as (RpcTransactionReceipt & { l1Fee?: Hex }) | null
    if (!raw) return undefined
    const number = BigInt(raw.blockNumber)
    const block = await this.ask(chain, (client) => client.getBlock({ blockNumber: number }))
    if (block.hash !== raw.blockHash) return undefined
    return {
      block: { number, hash: block.hash, timestamp: Number(block.timestamp) },
      isSuccess: raw.status === '0x1',
      sender: raw.from,
      // OP Stack chains charge for publishing on their parent chain on top of gas.
      gasPaid: BigInt(raw.gasUsed) * BigInt(raw.effectiveGasPrice) + BigInt(raw.l1Fee ?? 0),
      transfers: parseEventLogs({
        abi: erc20Abi,
        eventName: 'Transfer',
        logs: raw.logs.map((log) => formatLog(log)),
      }).map(({ address, args }) => ({
        token: address.toLowerCase() as Address,
        from: args.from,
        to: args.to,
        units: args.value,
      })),
    }
  }

  private balanceCall(chain: ChainKey, token: Token, account: Address): { readonly to: Address; readonly data: Hex } {
    const args = [account] as const
    if (!isNative(token))
      return { to: token.address, data: encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args }) }
    const data = encodeFunctionData({ abi: coinAbi, functionName: 'getEthBalance', args })
    return { to: this.clients.chain(chain).multicall, data }
  }

  private async ask<T>(chain: ChainKey, question: (client: PublicClient) => Promise<T>): Promise<T> {
    try {
      await this.clients.verify(chain)
      return await question(this.clients.of(chain))
    } catch (error) {
      throw this.failure(chain, error)
    }
  }

  private failure(chain: ChainKey, error: unknown): ChainError {
    const why = error instanceof BaseError ? error.shortMessage : String(error)
    return new ChainError(chain, `Chain ${chain} does not answer: ${why}`, { cause: error })
  }
}

function commonChain(calls: readonly Call[]): ChainKey | undefined {
  const [first, ...rest] = calls
  if (rest.some(({ chain }) => chain !== first?.chain))
    throw new RangeError('Calls on several chains cannot be simulated one after another.')
  return first?.chain
}

/** The endpoint did not answer at all, which says nothing about the call. */
function isSilence(error: unknown): boolean {
  return (
    error instanceof BaseError &&
    error.walk((one) => one instanceof HttpRequestError || one instanceof TimeoutError) !== null
  )
}
