import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** SHA-256 of a text, in hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Whether two digests are the same, in a time that depends on their lengths alone. */
export function isSameDigest(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Bytes that nobody can foresee. */
export function unforeseeable(count: number): Uint8Array {
  return randomBytes(count)
}
