import { EventSource, type FetchLike } from 'eventsource'
import type { ApiClient } from './client.js'
import { ApiProblem } from './problem.js'
import { EVENT_TYPES, type EventType } from './stale.js'

export type LiveStatus =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Milliseconds since 1970. */
  | { readonly kind: 'lost'; readonly since: number; readonly reason: string }

/** The daemon says something, if only that it is there, more often than this. */
const SILENCE_MS = 45_000
/** Pause before a new attempt where the stream was refused; a broken one begins anew by itself. */
const REOPEN_MS = 5_000

/**
 * What happens, as the daemon tells it. A lost stream is taken up again after the last event that came; what was missed
 * in between is told then.
 */
export class LiveStream {
  #status: LiveStatus = { kind: 'connecting' }
  #source: EventSource | undefined
  #lastEventId = ''
  #silence: number | undefined
  #reopening: number | undefined
  readonly #listeners = new Set<() => void>()

  constructor(
    private readonly client: ApiClient,
    private readonly onEvent: (type: EventType) => void,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly status = (): LiveStatus => this.#status

  open(): void {
    const source = new EventSource('/v1/events', { fetch: this.#fetch })
    this.#source = source
    source.addEventListener('open', () => this.#opened())
    for (const type of EVENT_TYPES)
      source.addEventListener(type, (event) => {
        this.#lastEventId = event.lastEventId
        this.onEvent(type)
      })
    source.addEventListener('error', ({ message }) => {
      this.#lost(message ?? 'The connection broke off.')
      // Refused rather than broken: the source does not try again by itself.
      if (source.readyState === source.CLOSED) this.#reopenLater()
    })
  }

  close(): void {
    window.clearTimeout(this.#silence)
    window.clearTimeout(this.#reopening)
    this.#source?.close()
    this.#source = undefined
  }

  /** With the token, which the platform's own EventSource cannot send; and listening for whether anything comes at all. */
  readonly #fetch: FetchLike = async (url, init) => {
    const headers = new Headers(init.headers)
    if (!headers.has('Last-Event-ID') && this.#lastEventId !== '') headers.set('Last-Event-ID', this.#lastEventId)
    const response = await this.client
      .send(String(url), { headers, signal: init.signal as AbortSignal })
      .catch((error: unknown) => {
        if (error instanceof ApiProblem && error.status > 0)
          return new Response(null, { status: error.status, statusText: error.title })
        throw error
      })
    const heard = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.#heard()
        controller.enqueue(chunk)
      },
    })
    const { status, redirected } = response
    return {
      body: response.body?.pipeThrough(heard) ?? null,
      url: String(url),
      status,
      redirected,
      headers: response.headers,
    }
  }

  #opened(): void {
    this.#set({ kind: 'live' })
    this.#heard()
  }

  #heard(): void {
    window.clearTimeout(this.#silence)
    this.#silence = window.setTimeout(() => {
      this.#lost('Nothing has come for a while.')
      this.#source?.close()
      this.#reopenLater()
    }, SILENCE_MS)
  }

  #lost(reason: string): void {
    window.clearTimeout(this.#silence)
    if (this.#status.kind !== 'lost') this.#set({ kind: 'lost', since: Date.now(), reason })
  }

  #reopenLater(): void {
    window.clearTimeout(this.#reopening)
    this.#reopening = window.setTimeout(() => {
      if (this.#source) this.open()
    }, REOPEN_MS)
  }

  #set(status: LiveStatus): void {
    this.#status = status
    for (const listener of this.#listeners) listener()
  }
}
