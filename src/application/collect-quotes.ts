import type { Event } from '../domain/events.js'
import type { Quote, QuoteAnswers, QuoteFailureKind, QuoteRequest } from '../domain/planning/quote.js'
import type { Clock } from '../ports/clock.js'
import type { Observer } from '../ports/observer.js'
import { QuoteError, type Quotes, type QuoteVenues } from '../ports/quotes.js'

/** Puts a request to every venue that serves it, at once, and keeps answers and failures alike. */
export class CollectQuotes {
  constructor(private readonly deps: { quotes: QuoteVenues; observer: Observer; clock: Clock }) {}

  indicate(request: QuoteRequest): Promise<QuoteAnswers> {
    return this.collect(request, (venue) => venue.indicate(request))
  }

  order(request: QuoteRequest): Promise<QuoteAnswers> {
    return this.collect(request, (venue) => venue.order(request))
  }

  private async collect(request: QuoteRequest, ask: (venue: Quotes) => Promise<Quote>): Promise<QuoteAnswers> {
    const { observer, clock } = this.deps
    const answers = await Promise.all(
      this.deps.quotes.venues
        .filter((venue) => venue.serves(request))
        .map(async (venue) => {
          const startedAt = clock.now()
          const tell = (outcome: 'ok' | QuoteFailureKind, detail: string) =>
            observer.notify({
              type: 'quoted',
              venue: venue.venue,
              chain: request.sell.token.chain,
              outcome,
              seconds: (clock.now() - startedAt) / 1000,
              detail,
            } satisfies Event)
          try {
            const quote = await ask(venue)
            tell('ok', quote.tool)
            return quote
          } catch (error) {
            if (!(error instanceof QuoteError)) throw error
            tell(error.kind, error.message)
            return { venue: error.venue, kind: error.kind, detail: error.message }
          }
        }),
    )
    const quotes: Quote[] = []
    const failures: QuoteAnswers['failures'][number][] = []
    for (const answer of answers)
      if ('request' in answer) quotes.push(answer)
      else failures.push(answer)
    return { quotes, failures }
  }
}
