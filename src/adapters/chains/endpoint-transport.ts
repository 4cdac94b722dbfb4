import {
  BaseError,
  createTransport,
  HttpRequestError,
  LimitExceededRpcError,
  ParseRpcError,
  RpcRequestError,
  TimeoutError,
  type Transport,
} from 'viem'

export interface EndpointTransportOptions {
  /** Stands for the endpoint in every message: its address may carry a key. */
  readonly name: string
  readonly url: string
  /** For the whole answer. */
  readonly timeoutMs: number
  readonly onAnswer: (answer: TransportAnswer) => void
}

export interface TransportAnswer {
  readonly method: string
  readonly outcome: 'ok' | 'error' | 'timeout'
  readonly seconds: number
  /** Nothing usable came at all, so that the next answer may come from another machine. */
  readonly isSilent: boolean
}

/** Blocks and receipts of the busiest chains take a few megabytes. */
const MAX_BYTES = 32 * 1024 * 1024
/** A part of an address so long may be a key. */
const SHORTEST_KEY = 6

/**
 * JSON-RPC over HTTP to one endpoint. A request is sent once; redirects, oversized answers, answers that are not JSON and
 * answers to another request are failures. No error carries the address, nor a key of it that the endpoint repeats.
 */
export function endpointTransport({ name, url, timeoutMs, onAnswer }: EndpointTransportOptions): Transport<'endpoint'> {
  let lastId = 0
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    const body = { jsonrpc: '2.0', id: ++lastId, method, params: params ?? [] }
    const startedAt = performance.now()
    const tell = (outcome: TransportAnswer['outcome'], isSilent: boolean) =>
      onAnswer({ method, outcome, seconds: (performance.now() - startedAt) / 1000, isSilent })
    try {
      const result = await post(name, url, timeoutMs, body)
      tell('ok', false)
      return result
    } catch (error) {
      tell(error instanceof TimeoutError ? 'timeout' : 'error', isSilence(error))
      throw error
    }
  }
  return () =>
    createTransport({
      key: 'endpoint',
      name,
      type: 'endpoint',
      request: request as never,
      retryCount: 0,
      timeout: timeoutMs,
    })
}

interface RequestBody {
  readonly jsonrpc: string
  readonly id: number
  readonly method: string
  readonly params: unknown
}

async function post(name: string, url: string, timeoutMs: number, body: RequestBody): Promise<unknown> {
  const shown = { method: body.method }
  const failure = (details: string, rest: { cause?: Error; status?: number } = {}) =>
    new HttpRequestError({ url: name, body: shown, details, ...rest })
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal,
    })
    const text = await readText(response, MAX_BYTES)
    const answer = parse(text)
    if (answer?.error !== undefined && answer.error !== null && isOurs(answer, body))
      throw new RpcRequestError({ url: name, body: shown, error: errorOf(answer.error, url) })
    if (!response.ok) throw failure(`status ${response.status} came, expected 200`, { status: response.status })
    if (!answer) throw failure('the answer is not JSON-RPC')
    if (!isOurs(answer, body)) throw failure('the answer belongs to another request')
    if (answer.result === undefined) throw failure('the answer has neither result nor error')
    return answer.result
  } catch (error) {
    if (error instanceof BaseError) throw error
    if (signal.aborted) throw new TimeoutError({ body: shown, url: name })
    throw failure(codeOf(error))
  }
}

interface RpcAnswer {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

function parse(text: string): RpcAnswer | undefined {
  try {
    const answer = JSON.parse(text) as unknown
    return typeof answer === 'object' && answer !== null && !Array.isArray(answer) ? answer : undefined
  } catch {
    return undefined
  }
}

/** An error may come without an id, when the endpoint could not even read the request. */
function isOurs(answer: RpcAnswer, { id }: RequestBody): boolean {
  return answer.id === id || (answer.error !== undefined && (answer.id === null || answer.id === undefined))
}

function errorOf(error: unknown, url: string): { code: number; message: string; data?: unknown } {
  const { code, message, data } = (typeof error === 'object' ? error : {}) as Record<string, unknown>
  return {
    code: typeof code === 'number' ? code : -32603,
    message: typeof message === 'string' ? withoutKeys(message, url) : 'an error without a message',
    data,
  }
}

/** An endpoint's own words may repeat the address that it was asked at. */
function withoutKeys(text: string, url: string): string {
  const { username, password, pathname, searchParams } = new URL(url)
  return [username, password, ...pathname.split('/'), ...searchParams.values()]
    .filter((part) => part.length >= SHORTEST_KEY)
    .reduce((rest, part) => rest.replaceAll(part, '…'), text)
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes || !response.body) {
    await response.body?.cancel()
    throw new Error(response.body ? `more than ${maxBytes} bytes` : 'an empty answer')
  }
  if (response.headers.has('content-length') && !response.headers.has('content-encoding')) return response.text()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body) {
    size += part.byteLength
    if (size > maxBytes) throw new Error(`more than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The cause of a failed request by its code: messages of the network name the address. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error && cause === error ? cause.message : 'the connection failed'
}

/** Nothing usable came, which says nothing about what was asked. */
export function isSilence(error: unknown): boolean {
  return (
    error instanceof BaseError &&
    error.walk(
      (one) =>
        one instanceof HttpRequestError ||
        one instanceof TimeoutError ||
        one instanceof ParseRpcError ||
        (one instanceof RpcRequestError && one.code === LimitExceededRpcError.code),
    ) !== null
  )
}

/** One line for people, in the endpoint's own words where it has some. */
export function reasonOf(error: unknown): string {
  if (error instanceof BaseError) return (error.details || error.shortMessage).split('\n')[0]!.slice(0, 300)
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 300)
}
