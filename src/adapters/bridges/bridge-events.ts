import { type AbiEvent, type Address, decodeEventLog, encodeEventTopics, type Hex, parseAbiItem } from 'viem'
import { type ChainKey, sameAddress } from '../../domain/assets.js'

/** An event as a transaction's receipt shows it. */
export interface ChainEvent {
  readonly address: Address
  readonly topics: readonly Hex[]
  readonly data: Hex
  /** Place among the events of the block. */
  readonly log: number
}

/** How a bridge's contracts tell what becomes of a transfer, as the configuration says it. */
export interface BridgeEventOptions {
  readonly key: string
  readonly contracts: Readonly<Record<ChainKey, Address>>
  /** Signatures: `event Name(type indexed name, …)`. */
  readonly deposit: string
  readonly payout: string
  readonly refund: string | undefined
  /** Argument that names the transfer in all of them; indexed in payout and refund, so that it can be searched for. */
  readonly id: string
  /** Indexed argument of the payout with the chain id of the origin, where ids are counted per origin. */
  readonly origin: string | undefined
}

type Topics = readonly (Hex | null)[]

/** What to search for: topics in their order, null for any. */
export interface EventQuery {
  readonly address: Address
  readonly topics: Topics
}

/**
 * The events of one bridge. Reads the id of a transfer from its deposit and says by which events it pays out. Throws
 * RangeError for signatures that cannot serve: not readable, without the id, or with an id that cannot be searched for.
 */
export class BridgeEvents {
  readonly key: string
  readonly #contracts: BridgeEventOptions['contracts']
  readonly #deposit: AbiEvent
  readonly #payout: AbiEvent
  readonly #refund: AbiEvent | undefined
  readonly #id: string
  readonly #origin: string | undefined

  constructor({ key, contracts, deposit, payout, refund, id, origin }: BridgeEventOptions) {
    this.key = key
    this.#contracts = contracts
    this.#id = id
    this.#origin = origin
    const path = `bridges.${key}.events`
    this.#deposit = parseEvent(`${path}.deposit`, deposit, [id], [])
    this.#payout = parseEvent(`${path}.payout`, payout, [], origin === undefined ? [id] : [id, origin])
    this.#refund = refund === undefined ? undefined : parseEvent(`${path}.refund`, refund, [], [id])
  }

  get tellsRefunds(): boolean {
    return this.#refund !== undefined
  }

  /** The id that the deposit in these events of one transaction gave the transfer. */
  idOf(chain: ChainKey, events: readonly ChainEvent[]): unknown {
    const contract = this.#contract(chain)
    const topic = this.#topics(this.#deposit, {})[0]
    const [event, ...more] = events.filter(
      ({ address, topics }) => sameAddress(address, contract) && topics[0] === topic,
    )
    if (!event || more.length > 0)
      throw new Error(
        `Expected one ${this.#deposit.name} of ${contract} on ${chain}, came ${event ? more.length + 1 : 0}; correct bridges.${this.key}.`,
      )
    return argumentsOf(this.#deposit, event)[this.#id]
  }

  /** `originId`: the chain id of the origin. */
  payoutQuery(chain: ChainKey, id: unknown, originId: number): EventQuery {
    const args = { [this.#id]: id, ...(this.#origin !== undefined && { [this.#origin]: BigInt(originId) }) }
    return { address: this.#contract(chain), topics: this.#topics(this.#payout, args) }
  }

  /** Undefined where the bridge does not tell refunds by id. */
  refundQuery(chain: ChainKey, id: unknown): EventQuery | undefined {
    if (!this.#refund) return undefined
    return { address: this.#contract(chain), topics: this.#topics(this.#refund, { [this.#id]: id }) }
  }

  /** Whether with this event the bridge pays out or gives back, whatever transfer. */
  tells(chain: ChainKey, event: ChainEvent): boolean {
    const contract = this.#contracts[chain]
    return contract !== undefined && sameAddress(event.address, contract) && this.#outcomeOf(event) !== undefined
  }

  /** Whether the event says that so many units go to this account, whatever its arguments are called. */
  names(event: ChainEvent, units: bigint, account: Address): boolean {
    const abi = this.#outcomeOf(event)
    if (!abi) return false
    const isMentioned = [event.data, ...event.topics].some((one) =>
      one.toLowerCase().includes(account.slice(2).toLowerCase()),
    )
    return isMentioned && Object.values(argumentsOf(abi, event)).includes(units)
  }

  /** Which of payout and refund the event is. */
  #outcomeOf({ topics }: ChainEvent): AbiEvent | undefined {
    return [this.#payout, ...(this.#refund ? [this.#refund] : [])].find((one) => this.#topics(one, {})[0] === topics[0])
  }

  #contract(chain: ChainKey): Address {
    const contract = this.#contracts[chain]
    if (!contract)
      throw new Error(
        `Expected a contract of ${this.key} on ${chain}, none is configured; add bridges.${this.key}.contracts.${chain}.`,
      )
    return contract
  }

  #topics(event: AbiEvent, args: Record<string, unknown>): Topics {
    return encodeEventTopics({ abi: [event], args } as never) as Topics
  }
}

/** Whether an event is one of those that the query asks for. */
export function answers({ address, topics }: ChainEvent, query: EventQuery): boolean {
  return (
    sameAddress(address, query.address) && query.topics.every((one, index) => one === null || one === topics[index])
  )
}

function argumentsOf(event: AbiEvent, { topics, data }: ChainEvent): Record<string, unknown> {
  const { args } = decodeEventLog({ abi: [event], topics: [...topics] as [Hex, ...Hex[]], data })
  return (args ?? {}) as Record<string, unknown>
}

/** An event that has the arguments, those of the second list indexed. */
function parseEvent(path: string, signature: string, present: readonly string[], indexed: readonly string[]): AbiEvent {
  let event: AbiEvent
  try {
    event = parseAbiItem(signature as 'event Any()') as AbiEvent
  } catch (cause) {
    throw new RangeError(
      `${path}: expected an event such as 'event Paid(bytes32 indexed id, uint256 amount)', got ${signature}`,
      { cause },
    )
  }
  if (event.type !== 'event') throw new RangeError(`${path}: expected an event, got ${signature}`)
  for (const name of [...present, ...indexed]) {
    const input = event.inputs.find((one) => one.name === name)
    if (!input) throw new RangeError(`${path}: expected an argument ${name} in ${signature}`)
    if (indexed.includes(name) && !input.indexed)
      throw new RangeError(`${path}: expected the argument ${name} to be indexed in ${signature}: it is searched for`)
  }
  return event
}
