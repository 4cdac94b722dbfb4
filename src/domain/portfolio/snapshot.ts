import type { AssetKey, ChainKey, Hex, Token } from '../assets.js'
import type { TokenAmount } from '../units/amount.js'
import type { Price } from '../units/usd.js'

export interface BlockRef {
  readonly number: bigint
  readonly hash: Hex
  /** Seconds since 1970, as the chain writes it. */
  readonly timestamp: number
}

export interface TokenProblem {
  readonly token: Token
  readonly reason: string
}

/** What one chain answered: everything at one block, or nothing at all. */
export type ChainReading =
  | {
      readonly chain: ChainKey
      readonly status: 'known'
      readonly block: BlockRef
      /** Wei per gas of that block. */ readonly baseFee: bigint
      readonly holdings: readonly TokenAmount[]
      /** Beside the holdings: found on the account and not classified by a person yet. Absent where there is none. */
      readonly unattributed?: readonly TokenAmount[]
      /** Tokens that did not answer as configured; what is held of them is unknown. */
      readonly problems: readonly TokenProblem[]
    }
  | { readonly chain: ChainKey; readonly status: 'unknown'; readonly reason: string }

/** What left one chain and has not been seen on the other, counted in the token it is to arrive as. */
export interface InTransit {
  readonly transferId: string
  readonly origin: ChainKey
  readonly amount: TokenAmount
  /** Overdue: it may have arrived unseen, so its asset counts as unknown until it is found. */
  readonly isLate: boolean
}

/** One source's word on one asset. A source that could not answer is an unusable reading, not a missing one. */
export type SourceReading =
  | {
      readonly asset: AssetKey
      readonly source: string
      readonly status: 'usable'
      readonly price: Price
      /** Seconds since 1970 that the price itself carries, not when it was asked for. */
      readonly timestamp: number
    }
  | { readonly asset: AssetKey; readonly source: string; readonly status: 'unusable'; readonly reason: string }

export type AssetPrice =
  | {
      readonly asset: AssetKey
      readonly status: 'known'
      readonly price: Price
      readonly sources: readonly SourceReading[]
    }
  | {
      readonly asset: AssetKey
      readonly status: 'unknown'
      readonly reason: string
      readonly sources: readonly SourceReading[]
    }

/** Holdings, in transit and prices, taken together. The only look at the world a decision rests on. */
export interface Snapshot {
  readonly portfolio: string
  /** Milliseconds since 1970. */
  readonly takenAt: number
  readonly chains: readonly ChainReading[]
  readonly inTransit: readonly InTransit[]
  readonly prices: readonly AssetPrice[]
}
