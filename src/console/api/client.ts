import { noAnswer, problemOf } from './problem.js'

/** What the daemon said of something it was told to do. */
export interface Acted<T> {
  readonly answer: T
  /** The daemon had done it before and gave its answer again. */
  readonly isReplayed: boolean
}

export interface ActOptions {
  /** New for each deed, the same for each attempt at it. */
  readonly key: string
  /** ETag of what was looked at, where the route wants it. */
  readonly ifMatch?: string
}

interface Kept {
  readonly etag: string
  readonly value: unknown
}

/** Most answers kept for asking whether they still hold; the oldest goes first. */
const MOST_KEPT = 200

/** The daemon's API for one caller. The token lives in this object and nowhere else. */
export class ApiClient {
  readonly #token: string
  readonly #onRefused: () => void
  readonly #kept = new Map<string, Kept>()

  /** `onRefused` is told when the token does not count any more. */
  constructor(token: string, onRefused: () => void) {
    this.#token = token
    this.#onRefused = onRefused
  }

  /** Throws ApiProblem. An answer that has not changed is the same object as before. */
  async read<T>(path: string, signal?: AbortSignal): Promise<T> {
    const kept = this.#kept.get(path)
    const response = await this.send(path, {
      headers: { ...(kept && { 'If-None-Match': kept.etag }) },
      ...(signal && { signal }),
    })
    if (response.status === 304 && kept) return kept.value as T
    const value = (await response.json()) as T
    const etag = response.headers.get('ETag')
    if (etag !== null) this.#keep(path, { etag, value })
    return value
  }

  /** The ETag of what `path` answered last here: for `ifMatch`. */
  etagOf(path: string): string | undefined {
    return this.#kept.get(path)?.etag
  }

  /** Throws ApiProblem; its status is 0 where no answer came, and then nobody knows whether it was done. */
  async act<T>(path: string, body: object, { key, ifMatch }: ActOptions): Promise<Acted<T>> {
    const response = await this.send(path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
        ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
      },
      body: JSON.stringify(body),
    })
    return {
      answer: (await response.json()) as T,
      isReplayed: response.headers.get('Idempotent-Replayed') === 'true',
    }
  }

  /** Any request with the token. Throws ApiProblem for whatever is neither good nor unchanged. */
  async send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('Authorization', `Bearer ${this.#token}`)
    const response = await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit' }).catch(
      (error: unknown) => {
        if (init.signal?.aborted) throw error
        throw noAnswer(error)
      },
    )
    if (response.ok || response.status === 304) return response
    if (response.status === 401) this.#onRefused()
    throw await problemOf(response)
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.delete(path)
    this.#kept.set(path, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }
}

/** A path with those of the query's members that are not undefined. */
export function pathOf(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const members = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return members.length === 0 ? path : `${path}?${new URLSearchParams(members).toString()}`
}
