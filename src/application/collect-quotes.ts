import type { Event } from '../domain/events.js'
import { InvariantError } from '../domain/errors.js'
import type {
  Quote,
  QuoteAnswers,
  QuoteAsk,
  QuoteFailure,
  QuoteFailureKind,
  QuoteRequest,
  VenueKey,
} from '../domain/planning/quote.js'
import { Narrowing } from '../domain/policy/narrowing.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import { QuoteError, type Quotes, type QuoteVenues } from '../ports/quotes.js'
import type { Store } from '../ports/store.js'

/** Puts requests to venues and keeps answers and failures alike. A failure of one venue never touches another's answer. */
export class CollectQuotes {
  private asking = 0

  constructor(
    private readonly deps: {
      quotes: QuoteVenues
      observer: Observer
      clock: Clock
      /** Whose states keep firm offers from what is paused; absent where nothing is executed. */
      store?: Pick<Store, 'operatingStates'>
    },
  ) {}

  /** Whether something was asked and is waited for. */
  isAsking(): boolean {
    return this.asking > 0
  }

  /** Venues that serve the request, in the order they are configured. */
  venuesFor(request: QuoteRequest): readonly VenueKey[] {
    return this.serving(request).map(({ venue }) => venue)
  }

  /**
   * Indications, all asked at once; replies come in the order of the asks. What has not come by the deadline (in
   * milliseconds since 1970) is a failure, and its late answer is dropped. After the deadline nobody is asked.
   */
  async ask(
    asks: readonly QuoteAsk[],
    options: { readonly deadlineMs: number },
  ): Promise<readonly (Quote | QuoteFailure)[]> {
    const { clock } = this.deps
    const { deadlineMs } = options
    const late = (venue: VenueKey): QuoteFailure => ({
      venue,
      kind: 'unavailable',
      detail: `${venue} gave no answer by the deadline of the plan, ${new Date(deadlineMs).toISOString()}.`,
    })
    const leftMs = deadlineMs - clock.now()
    if (leftMs <= 0) return Promise.all(asks.map(({ venue, request }) => this.told(request, async () => late(venue))))
    const isOver = new AbortController()
    const deadline = clock.sleep(leftMs, isOver.signal)
    try {
      return await Promise.all(
        asks.map(({ venue, request }) => {
          const reply = this.reply(venue, (quotes) => quotes.indicate(request))
          return this.told(request, () => Promise.race([reply, deadline.then(() => late(venue))]))
        }),
      )
    } finally {
      isOver.abort()
    }
  }

  /** Firm quotes of every venue that serves the request. Venues, chains, assets and bridges that are paused give none. */
  async order(request: QuoteRequest): Promise<QuoteAnswers> {
    const narrowing = new Narrowing((await this.deps.store?.operatingStates()) ?? [])
    const venues = narrowing.venues(request, this.venuesFor(request))
    const replies = await Promise.all(venues.map((venue) => this.orderFrom({ venue, request })))
    const quotes: Quote[] = []
    const failures: QuoteFailure[] = []
    for (const reply of replies.map((one) => narrowing.reply(one)))
      if ('request' in reply) quotes.push(reply)
      else failures.push(reply)
    return { quotes, failures }
  }

  /** A firm quote of one venue. */
  orderFrom({ venue, request }: QuoteAsk): Promise<Quote | QuoteFailure> {
    return this.told(request, () => this.reply(venue, (quotes) => quotes.order(request)))
  }

  private serving(request: QuoteRequest): readonly Quotes[] {
    return this.deps.quotes.venues.filter((venue) => venue.serves(request))
  }

  private async reply(key: VenueKey, ask: (venue: Quotes) => Promise<Quote>): Promise<Quote | QuoteFailure> {
    const venue = this.deps.quotes.venues.find((one) => one.venue === key)
    if (!venue) throw new InvariantError(`A quote was asked of ${key}, which is not configured.`)
    try {
      return await ask(venue)
    } catch (error) {
      if (!(error instanceof QuoteError)) throw error
      return { venue: error.venue, kind: error.kind, detail: error.message }
    }
  }

  private async told(request: QuoteRequest, ask: () => Promise<Quote | QuoteFailure>): Promise<Quote | QuoteFailure> {
    const { observer, clock } = this.deps
    const startedAt = clock.now()
    this.asking += 1
    const reply = await ask().finally(() => (this.asking -= 1))
    const [outcome, detail]: [QuoteFailureKind | 'ok', string] =
      'request' in reply ? ['ok', reply.tool] : [reply.kind, reply.detail]
    observer.notify({
      type: 'quoted',
      venue: reply.venue,
      chain: request.sell.token.chain,
      outcome,
      seconds: (clock.now() - startedAt) / 1000,
      detail,
    } satisfies Event)
    return reply
  }
}
