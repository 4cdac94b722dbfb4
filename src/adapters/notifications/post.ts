import type { Delivery } from '../../ports/channels.js'

const TIMEOUT_MS = 5_000
/** Refusals by which a receiver does not say that the same message is refused for ever. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 409, 421, 423, 425, 429])

export interface Post {
  /** Shown nowhere: it may be a secret. */
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** Sends JSON. Follows no redirect, reads nothing of the answer but its status, and is done after five seconds. */
export async function post(
  { url, body, headers, timeoutMs = TIMEOUT_MS }: Post,
  signal: AbortSignal,
): Promise<Delivery> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'evenkeel', ...headers },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    void response.body?.cancel().catch(() => undefined)
    return judge(response)
  } catch (error) {
    return { status: 'failed', isFinal: false, detail: reasonOf(error, timeoutMs) }
  }
}

function judge({ ok, status, headers }: Response): Delivery {
  if (ok) return { status: 'delivered' }
  const isFinal = status >= 400 && status < 500 && !PASSING.has(status)
  const detail = `The receiver answered ${status}.${status < 400 ? ' Redirects are not followed.' : ''}`
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return { status: 'failed', isFinal, detail, ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }) }
}

/** Of nothing but what kind of failure it is: messages of the network name addresses. */
function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  if (name === 'TimeoutError') return `The receiver did not answer within ${timeoutMs / 1000} s.`
  if (name === 'AbortError') return 'The daemon ends.'
  return `The receiver cannot be reached (${cause?.code ?? 'unknown error'}).`
}
