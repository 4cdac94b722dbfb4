import type { Refusal } from '../domain/errors.js'
import type { Call, Quote, QuoteFailureKind, QuoteRequest, VenueKey } from '../domain/planning/quote.js'
import type { CallClaim } from '../domain/policy/firewall.js'
import type { AllowedContracts } from '../domain/policy/limits.js'
import type { ChainKey } from '../domain/assets.js'

/** Why a venue did not quote. Retrying looks at `kind`, never at the message. */
export class QuoteError extends Error {
  override readonly name = 'QuoteError'
  constructor(
    readonly venue: VenueKey,
    readonly kind: QuoteFailureKind,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

/** What a venue can be configured to do. */
export type Service = 'swap' | 'bridge' | 'cross'

/** A bridge into another asset is a crossing: a swap on the origin chain and the bridge, in one call. */
export function serviceOf({ kind, sell, buy }: QuoteRequest): Service {
  return kind === 'bridge' && sell.token.asset !== buy.asset ? 'cross' : kind
}

/** One aggregator. Answers questions; never signs, sends or tracks. */
export abstract class Quotes {
  /** What a call of this venue says it does, read from its bytes alone; opaque bytes are a refusal (C-05). */
  abstract decode(call: Call): CallClaim | Refusal

  abstract readonly venue: VenueKey
  /** Whether a request may be put to this venue at all. */
  abstract serves(request: QuoteRequest): boolean
  /** What a call to this venue may touch on a chain. */
  abstract allowed(chain: ChainKey): AllowedContracts
  /** An indication for planning. Rejects with QuoteError. */
  abstract indicate(request: QuoteRequest): Promise<Quote>
  /** A firm quote with its `order`, asked for right before signing. Rejects with QuoteError. */
  abstract order(request: QuoteRequest): Promise<Quote>
}

/** All configured aggregators. */
export class QuoteVenues {
  constructor(readonly venues: readonly Quotes[]) {}
}
