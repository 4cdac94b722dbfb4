import type { ChainKey } from '../domain/assets.js'
import type { Call, Quote, QuoteRequest } from '../domain/planning/quote.js'
import type { Clock } from '../ports/clock.js'
import { QuoteError, Quotes } from '../ports/quotes.js'

/** Pause between two looks at whether the venue is needed elsewhere. */
const LOOK_MS = 20

/**
 * A venue for whoever must not be in the way: requests go one after another, and none while the venue is needed, so that
 * nobody waits behind more than one of them. Once the signal aborts no further one is sent.
 */
export class IdleQuotes extends Quotes {
  override readonly venue: string
  private turn: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly quotes: Quotes,
    private readonly deps: { isNeeded: () => boolean; clock: Clock; signal: AbortSignal },
  ) {
    super()
    this.venue = quotes.venue
  }

  override decode(call: Call) {
    return this.quotes.decode(call)
  }

  override serves(request: QuoteRequest) {
    return this.quotes.serves(request)
  }

  override allowed(chain: ChainKey) {
    return this.quotes.allowed(chain)
  }

  override indicate(request: QuoteRequest): Promise<Quote> {
    return this.inTurn(() => this.quotes.indicate(request))
  }

  override order(request: QuoteRequest): Promise<Quote> {
    return this.inTurn(() => this.quotes.order(request))
  }

  private inTurn(ask: () => Promise<Quote>): Promise<Quote> {
    const mine = this.turn.then(() => this.whenIdle(ask))
    this.turn = mine.catch(() => undefined)
    return mine
  }

  private async whenIdle(ask: () => Promise<Quote>): Promise<Quote> {
    const { isNeeded, clock, signal } = this.deps
    while (isNeeded() && !signal.aborted) await clock.sleep(LOOK_MS, signal)
    if (signal.aborted) throw new QuoteError(this.venue, 'unavailable', `Nothing more is asked of ${this.venue}.`)
    return ask()
  }
}
