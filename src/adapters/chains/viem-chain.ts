import { BaseError, encodeFunctionData, erc20Abi, hexToBigInt, InsufficientFundsError } from 'viem'
import { type Address, type ChainKey, type Hex, NATIVE, sameAddress, type Token } from '../../domain/assets.js'
import { upperMedian } from '../../domain/evidence/quorum.js'
import { type FeeQuote, intrinsicGas } from '../../domain/execution/fees.js'
import type { Inclusion, Intent, Movement } from '../../domain/execution/intent.js'
import type { Call } from '../../domain/planning/quote.js'
import type { Rehearsal, Watch } from '../../domain/policy/rehearsal.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { larger } from '../../domain/units/ratio.js'
import { type BroadcastAnswer, Chain, ChainError, type ChainView, SimulationError } from '../../ports/chain.js'
import { codeFingerprint, genuineSettlers } from './code-fingerprint.js'
import { isSilence, reasonOf } from './endpoint-transport.js'
import { FeeHistory } from './fee-history.js'
import { askAll } from './gather.js'
import { nonceConsumer } from './nonce-consumer.js'
import { callAt, type QuorumReader } from './quorum-reader.js'
import { type PaidReceipt, readReceipt } from './receipts.js'
import { Rehearser } from './rehearsal.js'

export type { PaidReceipt } from './receipts.js'

/** Others are not waited for longer once a quorum has estimated the gas of a call. */
const ESTIMATE_GRACE_MS = 400

/**
 * The chains through viem. What decides about money is read from a quorum of endpoints at one agreed block (C-21); signed
 * bytes go to all of them, once each (C-23).
 */
export class ViemChain extends Chain {
  private readonly feeHistory: FeeHistory
  private readonly rehearser: Rehearser
  /** Highest finalised count ever read, by chain and account: no lower one is believed (F-24). */
  private readonly finalCounts = new Map<string, number>()

  constructor(private readonly reader: QuorumReader) {
    super()
    this.feeHistory = new FeeHistory(reader)
    this.rehearser = new Rehearser({
      endpoints: (chain) => reader.views.endpoints(chain),
      agreedBlock: async (chain) => (await reader.view(chain)).head,
      multicall: (chain) => reader.chain(chain).multicall,
    })
  }

  override chainId(chain: ChainKey): number {
    return this.reader.chain(chain).chainId
  }

  override async view(chain: ChainKey): Promise<ChainView> {
    const { endpoints: _own, ...view } = await this.reader.view(chain)
    return view
  }

  override async nonces(
    chain: ChainKey,
    account: Address,
  ): Promise<{ readonly latest: number; readonly finalized: number }> {
    const { head, finalized, endpoints } = await this.reader.view(chain)
    const countAt = (block: BlockRef) =>
      this.reader.at(chain, block, endpoints, {
        what: `the transaction count of ${account}`,
        ask: async (client, { hash }) => {
          const params = [account, { blockHash: hash }] as never
          return Number(hexToBigInt(await client.request({ method: 'eth_getTransactionCount', params })))
        },
      })
    const [latest, final] = await Promise.all([countAt(head), countAt(finalized)])
    const key = `${chain} ${account.toLowerCase()}`
    const known = this.finalCounts.get(key) ?? 0
    if (final < known || latest < final)
      throw new ChainError(
        chain,
        `Chain ${chain}: account ${account} had ${known} final transactions, the endpoints now count ${final} final and ${latest} in all; replace endpoints that went back.`,
      )
    this.finalCounts.set(key, final)
    return { latest, finalized: final }
  }

  override async blockHash(chain: ChainKey, number: bigint): Promise<Hex | undefined> {
    return (await this.reader.blockAt(chain, number))?.hash
  }

  override fees(chain: ChainKey): Promise<FeeQuote> {
    return this.feeHistory.quote(chain)
  }

  override async estimateGas(account: Address, call: Call): Promise<bigint> {
    const { chain, to, data, value } = call
    const { quorum } = this.reader.chain(chain)
    const answers = await askAll(
      await this.reader.endpoints.ready(chain),
      { enough: quorum, graceMs: ESTIMATE_GRACE_MS },
      ({ client }) => client.estimateGas({ account, to, data, value }),
    )
    const estimates = answers.flatMap((one) => (one.isAnswer ? [one.value] : []))
    const usual = upperMedian(estimates, quorum)
    if (usual !== undefined) return larger(usual, intrinsicGas(data))
    const failures = answers.flatMap((one) => (one.isAnswer ? [] : [one]))
    const [first, ...more] = failures.filter(({ error }) => !isSilence(error))
    if (first && more.length + 1 >= quorum) throw unplayable(call, first.error)
    const told = failures.map(({ endpoint, error }) => `${endpoint.name} (${reasonOf(error)})`)
    throw new ChainError(
      chain,
      `Chain ${chain}: ${quorum} endpoints have to estimate the gas of a call, ${estimates.length} did, others not: ${told.join(', ')}; check chains.${chain}.rpc.`,
    )
  }

