import { type Address, type ChainKey, type Hex, type Token, tokenId } from '../assets.js'
import type { TokenAmount } from '../units/amount.js'
import type { Ratio } from '../units/ratio.js'

/** Name of an aggregator in the configuration. */
export type VenueKey = string

/** A swap stays on its chain; a bridge carries one asset to another chain. */
export type LegKind = 'swap' | 'bridge'

export interface QuoteRequest {
  readonly kind: LegKind
  readonly sell: TokenAmount
  readonly buy: Token
  /** Sender and receiver. */
  readonly account: Address
  /** Tolerance the venue may put between its quote and its minimum. */
  readonly maxSlippage: Ratio
  /** Exchanges the route may not use, as `Quote.sources` names them. A venue that cannot leave one out may ignore it. */
  readonly without?: readonly string[]
}

/** Equal requests have equal keys. */
export function requestKey({ kind, sell, buy }: QuoteRequest): string {
  return `${kind} ${sell.units} ${tokenId(sell.token)} > ${tokenId(buy)}`
}

/** One contract call, as it would be signed. `value` is in wei. */
export interface Call {
  readonly chain: ChainKey
  readonly to: Address
  readonly data: Hex
  readonly value: bigint
}

export interface QuoteFee {
  readonly name: string
  readonly amount: TokenAmount
  /** Whether the quoted output has it taken off already. One that is not is paid on top, in the call's value. */
  readonly isIncluded: boolean
}

export interface Quote {
  readonly venue: VenueKey
  /** What the venue says it routes through: an exchange, a list of pools; of a bridge, its key is the first word. */
  readonly tool: string
  readonly request: QuoteRequest
  readonly expectedOut: TokenAmount
  readonly minimumOut: TokenAmount
  readonly fees: readonly QuoteFee[]
  readonly gasUnits: bigint
  readonly durationSeconds: number
  /** Milliseconds since 1970. */
  readonly obtainedAt: number
  /**
   * Exchanges the route fills at, by the venue's own list, in lower-case letters and digits (`uniswapv3`). Absent where the
   * venue does not tell, or names something that itself routes: then nothing is known about the pools.
   */
  readonly sources?: readonly string[]
  /** Block the venue quoted at, where it says so. */
  readonly block?: bigint
  /** Present on firm quotes: what to send, and who must be allowed to take the sold token (nobody for native coin). */
  readonly order?: { readonly call: Call; readonly spender: Address | undefined }
}

export const QUOTE_FAILURES = ['no-route', 'rejected', 'rate-limited', 'unavailable', 'malformed'] as const
export type QuoteFailureKind = (typeof QUOTE_FAILURES)[number]

export interface QuoteFailure {
  readonly venue: VenueKey
  readonly kind: QuoteFailureKind
  readonly detail: string
}

/** Everything the venues answered to one request. */
export interface QuoteAnswers {
  readonly quotes: readonly Quote[]
  readonly failures: readonly QuoteFailure[]
}

/** One request put to one venue: the unit a quote budget counts. */
export interface QuoteAsk {
  readonly venue: VenueKey
  readonly request: QuoteRequest
}

/** The bridge a tool text names. */
export function bridgeOf(tool: string): string {
  return tool.split(' ')[0] ?? tool
}
