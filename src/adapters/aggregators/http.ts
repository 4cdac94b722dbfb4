import { AsyncLocalStorage } from 'node:async_hooks'
import type { RateLimiter, TooEarly } from './rate-limiter.js'

/** Largest body that is read, in bytes after decompression (C-02). */
const MAX_BODY_BYTES = 1_048_576

export interface Bounds {
  /** Address of the service; requests to any other origin are refused. */
  readonly url: string
  /** For the whole call, waiting for a turn and retries of an SDK included. */
  readonly timeoutMs: number
  /** Asked before every request and told of every answer. */
  readonly limiter: RateLimiter
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Undefined when the body is not JSON or too large to read. */
  readonly json: unknown
}

/** A call that ended without a usable result. Without `answer` nothing was answered at all. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  constructor(
    message: string,
    readonly answer: Answer | undefined,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

/** The service was left alone, because its rate limit leaves no request to us. */
export class NotAskedFailure extends RequestFailure {}

interface Exchange {
  readonly bounds: Bounds
  readonly deadline: AbortSignal
  /** The same moment by the limiter's clock, in milliseconds since 1970. */
  readonly endsAt: number
  answer?: Answer
  failure?: RequestFailure
}

const exchanges = new AsyncLocalStorage<Exchange>()

/**
 * Makes a call within bounds, whoever sends its requests: one deadline, bodies up to 1 MiB, no redirect followed, no
 * origin but the service's, no more requests than its rate limit allows, none while it keeps failing. Rejects with
 * RequestFailure when the service was asked and gave no usable result.
 */
export async function ask<T>(bounds: Bounds, call: () => Promise<T>): Promise<T> {
  const exchange: Exchange = {
    bounds,
    deadline: AbortSignal.timeout(bounds.timeoutMs),
    endsAt: bounds.limiter.now() + bounds.timeoutMs,
  }
  try {
    return await exchanges.run(exchange, call)
  } catch (cause) {
    if (exchange.failure) throw exchange.failure
    if (!exchange.answer) throw cause
    const { status, json } = exchange.answer
    const body = json === undefined ? 'a body that is not JSON' : 'no usable result'
    throw new RequestFailure(`${bounds.url} answered ${status} with ${body}.`, exchange.answer, { cause })
  }
}

const unboundedFetch = globalThis.fetch

/*
 * Both SDKs call the global `fetch` and take no other; the one of 0x cannot even be told not to follow a redirect,
 * which would carry its API key to another host. So the bounds live in the global `fetch`; calls made outside of
 * `ask` pass through it untouched.
 */
globalThis.fetch = async (input, init) => {
  const exchange = exchanges.getStore()
  if (!exchange) return unboundedFetch(input, init)
  try {
    return await boundedFetch(exchange, input, init)
  } catch (cause) {
    exchange.failure = cause instanceof RequestFailure ? cause : unanswered(exchange, cause)
    throw exchange.failure
  }
}

async function boundedFetch(exchange: Exchange, input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { url, limiter } = exchange.bounds
  const asked = new URL(input instanceof Request ? input.url : input)
  if (asked.origin !== new URL(url).origin)
    throw new RequestFailure(`A request to ${asked.origin} was refused; calls to ${url} stay there.`, undefined)
  const tooEarly = await limiter.admit(exchange.endsAt)
  if (tooEarly) throw new NotAskedFailure(notAsked(url, tooEarly), undefined)
  const open = limiter.circuit.admit()
  if (open) throw new RequestFailure(notAsked(url, open), undefined)
  let isWell = false
  try {
    const response = await readBounded(exchange, input, init)
    isWell = response.status < 500
    return response
  } finally {
    limiter.circuit.note(isWell)
  }
}

function notAsked(url: string, { reason, waitMs }: TooEarly): string {
  return `${url} is not asked: ${reason}. Ask again in ${Math.ceil(waitMs / 1_000)} s.`
}

async function readBounded(exchange: Exchange, input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { url, limiter } = exchange.bounds
  const signal = init?.signal ? AbortSignal.any([init.signal, exchange.deadline]) : exchange.deadline
  const response = await unboundedFetch(input, { ...init, signal, redirect: 'manual' })
  const { status, headers } = response
  limiter.note(status, headers)
  if (status >= 300 && status < 400) {
    await response.body?.cancel()
    throw new RequestFailure(
      `${url} answered ${status}, a redirect, which is not followed. Configure the final address.`,
      undefined,
    )
  }
  const body = await readBody(response)
  if (!body)
    throw new RequestFailure(`${url} answered ${status} with more than ${MAX_BODY_BYTES} bytes.`, {
      status,
      headers,
      json: undefined,
    })
  exchange.answer = { status, headers, json: parseJson(body) }
  return new Response(body.length === 0 ? null : body, { status, statusText: response.statusText, headers })
}

async function readBody(response: Response): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

function unanswered({ bounds, deadline }: Exchange, cause: unknown): RequestFailure {
  if (deadline.aborted)
    return new RequestFailure(`${bounds.url} gave no answer within ${bounds.timeoutMs} ms.`, undefined, { cause })
  return new RequestFailure(`${bounds.url} could not be asked: ${reasonOf(cause)}.`, undefined, { cause })
}

/** The innermost message: `fetch` itself says only that it failed and keeps the reason in its cause. */
function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  if ('cause' in error && error.cause) return reasonOf(error.cause)
  return 'message' in error ? String(error.message) : 'no reason given'
}
