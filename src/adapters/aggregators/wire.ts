import { z } from 'zod'
import type { Address, Hex } from '../../domain/assets.js'
import { QuoteError } from '../../ports/quotes.js'
import type { VenueKey } from '../../domain/planning/quote.js'

/** Base units or wei in decimal: no sign, exponent, space or leading zero (C-02). */
export const decimalUnits = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'a whole decimal number')
  .transform(BigInt)

/** At most 256 bits in hexadecimal. */
export const hexQuantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, 'a hexadecimal number')
  .transform(BigInt)

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'an address of 20 bytes')
  .transform((text) => text as Address)

export const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'a hash of 32 bytes')
  .transform((text) => text as Hex)

/** More than any route needs; and parts of calldata may be read many times over, which takes its square. */
const MAX_CALLDATA_BYTES = 32_768

/** Calldata: a selector at least, whole bytes, of a size that can be read. */
export const calldata = z
  .string()
  .max(2 + 2 * MAX_CALLDATA_BYTES, `calldata of at most ${MAX_CALLDATA_BYTES} bytes`)
  .regex(/^0x([0-9a-fA-F]{2}){4,}$/, 'calldata in hexadecimal')
  .transform((text) => text as Hex)

export const chainId = z.int().positive()

/** A word for people; long ones are no words. */
export const label = z.string().min(1).max(200)

/** Reads an answer by its schema; fields the schema does not name are dropped. Throws QuoteError `malformed`. */
export function readAnswer<T extends z.ZodType>(venue: VenueKey, schema: T, body: unknown): z.output<T> {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const faults = read.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}, got ${excerpt(at(body, path))}`)
  throw malformed(venue, 'QUOTE_SCHEMA', `${faults.join('; ')}. Do not use this answer.`)
}

/**
 * Compares what was asked with what was answered, without regard to the letter case of addresses. Throws QuoteError
 * `malformed` on the first difference.
 */
export function expectSame(
  venue: VenueKey,
  pairs: readonly (readonly [what: string, asked: string | number | bigint, came: string | number | bigint])[],
): void {
  for (const [what, asked, came] of pairs)
    if (String(asked).toLowerCase() !== String(came).toLowerCase())
      throw malformed(venue, 'QUOTE_MISMATCH', `${what}: expected ${asked}, got ${came}. Do not use this answer.`)
}

export function malformed(venue: VenueKey, code: 'QUOTE_SCHEMA' | 'QUOTE_MISMATCH', detail: string): QuoteError {
  return new QuoteError(venue, 'malformed', `${code} ${venue}: ${detail}`)
}

function at(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    body,
  )
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
