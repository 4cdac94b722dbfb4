export interface FetchLimits {
  /** From the first byte sent to the last one received. */
  readonly timeoutMs: number
  readonly maxBytes: number
}

/**
 * The JSON of a 200 answer. Redirects are not followed, and reading stops at the size limit. Rejects with an Error
 * whose message says what came instead and never repeats the address, which may carry a key.
 */
export async function fetchJson(url: URL, { timeoutMs, maxBytes }: FetchLimits): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, { signal, redirect: 'manual', headers: { accept: 'application/json' } })
    if (response.status !== 200 || !response.body) {
      await response.body?.cancel()
      throw new AnswerError(`status ${response.status} came, expected 200.`)
    }
    const text = await readText(response.body, maxBytes)
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw new AnswerError('the answer is not JSON.')
    }
  } catch (error) {
    if (error instanceof AnswerError) throw error
    if (signal.aborted) throw new AnswerError(`no complete answer within ${timeoutMs} ms.`, { cause: error })
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new AnswerError(`the request failed (${codeOf(cause)}).`, { cause: error })
  }
}

class AnswerError extends Error {}

async function readText(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.byteLength
    if (size > maxBytes) throw new AnswerError(`the answer is larger than ${maxBytes} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function codeOf(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.name : 'unknown'
}
