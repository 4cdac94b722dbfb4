/** Random bytes that a key is made of: 60 bits of them name it, 256 are its secret. */
export const KEY_ID_BYTES = 8
export const KEY_SECRET_BYTES = 32

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The last character of 32 bytes in base64url carries four bits; the two others are zero. */
const FORM = /^ek_([a-z2-7]{12})_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** A new API key, `ek_<id>_<secret>`. The id is no secret: it finds the key and names it in lists and in the audit log. */
export function keyOf(idBytes: Uint8Array, secretBytes: Uint8Array): { readonly id: string; readonly text: string } {
  const id = encode(idBytes, BASE32, 12)
  return { id, text: `ek_${id}_${encode(secretBytes, BASE64URL, 43)}` }
}

/** The id in the text of a key; undefined for what is not the text of a key. */
export function idOfKey(text: string): string | undefined {
  return FORM.exec(text)?.[1]
}

/** The leading bits of the bytes, filled up with zeros. */
function encode(bytes: Uint8Array, alphabet: string, characters: number): string {
  const bits = bytes.reduce((text, byte) => text + byte.toString(2).padStart(8, '0'), '')
  const width = Math.log2(alphabet.length)
  return Array.from({ length: characters }, (_, place) => {
    const digit = bits.slice(place * width, (place + 1) * width).padEnd(width, '0')
    return alphabet[Number.parseInt(digit, 2)]!
  }).join('')
}