  override rehearse(account: Address, calls: readonly Call[], watch: Watch): Promise<Rehearsal> {
    return this.rehearser.rehearse(account, calls, watch)
  }

  override allowance(token: Token, owner: Address, spender: Address): Promise<bigint> {
    return this.reader.atHead(token.chain, allowanceOf(token, owner, spender)).then(hexToUnits(token))
  }

  override finalizedAllowance(token: Token, owner: Address, spender: Address): Promise<bigint> {
    return this.reader.atFinalized(token.chain, allowanceOf(token, owner, spender)).then(hexToUnits(token))
  }

  override coinBalance(chain: ChainKey, account: Address): Promise<bigint> {
    return this.reader.atHead(chain, {
      what: `the coin of ${account}`,
      ask: async (client, { hash }) => {
        const params = [account, { blockHash: hash }] as never
        return hexToBigInt(await client.request({ method: 'eth_getBalance', params }))
      },
    })
  }

  override codeFingerprint(chain: ChainKey, contract: Address, selector: Hex): Promise<Hex | undefined> {
    return this.reader.atHead(chain, {
      what: `the code of ${contract}`,
      isJudged: false,
      ask: (client, { number }) => codeFingerprint(client, contract, selector, number),
    })
  }

  override settlers(chain: ChainKey, registry: Address): Promise<readonly Address[]> {
    return this.reader.atHead(chain, {
      what: `the contracts that ${registry} names`,
      isJudged: false,
      ask: (client, { number }) => genuineSettlers(client, registry, number),
    })
  }

  override approval(token: Token, spender: Address, units: bigint): Call {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, units] })
    return { chain: token.chain, to: token.address, data, value: 0n }
  }

  override async broadcast(
    chain: ChainKey,
    raw: Hex,
    onFirst?: () => Promise<void>,
  ): Promise<readonly BroadcastAnswer[]> {
    const answers = this.reader.endpoints.forBroadcast(chain).map(async ({ name, client }) => {
      try {
        await client.request({ method: 'eth_sendRawTransaction', params: [raw] }, { retryCount: 0 })
        return { endpoint: name, answer: 'accepted' }
      } catch (error) {
        return { endpoint: name, answer: reasonOf(error) }
      }
    })
    await Promise.race(answers)
    await onFirst?.()
    return Promise.all(answers)
  }

  override async inclusion(intent: Intent, hash: Hex): Promise<Inclusion | undefined> {
    const receipt = await this.receipt(intent.chain, hash)
    if (!receipt) return undefined
    const { block, isSuccess, gasPaid } = receipt
    this.reader.views.noteInclusion(intent.chain, block.number)
    const totals = new Map<Address, bigint>()
    const add = (token: Address, units: bigint) => totals.set(token, (totals.get(token) ?? 0n) + units)
    for (const { token, from, to, units } of receipt.transfers) {
      if (sameAddress(from, intent.account)) add(token, -units)
      if (sameAddress(to, intent.account)) add(token, units)
    }
    const isCancel = intent.attempts.some((one) => one.hash === hash && one.payload === 'cancel')
    if (isSuccess && !isCancel && intent.call.value > 0n) add(NATIVE, -intent.call.value)
    const movements = [...totals].flatMap(([token, units]): Movement[] => (units === 0n ? [] : [{ token, units }]))
    return { hash, block, isSuccess, gasPaid, movements }
  }

  override async finalizedBlock(chain: ChainKey): Promise<bigint> {
    return (await this.reader.view(chain)).finalized.number
  }

  override consumer(chain: ChainKey, account: Address, nonce: number): Promise<Hex | undefined> {
    return nonceConsumer(this.reader, chain, account, nonce)
  }

  /** Undefined when no quorum shows the transaction mined in a block that is part of the chain. */
  receipt(chain: ChainKey, hash: Hex): Promise<PaidReceipt | undefined> {
    return readReceipt(this.reader, chain, hash)
  }
}

function allowanceOf(token: Token, owner: Address, spender: Address) {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'allowance', args: [owner, spender] })
  return {
    what: `the allowance of ${owner} to ${spender} over ${token.symbol}`,
    ask: (...[client, block]: [Parameters<typeof callAt>[0], Parameters<typeof callAt>[1]]) =>
      callAt(client, block, { to: token.address, data }),
  }
}

function hexToUnits({ chain, symbol, address }: Token): (answer: Hex) => bigint {
  return (answer) => {
    if (answer.length !== 66)
      throw new ChainError(
        chain,
        `Token ${symbol} at ${address} on ${chain} does not tell an allowance; correct its address.`,
      )
    return hexToBigInt(answer)
  }
}

function unplayable({ chain, to }: Call, error: unknown): SimulationError {
  const isUnfunded = error instanceof BaseError && error.walk((one) => one instanceof InsufficientFundsError)
  const why = error instanceof BaseError ? error.shortMessage : String(error)
  return new SimulationError(
    `The call to ${to} on ${chain} would fail: ${why}${isUnfunded ? ' Top up the account with native coin.' : ''}`,
    { cause: error },
  )
}
