import { createHash, webcrypto } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalText, checkDigest } from './canonical.js'

const subtle = webcrypto.subtle as unknown as SubtleCrypto

describe('canonicalText', () => {
  test('writes the example of RFC 8785 as it stands there', () => {
    const example = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    ) as unknown
    expect(canonicalText(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  test('sorts names by their code units, as RFC 8785 has them', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
    const text = canonicalText(Object.fromEntries(names.map((name) => [name, 0])))
    expect(text).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`)
  })

  test('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown
        expect(JSON.parse(canonicalText(plain))).toEqual(plain)
      }),
    )
  })
})

describe('checkDigest', () => {
  const content = { legs: [{ sell: { units: '1' } }], account: '0x1' }
  const digest = createHash('sha256').update('{"account":"0x1","legs":[{"sell":{"units":"1"}}]}').digest('hex')

  test('A-08: tells the digest of this content from that of another', async () => {
    await expect(checkDigest(content, digest, subtle)).resolves.toEqual({ status: 'same', digest })
    const other = await checkDigest({ ...content, legs: [] }, digest, subtle)
    expect(other.status).toBe('other')
    await expect(checkDigest(content, digest.toUpperCase(), subtle)).resolves.toEqual({ status: 'other', digest })
  })

  test('says where the platform does not reckon digests', async () => {
    await expect(checkDigest(content, digest, undefined)).resolves.toEqual({ status: 'impossible' })
  })
})
