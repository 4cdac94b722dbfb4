import { createClient, type SDKClient } from '@lifi/sdk'
import { z } from 'zod'
import type { QuoteFailureKind } from '../../domain/planning/quote.js'
import type { Bounds } from './http.js'
import type { Verdict } from './quote-failure.js'
import type { RateLimiters } from './rate-limiter.js'

export interface LifiAccess {
  /** With the version, without a final slash. */
  readonly apiUrl: string
  readonly integrator: string
  readonly apiKey?: string
  readonly timeoutMs: number
  /** Whoever shares these keeps to one limit per service and key together. */
  readonly limiters: RateLimiters
  /** The pace to keep; LI.FI's own answers are heeded with or without it. */
  readonly requestsPerSecond?: number
  /** How long it is left alone when it keeps failing. */
  readonly circuitMs?: number
}

/** Within what bounds a call to LI.FI is made. */
export function lifiBounds({ apiUrl, apiKey, timeoutMs, limiters, ...pace }: LifiAccess): Bounds {
  return { url: apiUrl, timeoutMs, limiter: limiters.of({ ...pace, url: apiUrl, apiKey }) }
}

/** A client that asks nothing of its own accord: no chain list, no version check. */
export function createLifiClient({ apiUrl, integrator, apiKey }: LifiAccess): SDKClient {
  return createClient({
    apiUrl,
    integrator,
    ...(apiKey !== undefined && { apiKey }),
    preloadChains: false,
    disableVersionCheck: true,
  })
}

/** LI.FI's error codes, where they say more than the HTTP status. */
const KINDS: Readonly<Record<number, QuoteFailureKind>> = {
  1001: 'unavailable', // the transaction could not be built
  1002: 'no-route',
  1005: 'rate-limited',
  1006: 'unavailable', // server
  1007: 'no-route', // no route keeps to the slippage
  1008: 'unavailable', // third party
  1009: 'unavailable', // timeout
  1010: 'rejected', // unauthorized
  1011: 'rejected', // validation
  1012: 'unavailable', // RPC
}

const reasons = z.union([
  z.array(z.object({ message: z.string() })).transform((errors) => errors.map(({ message }) => message)),
  z
    .object({
      filteredOut: z.array(z.object({ reason: z.string() })).default([]),
      failed: z
        .array(z.object({ subpaths: z.record(z.string(), z.array(z.object({ code: z.string(), tool: z.string() }))) }))
        .default([]),
    })
    .transform(({ filteredOut, failed }) => [
      ...filteredOut.map(({ reason }) => reason),
      ...failed.flatMap(({ subpaths }) =>
        Object.values(subpaths)
          .flat()
          .map(({ tool, code }) => `${tool}: ${code}`),
      ),
    ]),
])

const errorBody = z.object({ code: z.int(), message: z.string().catch(''), errors: reasons.catch([]).default([]) })

/** The API code of an error body, which is not the code of the SDK's error. */
export function lifiErrorCode(json: unknown): number | undefined {
  return errorBody.safeParse(json).data?.code
}

export function judgeLifiError(json: unknown): Verdict {
  const body = errorBody.safeParse(json).data
  if (!body) return { text: '' }
  return { kind: KINDS[body.code], text: [body.message, ...new Set(body.errors)].join('; ') }
}
