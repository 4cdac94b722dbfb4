import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { InvariantError } from './errors.js'
import { canonicalText } from './canonical-text.js'

describe('canonicalText', () => {
  test('is JSON with sorted names, and numbers and texts as JSON has them', () => {
    expect(canonicalText({ b: [1, 2.5e-9, -0], a: { d: 'x"y', c: true }, Z: null })).toBe(
      '{"Z":null,"a":{"c":true,"d":"x\\"y"},"b":[1,2.5e-9,0]}',
    )
    fc.assert(fc.property(fc.jsonValue(), (value) => expect(JSON.parse(canonicalText(value))).toEqual(normal(value))))
  })

  test('writes bigints as texts, leaves out what is undefined, and has a text for what is no number', () => {
    expect(canonicalText({ one: 10n ** 18n, none: undefined, odd: [undefined, Number.NaN, -Infinity] })).toBe(
      '{"odd":[null,"NaN","-Infinity"],"one":"1000000000000000000"}',
    )
  })

  test('does not depend on the order in which an object was filled', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), { selector: ([name]) => name })
    fc.assert(
      fc.property(
        entries.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(canonicalText(Object.fromEntries(shuffled))).toBe(canonicalText(Object.fromEntries(all)))
        },
      ),
    )
  })

  test('refuses what is no value', () => {
    expect(() => canonicalText({ f: () => 1 })).toThrow(InvariantError)
    expect(() => canonicalText([Symbol('s')])).toThrow(InvariantError)
  })
})

/** As JSON reads back what it wrote: without the sign of zero. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
