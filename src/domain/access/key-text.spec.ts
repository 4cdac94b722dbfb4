import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { idOfKey, KEY_ID_BYTES, KEY_SECRET_BYTES, keyOf } from './key-text.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

describe('the text of an API key', () => {
  test('is ek_, twelve characters of id and 256 bits in base64url', () => {
    const { id, text } = keyOf(new Uint8Array(KEY_ID_BYTES).fill(0xff), new Uint8Array(KEY_SECRET_BYTES))
    expect(id).toBe('777777777777')
    expect(text).toBe(`ek_777777777777_${'A'.repeat(43)}`)
  })

  test('keeps every bit of the secret, in the base64url that everybody else reads, and gives its id back', () => {
    fc.assert(
      fc.property(bytes(KEY_ID_BYTES), bytes(KEY_SECRET_BYTES), (idBytes, secretBytes) => {
        const { id, text } = keyOf(idBytes, secretBytes)
        expect(idOfKey(text)).toBe(id)
        expect(text.slice(16)).toBe(Buffer.from(secretBytes).toString('base64url'))
      }),
    )
  })

  test('names differ where their first 60 bits do', () => {
    fc.assert(
      fc.property(bytes(KEY_ID_BYTES), bytes(KEY_ID_BYTES), (one, other) => {
        const isSame = Buffer.from(one).toString('hex').slice(0, 15) === Buffer.from(other).toString('hex').slice(0, 15)
        const idOf = (id: Uint8Array) => keyOf(id, new Uint8Array(KEY_SECRET_BYTES)).id
        expect(idOf(one) === idOf(other)).toBe(isSame)
      }),
    )
  })

  const secret = 'A'.repeat(43)
  test.each([
    '',
    'ek_',
    `ek_777777777777_${secret} `,
    `ek_777777777777_${secret}\n`,
    `ek_777777777777_${secret}A`,
    `ek_777777777777_${secret.slice(1)}`,
    `ek_777777777777_${secret.slice(1)}B`,
    `ek_777777777777_${secret.slice(1)}=`,
    `ek_77777777777_${secret}`,
    `ek_77777777777A_${secret}`,
    `ek_777777777771_${secret}`,
    `EK_777777777777_${secret}`,
    `sk_777777777777_${secret}`,
  ])('%j is not one', (text) => {
    expect(idOfKey(text)).toBeUndefined()
  })
})
