import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aToken } from '../../test/support/builders.js'
import { type Address, isNative, NATIVE, sameAddress, tokenId } from './assets.js'

const address = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 40, maxLength: 40 })
  .map((digits): Address => `0x${digits.join('')}`)
const shout = (one: Address): Address => `0x${one.slice(2).toUpperCase()}`

describe('addresses', () => {
  test('are the same in any letter case, and different in any digit (P-06)', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 2, max: 41 }), (one, position) => {
        expect(sameAddress(one, shout(one))).toBe(true)
        const digit = one[position] === '0' ? '1' : '0'
        const other = `${one.slice(0, position)}${digit}${one.slice(position + 1)}` as Address
        expect(sameAddress(one, other)).toBe(false)
        expect(tokenId({ chain: 'alpha', address: one })).toBe(tokenId({ chain: 'alpha', address: shout(one) }))
        expect(tokenId({ chain: 'alpha', address: one })).not.toBe(tokenId({ chain: 'beta', address: one }))
      }),
    )
  })

  test('the native coin stands under its own', () => {
    expect(isNative(aToken({ address: NATIVE }))).toBe(true)
    expect(isNative(aToken())).toBe(false)
  })
})
