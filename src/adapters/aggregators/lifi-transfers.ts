import { getStatus, type SDKClient } from '@lifi/sdk'
import { z } from 'zod'
import { type Address, type ChainKey, type Hex, NATIVE, sameAddress, type Token, tokenId } from '../../domain/assets.js'
import type { Arrival, Transfer } from '../../domain/execution/transfer.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { amountOf } from '../../domain/units/amount.js'
import type { Transfers } from '../../ports/transfers.js'
import { ask, type Bounds, RequestFailure } from './http.js'
import { createLifiClient, type LifiAccess, lifiBounds, lifiErrorCode } from './lifi-client.js'
import { TokenBook, type VenueChain } from './token-book.js'
import { address, chainId, hash } from './wire.js'

/** What a transaction moved, read from its receipt in a canonical block. */
export interface PayoutReceipt {
  readonly block: BlockRef
  readonly isSuccess: boolean
  /** Who sent the transaction. */
  readonly sender: Address
  /** Its Transfer events; payouts in native coin count when they stand here under the address of the coin. */
  readonly transfers: readonly { readonly token: Address; readonly to: Address; readonly units: bigint }[]
}

export interface LifiTransfersOptions extends LifiAccess {
  readonly chains: readonly VenueChain[]
  readonly tokens: readonly Token[]
  /** Undefined while no canonical block has the transaction. Rejects when the chain could not be asked. */
  readonly receipt: (chain: ChainKey, hash: Hex) => Promise<PayoutReceipt | undefined>
}

const wireStatus = z.object({
  status: z.enum(['DONE', 'FAILED']),
  receiving: z.object({
    chainId,
    txHash: hash,
    token: z.object({ address }).optional().catch(undefined),
  }),
})

/** API codes that mean LI.FI knows nothing about the transaction: not indexed yet, or no transfer of its. */
const UNKNOWN_TRANSACTION = [1003, 1011]

/** How far a block's time may lie before our own clock. */
const CLOCK_TOLERANCE_MS = 120_000

/**
 * LI.FI's status behind the Transfers port, asked through its own SDK.
 *
 * Guarantees: an arrival is what a successful receipt says was paid to our account in a configured token; the status
 * only names the transaction to look at, and its words on success, amount and refund are not read. A transaction that
 * is already booked, that we sent ourselves, that is older than the sending, or that pays less than half of what is
 * expected is no arrival.
 *
 * Does not guarantee: that the payout belongs to this very transfer. No field of a receipt proves that; who books it
 * keeps each payout to one transfer and compares the amount with the expected one.
 */
export class LifiTransfers implements Transfers {
  readonly #options: LifiTransfersOptions
  readonly #client: SDKClient
  readonly #bounds: Bounds
  readonly #tokens: TokenBook

  constructor(options: LifiTransfersOptions) {
    this.#options = options
    this.#client = createLifiClient(options)
    this.#bounds = lifiBounds(options)
    this.#tokens = new TokenBook(options.chains, options.tokens, () => NATIVE)
  }

  async find(transfer: Transfer, claimed: readonly Hex[]): Promise<Arrival | undefined> {
    const hint = wireStatus.safeParse(await this.#status(transfer)).data?.receiving
    if (!hint) return undefined
    const { txHash, chainId, token } = hint
    const chain = this.#tokens.chainOf(chainId)
    const taken = [transfer.originHash, ...claimed].map((known) => known.toLowerCase())
    if (chain === undefined || taken.includes(txHash.toLowerCase())) return undefined
    const receipt = await this.#options.receipt(chain, txHash)
    if (!receipt?.isSuccess || sameAddress(receipt.sender, transfer.account)) return undefined
    if (receipt.block.timestamp * 1_000 < transfer.sentAt - CLOCK_TOLERANCE_MS) return undefined

    const paid = receipt.transfers.filter(({ to, units }) => units > 0n && sameAddress(to, transfer.account))
    const arrived = paid.map((payout) => this.#tokens.find(chainId, payout.token)).filter((one) => one !== undefined)
    const received =
      arrived.find((one) => tokenId(one) === tokenId(transfer.expected.token)) ??
      arrived.find((one) => token && sameAddress(one.address, token.address)) ??
      arrived[0]
    if (!received) return undefined
    const units = paid
      .filter((payout) => sameAddress(payout.token, received.address))
      .reduce((sum, payout) => sum + payout.units, 0n)
    const isDust = tokenId(received) === tokenId(transfer.expected.token) && units * 2n < transfer.expected.units
    return isDust ? undefined : { chain, hash: txHash, block: receipt.block, amount: amountOf(received, units) }
  }

  /** The body of the status, undefined while LI.FI does not know the transaction. */
  async #status({ origin, originHash, destination, bridge }: Transfer): Promise<unknown> {
    const [tool = bridge] = bridge.split(' ')
    try {
      return await ask(this.#bounds, () =>
        getStatus(this.#client, {
          txHash: originHash,
          bridge: tool,
          fromChain: this.#tokens.chainId(origin),
          toChain: this.#tokens.chainId(destination),
        }),
      )
    } catch (cause) {
      const code = cause instanceof RequestFailure && cause.answer ? lifiErrorCode(cause.answer.json) : undefined
      if (code !== undefined && UNKNOWN_TRANSACTION.includes(code)) return undefined
      throw cause
    }
  }
}
