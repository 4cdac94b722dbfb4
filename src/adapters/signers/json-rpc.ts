import { SignerError } from '../../ports/signer.js'

/** Much longer than any signed transaction. */
const LARGEST_ANSWER = 1_000_000
/**
 * The answers that say no to the question itself: not JSON-RPC, no such method, wrong parameters, rejected. Every other
 * error may be one of the moment: signers tell a throttled key store and an unknown account alike.
 */
const REFUSALS: readonly unknown[] = [-32_700, -32_600, -32_601, -32_602, -32_604, -32_003, 4001, 4100, 4200]
/** Likewise among HTTP answers without a JSON-RPC error. */
const REFUSED_STATUSES = [400, 401, 403, 404, 405, 413]

export interface SignerAddress {
  readonly url: string
  /** For the whole answer. */
  readonly timeoutMs: number
}

/**
 * Asks a signer once: no retries, no redirects. Rejects with SignerError: `refused` when the signer said no to what was
 * asked, `unavailable` when it did not answer in time or in a way that says nothing about the question.
 */
export async function askSigner(signer: SignerAddress, method: string, params: readonly unknown[]): Promise<unknown> {
  const { status, body } = await post(signer, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  if (typeof body?.error === 'object' && body.error !== null) {
    const { code, message } = body.error as { code?: unknown; message?: unknown }
    throw new SignerError(
      REFUSALS.includes(code) ? 'refused' : 'unavailable',
      `The remote signer answered ${method} with ${String(message)} (${String(code)}).`,
      { cause: body.error },
    )
  }
  if (REFUSED_STATUSES.includes(status))
    throw new SignerError('refused', `The remote signer answered ${method} with HTTP ${status}. Check its address.`)
  if (status !== 200 || body?.result === undefined)
    throw unavailable(`it answered ${method} with HTTP ${status} and no result`)
  return body.result
}

/** The same of something that a signer need not know; undefined when it answers with an error. */
export async function askIfKnown(signer: SignerAddress, method: string): Promise<unknown> {
  try {
    return await askSigner(signer, method, [])
  } catch (error) {
    const answer = (error as SignerError).cause
    if (typeof answer === 'object' && answer !== null && 'code' in answer && !(answer instanceof Error))
      return undefined
    throw error
  }
}

type Answer = { readonly result?: unknown; readonly error?: unknown }

async function post({ url, timeoutMs }: SignerAddress, body: string): Promise<{ status: number; body?: Answer }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer = answerIn(await read(response))
    return { status: response.status, ...(answer && { body: answer }) }
  } catch (cause) {
    throw unavailable(reasonOf(cause as Error, timeoutMs), cause)
  }
}

async function read(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > LARGEST_ANSWER) throw new Error(`its answer is longer than ${LARGEST_ANSWER} characters`)
  }
  return text
}

function answerIn(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function unavailable(reason: string, cause?: unknown): SignerError {
  return new SignerError('unavailable', `The remote signer is not available: ${reason}.`, { cause })
}

/** The runtime wraps what really happened once. Its address may hold a secret, so it is not named. */
function reasonOf(error: Error, timeoutMs: number): string {
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  const inner = error.cause as NodeJS.ErrnoException | undefined
  return inner?.code ?? inner?.message ?? error.message
}
