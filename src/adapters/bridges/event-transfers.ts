import { type Address, type ChainKey, type Hex, isNative, sameAddress, type Token } from '../../domain/assets.js'
import type { Payout, Transfer } from '../../domain/execution/transfer.js'
import type { BlockRef } from '../../domain/portfolio/snapshot.js'
import { amountOf } from '../../domain/units/amount.js'
import type { Observer } from '../../ports/observer.js'
import type { Transfers } from '../../ports/transfers.js'
import { answers, BridgeEvents, type BridgeEventOptions, type ChainEvent, type EventQuery } from './bridge-events.js'

/** What a transaction did, read from its receipt in a canonical block. */
export interface EventReceipt {
  readonly block: BlockRef
  readonly isSuccess: boolean
  readonly events: readonly ChainEvent[]
  /** Its Transfer events. */
  readonly transfers: readonly {
    readonly token: Address
    readonly to: Address
    readonly units: bigint
    readonly log: number
  }[]
}

/** What is asked of the chains. Every method rejects when the chain could not be asked. */
export interface EventChain {
  chainId(chain: ChainKey): number
  /** Undefined while no canonical block has the transaction. */
  receipt(chain: ChainKey, hash: Hex): Promise<EventReceipt | undefined>
  /** Transactions with such an event in these blocks. One too many does no harm, each is looked at. */
  transactionsWith(chain: ChainKey, query: EventQuery, fromBlock: bigint, toBlock: bigint): Promise<readonly Hex[]>
  /** Heights of the latest and the finalised block. */
  heights(chain: ChainKey): Promise<{ readonly head: bigint; readonly finalized: bigint }>
  /** Seconds since 1970. */
  timestamp(chain: ChainKey, block: bigint): Promise<number>
  /** By how many wei the account's coin grew in a block. */
  coinGain(chain: ChainKey, account: Address, block: bigint): Promise<bigint>
}

export interface EventTransfersOptions {
  readonly bridges: readonly BridgeEventOptions[]
  readonly tokens: readonly Token[]
  readonly chain: EventChain
  /** Most blocks that are searched at once. */
  readonly maxBlocks: number
  /** For bridges without events, and for refunds that a bridge does not tell by id. */
  readonly hints: Transfers
  /** Is told where hints failed and what events prove is answered without them. */
  readonly observer: Observer
}

/** How far the clocks of two chains may lie apart. */
const CLOCK_TOLERANCE_SECONDS = 120

/** How far one chain was searched for one transfer: everything below `next` for good. */
interface Search {
  next: bigint
  readonly hashes: Set<Hex>
}

/**
 * Finds payouts by the id that the bridge's own contracts give a transfer (4.8, R-06).
 *
 * Guarantees, for a bridge whose events are configured: a delivery is what a successful receipt says was paid to our
 * account in a configured token, in a transaction in which the pinned contract of the bridge named our transfer. The
 * id is read from the deposit in our own transaction. No service is asked for deliveries, so none can mislead about
 * one or about there being none, and none that fails hides one. The same holds for refunds where the bridge tells
 * them by id. Where it does not, the hints are followed to refunds on the origin, and nothing else that they show is
 * taken. Where one transaction pays us more than once, or configured bridges tell several transfers in it, each
 * transfer gets the amount that its own event names, and no payment goes to two of them.
 *
 * A refund that hints led to is answered while they fail too, as long as its receipt shows it. For a bridge that is
 * not configured it answers what the hints do, and rejects when they do.
 *
 * Does not guarantee: to find new refunds without an id while the hints fail. To find a payment beside others whose
 * event names another amount, or coin that came in a block in which the account's own transactions moved coin too:
 * coin leaves no event, and its balance does not show the amount then. Remembers how far it has searched; searches
 * anew after a start and when the transfer's state changes, should an endpoint have left something out.
 */
export class EventTransfers implements Transfers {
  readonly #options: EventTransfersOptions
  readonly #bridges: ReadonlyMap<string, BridgeEvents>
  readonly #ids = new Map<string, unknown>()
  readonly #searches = new Map<string, Search>()
  /** By block and account: nodes forget the balances of old blocks. */
  readonly #gains = new Map<string, bigint>()

  constructor(options: EventTransfersOptions) {
    this.#options = options
    this.#bridges = new Map(options.bridges.map((bridge) => [bridge.key, new BridgeEvents(bridge)]))
  }

