import { getStatus, type SDKClient } from '@lifi/sdk'
import { z } from 'zod'
import { type Address, type ChainKey, type Hex, NATIVE, sameAddress, type Token, tokenId } from '../../domain/assets.js'
import type { Payout, Transfer } from '../../domain/execution/transfer.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { amountOf, type TokenAmount } from '../../domain/units/amount.js'
import type { Transfers } from '../../ports/transfers.js'
import { ask, type Bounds, RequestFailure } from './http.js'
import { createLifiClient, type LifiAccess, lifiBounds, lifiErrorCode } from './lifi-client.js'
import { TokenBook, type VenueChain } from './token-book.js'
import { chainId, hash } from './wire.js'

/** What a transaction moved, read from its receipt in a canonical block. */
export interface PayoutReceipt {
  readonly block: BlockRef
  readonly isSuccess: boolean
  /** Who sent the transaction. */
  readonly sender: Address
  /** Its Transfer events; payouts in native coin count when they stand here under the address of the coin. */
  readonly transfers: readonly {
    readonly token: Address
    readonly to: Address
    readonly units: bigint
    /** Place among the events of the block. */
    readonly log: number
  }[]
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
  }),
})

/** API codes that mean LI.FI knows nothing about the transaction: not indexed yet, or no transfer of its. */
const UNKNOWN_TRANSACTION = [1003, 1011]

/** How far a block's time may lie before our own clock. */
const CLOCK_TOLERANCE_MS = 120_000

/**
 * LI.FI's status behind the Transfers port, asked through its own SDK.
 *
 * Guarantees: a payout is what a successful receipt says was paid to our account in a configured token; the status only
 * names the transaction to look at, and its words on success, amount and refund are not read. A transaction that is
 * evidence for another transfer, that we sent ourselves, that is older than the sending, or that pays us less than half
 * of what is expected or was sent shows none.
 *
 * Does not guarantee: that the payout belongs to this very transfer. No field of a receipt proves that; so a bridge that
 * is watched by its status alone has one transfer under way per destination and token.
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

  async find(transfer: Transfer, claimed: readonly Hex[]): Promise<readonly Payout[]> {
    const hint = wireStatus.safeParse(await this.#status(transfer)).data?.receiving
    if (!hint) return []
    const { txHash, chainId } = hint
    const chain = this.#tokens.chainOf(chainId)
    const taken = [transfer.originHash, ...claimed].map((known) => known.toLowerCase())
    if (chain === undefined || taken.includes(txHash.toLowerCase())) return []
    const receipt = await this.#options.receipt(chain, txHash)
    if (!receipt?.isSuccess || sameAddress(receipt.sender, transfer.account)) return []
    if (receipt.block.timestamp * 1_000 < transfer.sentAt - CLOCK_TOLERANCE_MS) return []

    const payouts = receipt.transfers.flatMap(({ token, to, units, log }): Payout[] => {
      const known = this.#tokens.find(chainId, token)
      if (!known || units <= 0n || !sameAddress(to, transfer.account)) return []
      const amount = amountOf(known, units)
      return [{ chain, hash: txHash, log, block: receipt.block, amount, isRefund: chain === transfer.origin }]
    })
    const { expected, sent } = transfer
    const unitsOf = ({ token }: TokenAmount) =>
      payouts.reduce((sum, { amount }) => sum + (tokenId(amount.token) === tokenId(token) ? amount.units : 0n), 0n)
    const isOurs = ({ amount }: Payout) =>
      [expected, sent].some(({ token }) => tokenId(token) === tokenId(amount.token))
    const isDust = payouts.every(isOurs) && unitsOf(expected) * 2n < expected.units && unitsOf(sent) * 2n < sent.units
    return isDust ? [] : payouts
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
