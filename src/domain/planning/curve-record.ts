import type { ChainKey } from '../assets.js'
import type { Price } from '../units/usd.js'
import type { VenueKey } from './quote.js'

/** One observed point of a curve, from one quote. Values in USD at our own prices of that moment. */
export interface CurveSample {
  readonly venue: VenueKey
  readonly tool: string
  /** Value sent and value received, gas left out. Both positive. */
  readonly sent: number
  readonly received: number
  /** Of what is lost, what the venue names as fees. */
  readonly fees: number
  /** Paid on top of the sale, in the chain's coin; not part of the loss between sent and received. */
  readonly onTop: number
  /** Gas units of the call, an approval included where the sale needs one. */
  readonly gasUnits: number
  /** Exchanges filled at, where known; see `Quote.sources`. */
  readonly sources: readonly string[] | undefined
  readonly durationSeconds: number
  /** Milliseconds since 1970. */
  readonly obtainedAt: number
  readonly block: bigint | undefined
  /** Our prices of the sold and the bought asset at that moment: a curve dies when they have moved too far. */
  readonly prices: readonly [sold: Price, bought: Price]
}

/** What is known about trading from one token to another, kept from plan to plan. */
export interface CurveRecord {
  /** `<kind> <token id> > <token id>`, see `arcKey`. */
  readonly key: string
  readonly chain: ChainKey
  readonly samples: readonly CurveSample[]
}