  async find(transfer: Transfer, claimed: readonly Hex[]): Promise<readonly Payout[]> {
    const { hints, chain } = this.#options
    const bridge = this.#bridges.get(transfer.bridge)
    if (!bridge) return hints.find(transfer, claimed)
    const { origin, destination } = transfer
    const id = await this.#idOf(bridge, transfer)
    const paid = await Promise.all([
      this.#payouts(bridge, transfer, destination, bridge.payoutQuery(destination, id, chain.chainId(origin)), false),
      ...[origin, destination].map((side) => this.#payouts(bridge, transfer, side, bridge.refundQuery(side, id), true)),
    ])
    if (bridge.tellsRefunds) return paid.flat()
    return [...paid.flat(), ...(await this.#hintedRefunds(transfer, claimed))]
  }

  /** Refunds that a bridge tells without an id. While the hints fail, those they led to that the chain still shows. */
  async #hintedRefunds(transfer: Transfer, claimed: readonly Hex[]): Promise<readonly Payout[]> {
    const { hints, observer } = this.#options
    try {
      return (await hints.find(transfer, claimed)).filter(({ chain }) => chain === transfer.origin)
    } catch (error) {
      const what = `asking the status service for a refund of transfer ${transfer.id}`
      observer.notify({ type: 'failed', what, isRetried: true, error })
      const known = transfer.arrivals.filter(({ chain, isRefund }) => isRefund && chain === transfer.origin)
      return (await Promise.all(known.map((refund) => this.#shownAgain(refund, transfer.account)))).flat()
    }
  }

  /** The payout as its chain shows it now; none where it does not. */
  async #shownAgain({ chain, hash, log, amount, isRefund }: Payout, account: Address): Promise<Payout[]> {
    const receipt = await this.#options.chain.receipt(chain, hash)
    if (!receipt?.isSuccess) return []
    const isShown = receipt.transfers.some(
      (one) =>
        one.log === log &&
        one.units === amount.units &&
        sameAddress(one.token, amount.token.address) &&
        sameAddress(one.to, account),
    )
    return isShown ? [{ chain, hash, log, block: receipt.block, amount, isRefund }] : []
  }

  async #idOf(bridge: BridgeEvents, { id, origin, originHash }: Transfer): Promise<unknown> {
    if (!this.#ids.has(id)) {
      const receipt = await this.#options.chain.receipt(origin, originHash)
      if (!receipt) throw new Error(`Transaction ${originHash}, which is final, is in no canonical block of ${origin}.`)
      this.#ids.set(id, bridge.idOf(origin, receipt.events))
    }
    return this.#ids.get(id)
  }

  async #payouts(
    bridge: BridgeEvents,
    transfer: Transfer,
    chain: ChainKey,
    query: EventQuery | undefined,
    isRefund: boolean,
  ): Promise<Payout[]> {
    if (!query) return []
    const hashes = await this.#search(
      `${transfer.id} ${transfer.state} ${chain} ${query.topics[0]}`,
      chain,
      query,
      transfer.sentAt,
    )
    const payouts = await Promise.all(
      [...hashes].map(async (hash) => {
        const receipt = await this.#options.chain.receipt(chain, hash)
        if (!receipt?.isSuccess) return []
        const paid = await this.#paidBy(bridge, receipt, query, chain, transfer.account)
        return paid.map(({ token, units, log }): Payout => {
          return { chain, hash, log, block: receipt.block, amount: amountOf(token, units), isRefund }
        })
      }),
    )
    return payouts.flat()
  }

  /** Transactions with the event, from the time of sending to the latest block. */
  async #search(key: string, chain: ChainKey, query: EventQuery, sentAt: number): Promise<ReadonlySet<Hex>> {
    const { chain: chains, maxBlocks } = this.#options
    const { head, finalized } = await chains.heights(chain)
    const known = this.#searches.get(key)
    const search = known ?? { next: await this.#firstBlock(chain, head, sentAt), hashes: new Set() }
    this.#searches.set(key, search)
    for (let from = search.next; from <= head;) {
      const last = from + BigInt(maxBlocks) - 1n
      const to = last < head ? last : head
      for (const hash of await chains.transactionsWith(chain, query, from, to)) search.hashes.add(hash)
      from = to + 1n
      const done = finalized < to ? finalized + 1n : from
      if (done > search.next) search.next = done
    }
    return search.hashes
  }

  /** A block not later than the first one after this time, found by steps that double, then halve. */
  async #firstBlock(chain: ChainKey, head: bigint, sentAt: number): Promise<bigint> {
    const time = Math.floor(sentAt / 1_000) - CLOCK_TOLERANCE_SECONDS
    const isBefore = async (block: bigint) => (await this.#options.chain.timestamp(chain, block)) < time
    let late = head
    let step = 1n
    while (late > 0n && !(await isBefore(late > step ? late - step : 0n))) {
      late = late > step ? late - step : 0n
      step *= 2n
    }
    let early = late > step ? late - step : 0n
    while (late - early > 1n) {
      const middle = (early + late) / 2n
      if (await isBefore(middle)) early = middle
      else late = middle
    }
    return early
  }

  /** What of a receipt's payments to the account belongs to the event of the query. */
  async #paidBy(
    bridge: BridgeEvents,
    { block, events, transfers }: EventReceipt,
    query: EventQuery,
    chain: ChainKey,
    account: Address,
  ): Promise<{ token: Token; units: bigint; log: number }[]> {
    const ours = events.find((event) => answers(event, query))
    if (!ours) return []
    const tokens = this.#options.tokens.filter((token) => token.chain === chain)
    const paid = transfers.flatMap(({ token: address, to, units, log }) => {
      const token = tokens.find((one) => sameAddress(one.address, address))
      return token && units > 0n && sameAddress(to, account) ? [{ token, units, log }] : []
    })
    const bridges = [...this.#bridges.values()]
    const peers = events.filter((event) => bridges.some((one) => one.tells(chain, event)))
    if (peers.length === 1 && paid.length === 1) return paid
    const named = paid.filter(({ units, log }) => {
      const rivals = peers.filter((event) =>
        bridges.some((one) => one.tells(chain, event) && one.names(event, units, account)),
      )
      const alike = paid.filter((one) => one.units === units)
      return alike.findIndex((one) => one.log === log) === rivals.indexOf(ours)
    })
    const coin = tokens.find(isNative)
    if (named.length > 0 || !coin) return named
    const key = `${block.hash} ${account}`
    const gain = this.#gains.get(key) ?? (await this.#options.chain.coinGain(chain, account, block.number))
    this.#gains.set(key, gain)
    return gain > 0n && bridge.names(ours, gain, account) ? [{ token: coin, units: gain, log: ours.log }] : []
  }
}
