import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'
import { canonicalText } from '../../domain/canonical-text.js'
import { refuseTargets, type TargetRefusal } from '../../domain/targets/target-refusal.js'
import type { DocumentReading } from '../../ports/target-source.js'

/** A document of a hundred assets takes 3 kB. */
export const MOST_DOCUMENT_BYTES = 65_536

const SIGNATURE_BYTES = 64

const documentSchema = z.strictObject({
  portfolio: z.string().min(1).max(200),
  /** UTC, such as 2026-01-31T12:00:00Z. */
  setAt: z.iso.datetime(),
  weights: z.record(z.string().min(1).max(64), z.string().min(1).max(60)),
  /** Ed25519, base64. */
  signature: z.string().max(200).optional(),
})

type Written = z.infer<typeof documentSchema>

/** The key that documents must be signed with; undefined where there is none. Throws for what is no such key. */
export function signingKey(pem: string | undefined): KeyObject | undefined {
  if (pem === undefined) return undefined
  let key: KeyObject | undefined
  try {
    key = createPublicKey(pem)
  } catch {
    key = undefined
  }
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new Error(
    `The key that weights are signed with should be an Ed25519 public key as PEM, got ${key ? `one of ${key.asymmetricKeyType}` : 'no key'}. Correct targetSetting.source.publicKey.`,
  )
}

/**
 * The document that these bytes are. Where there is a key, it must be signed: the signature is Ed25519 over the UTF-8 bytes
 * of the document without its `signature`, as JSON without spaces and with the names of every object sorted (RFC 8785), in
 * base64. Without a key a signature is not looked at. Judges neither times nor weights.
 */
export function readDocument(bytes: Uint8Array, key: KeyObject | undefined): DocumentReading {
  const json = parse(bytes)
  if (json.status === 'refused') return json
  const read = documentSchema.safeParse(json.value)
  if (!read.success)
    return malformed(
      `expected {"portfolio", "setAt", "weights", "signature"} and nothing else, ${z.prettifyError(read.error).slice(0, 300)}`,
    )
  const { portfolio, setAt, weights } = read.data
  const unsigned = key && judgeSignature(read.data, json.value as object, key)
  if (unsigned) return unsigned
  return {
    status: 'read',
    document: { portfolio, setAt: Date.parse(setAt), weights, isSigned: key !== undefined },
  }
}

function parse(bytes: Uint8Array): { readonly status: 'parsed'; readonly value: unknown } | TargetRefusal {
  if (bytes.byteLength > MOST_DOCUMENT_BYTES) return malformed(`it is larger than ${MOST_DOCUMENT_BYTES} bytes`)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { status: 'parsed', value: JSON.parse(text) as unknown }
  } catch {
    return malformed('it is no JSON in UTF-8')
  }
}

/** What is signed is the document as it came, letter for letter. */
function judgeSignature({ signature }: Written, document: object, key: KeyObject): TargetRefusal | undefined {
  const refuse = (got: string) =>
    refuseTargets(
      'source-unsigned',
      `Weights should be signed with the configured key, got ${got}. Sign the document without its signature, as JSON without spaces and with sorted names.`,
    )
  if (signature === undefined) return refuse('no signature')
  const bytes = Buffer.from(signature, 'base64')
  if (bytes.byteLength !== SIGNATURE_BYTES) return refuse(`a signature of ${bytes.byteLength} bytes`)
  const signed = Buffer.from(signedText(document), 'utf8')
  return verify(null, signed, key, bytes) ? undefined : refuse('a signature that does not fit')
}

/** The text that a document is signed by. */
function signedText(document: object): string {
  return canonicalText({ ...document, signature: undefined })
}

function malformed(what: string): TargetRefusal {
  return refuseTargets('source-malformed', `The document with the weights cannot be read: ${what}. Correct it.`)
}
