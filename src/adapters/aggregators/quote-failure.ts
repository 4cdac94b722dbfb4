import type { QuoteFailureKind, VenueKey } from '../../domain/planning/quote.js'
import { QuoteError } from '../../ports/quotes.js'
import { type Answer, NotAskedFailure, RequestFailure } from './http.js'

/** What a venue's own error body says. */
export interface Verdict {
  /** The status it puts in the body, where that differs from the one of the transport. */
  readonly status?: number | undefined
  /** Where the body is more precise than the status. */
  readonly kind?: QuoteFailureKind | undefined
  readonly text: string
}

/** The failure of a call as the port names it. Errors that are not about the call are given back unchanged. */
export function asQuoteError(venue: VenueKey, cause: unknown, judge: (json: unknown) => Verdict): unknown {
  if (!(cause instanceof RequestFailure)) return cause
  const { answer, message } = cause
  if (cause instanceof NotAskedFailure) return new QuoteError(venue, 'rate-limited', message, { cause })
  if (!answer) return new QuoteError(venue, 'unavailable', message, { cause })
  const verdict = answer.json === undefined ? { text: '' } : judge(answer.json)
  const status = verdict.status ?? answer.status
  const kind = verdict.kind ?? kindOfStatus(status)
  const text = plainText(verdict.text)
  if (kind === 'malformed')
    return new QuoteError(venue, kind, `QUOTE_SCHEMA ${venue}: ${message} ${text}`.trim(), { cause })
  const wait = kind === 'rate-limited' ? ` ${waitOf(answer)}` : ''
  return new QuoteError(venue, kind, `${venue} answered ${status}: ${text || 'no reason given'}.${wait}`, { cause })
}

function kindOfStatus(status: number): QuoteFailureKind {
  if (status < 300) return 'malformed'
  if (status === 429) return 'rate-limited'
  if (status === 408 || status === 424 || status >= 500) return 'unavailable'
  return 'rejected'
}

function waitOf({ headers }: Answer): string {
  const seconds = headers.get('ratelimit-reset') ?? headers.get('retry-after')
  return seconds && /^\d{1,6}$/.test(seconds) ? `Ask again in ${seconds} s.` : 'It does not say for how long.'
}

/** Foreign text, fit for a log line: printable, short, without its final stop. */
function plainText(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .slice(0, 300)
    .trim()
    .replace(/\.$/, '')
}
