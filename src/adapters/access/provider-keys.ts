import { createRemoteJWKSet, customFetch, errors, type JWSHeaderParameters, type FlattenedJWSInput } from 'jose'
import { z } from 'zod'
import { IdentitiesError } from '../../ports/identities.js'

/** For one document of the provider, from the first byte sent to the last one received. */
const TIMEOUT_MS = 5_000
/** A provider has a few keys, of a few hundred bytes each. */
const MOST_BYTES = 256 * 1024

/** What a token itself can be to blame for: it names a key that is not there, or none of several. */
const OF_THE_TOKEN = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]

export interface ProviderKeysOptions {
  readonly issuer: string
  /** Where the keys are; what the issuer's discovery document says when undefined. */
  readonly jwksUrl: string | undefined
  /** Whether nobody between here and there can change what is said. */
  readonly isPrivate: (url: URL) => boolean
}

type KeySet = ReturnType<typeof createRemoteJWKSet>

/**
 * The public keys of an identity provider. They come from the configured address, or the one that the configured issuer
 * names, and from nowhere else: whatever a token says about where its key is counts for nothing. They are kept for
 * ten minutes, and asked for anew, at most every 30 s, when a token names an unknown one. Redirects are not followed.
 */
export class ProviderKeys {
  private keySet: Promise<KeySet> | undefined

  constructor(private readonly options: ProviderKeysOptions) {}

  /** The key that a token names. Rejects with an error of jose where there is none, with IdentitiesError where nobody knows. */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): ReturnType<KeySet> {
    let keySet: KeySet | undefined
    try {
      this.keySet ??= this.find()
      keySet = await this.keySet
      return await keySet(header, token)
    } catch (error) {
      if (OF_THE_TOKEN.some((kind) => error instanceof kind)) throw error
      // Fresh keys are kept, or a token with a made-up key would take them from everybody. Others are looked for anew.
      if (!keySet?.fresh) this.keySet = undefined
      throw new IdentitiesError(`The keys of ${this.options.issuer} cannot be had: ${reasonOf(error)}.`, {
        cause: error,
      })
    }
  }

  private async find(): Promise<KeySet> {
    const { jwksUrl } = this.options
    return createRemoteJWKSet(new URL(jwksUrl ?? (await this.discover())), {
      timeoutDuration: TIMEOUT_MS,
      [customFetch]: fetchDocument,
    })
  }

  private async discover(): Promise<string> {
    const { issuer, isPrivate } = this.options
    const answer = await fetchDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      headers: new Headers({ accept: 'application/json' }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const document = z.object({ issuer: z.literal(issuer), jwks_uri: z.url() }).safeParse(await answer.json())
    if (!document.success) throw new Error(`its discovery document is not one of ${issuer}`)
    const { jwks_uri } = document.data
    if (!isPrivate(new URL(jwks_uri)))
      throw new Error('its discovery document names keys that are not served over https')
    return jwks_uri
  }
}

/** JSON of a limited size, within the time of the signal. */
async function fetchDocument(url: string, { headers, signal }: { headers: Headers; signal: AbortSignal }) {
  const response = await fetch(url, { headers, signal, redirect: 'manual', cache: 'no-store' })
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel()
    throw new Error(`status ${response.status} came, expected 200`)
  }
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body as ReadableStream<Uint8Array>) {
    size += part.byteLength
    if (size > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`)
    parts.push(part)
  }
  const text = Buffer.concat(parts).toString('utf8')
  if (!isJson(text)) throw new Error('the answer is not JSON')
  return new Response(text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The code of a failed connection, else the message. */
function reasonOf(error: unknown): string {
  const { cause = error } = (error ?? {}) as { readonly cause?: unknown }
  const { code, message } = (cause ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  return typeof code === 'string' ? code : String(message)
}
