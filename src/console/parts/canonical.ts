/**
 * The one text of plain values as RFC 8785 has it: no spaces, members sorted by code units, numbers and texts as JSON
 * writes them. For values that were read from JSON.
 */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonicalText(one)}`).join(',')}}`
}

/** What the browser found when it reckoned a digest itself. */
export type DigestCheck =
  | { readonly status: 'reckoning' }
  | { readonly status: 'same'; readonly digest: string }
  | { readonly status: 'other'; readonly digest: string }
  /** The platform reckons digests for pages from https or loopback alone. */
  | { readonly status: 'impossible' }

/** The SHA-256 of `content`, reckoned here, against the digest that the daemon names. */
export async function checkDigest(
  content: unknown,
  digest: string,
  subtle: SubtleCrypto | undefined,
): Promise<DigestCheck> {
  if (!subtle) return { status: 'impossible' }
  const bytes = await subtle.digest('SHA-256', new TextEncoder().encode(canonicalText(content)))
  const found = Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { status: found === digest ? 'same' : 'other', digest: found }
}
