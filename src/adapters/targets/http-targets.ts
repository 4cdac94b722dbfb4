import type { KeyObject } from 'node:crypto'
import { refuseTargets, type TargetRefusal } from '../../domain/targets/target-refusal.js'
import { type DocumentReading, TargetSource } from '../../ports/target-source.js'
import { MOST_DOCUMENT_BYTES, readDocument, signingKey } from './read-document.js'

export interface HttpTargetsOptions {
  readonly url: string
  /** Ed25519, PEM. */
  readonly publicKey: string | undefined
  /** Sent as a bearer token, to this address and no other. */
  readonly token: string | undefined
  /** For the whole answer. */
  readonly timeoutMs: number
}

/** Weights that a service answers with to `GET`. Redirects are not followed, so that the token stays where it belongs. */
export class HttpTargets extends TargetSource {
  private readonly key: KeyObject | undefined

  /** Throws for a public key that is no Ed25519 key. */
  constructor(private readonly options: HttpTargetsOptions) {
    super()
    this.key = signingKey(options.publicKey)
  }

  override async read(): Promise<DocumentReading> {
    const { url, token, timeoutMs } = this.options
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const headers = { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
      const response = await fetch(url, { signal, redirect: 'manual', cache: 'no-store', headers })
      if (response.status !== 200 || !response.body) {
        await response.body?.cancel()
        return unavailable(wordsOf(response.status))
      }
      return readDocument(await readStart(response.body), this.key)
    } catch (error) {
      return unavailable(signal.aborted ? `no complete answer within ${timeoutMs} ms` : `failed: ${reasonOf(error)}`)
    }
  }
}

/** No more than it takes to see that an answer is too large. */
async function readStart(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    parts.push(part)
    size += part.byteLength
    if (size > MOST_DOCUMENT_BYTES) break
  }
  return Buffer.concat(parts)
}

function wordsOf(status: number): string {
  return status >= 300 && status < 400 ? `status ${status}, a redirect, which is not followed` : `status ${status}`
}

function unavailable(got: string): TargetRefusal {
  return refuseTargets(
    'source-unavailable',
    `The service with the weights should answer 200 with a document, got ${got}. Check it, targetSetting.source.location and its token.`,
  )
}

/** The code or name of what went wrong. Messages may hold the address. */
function reasonOf(error: unknown): string {
  const cause = fieldOf(error, 'cause') ?? error
  const reason = fieldOf(cause, 'code') ?? fieldOf(cause, 'name')
  return typeof reason === 'string' ? reason : 'unknown reason'
}

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>)[name] : undefined
}
