import { describe, expect, test } from '@jest/globals'
import { InvariantError } from '../../domain/errors.js'
import { markup } from './markup.js'

describe('markup', () => {
  test('escapes texts, keeps markup, leaves out what is undefined and joins lists', () => {
    const bold = markup`<b>${'a < b & "c"'}</b>`
    expect(bold.text).toBe('<b>a &lt; b &amp; &quot;c&quot;</b>')
    expect(markup`${bold}${undefined}${[markup`<i>1</i>`, markup`<i>2</i>`]}`.text).toBe(`${bold.text}<i>1</i><i>2</i>`)
  })

  test('writes coordinates to a hundredth and refuses those that are none', () => {
    expect(markup`${1 / 3} ${-0.001} ${12}`.text).toBe('0.33 0 12')
    expect(() => markup`${Number.NaN}`).toThrow(InvariantError)
    expect(() => markup`${Number.POSITIVE_INFINITY}`).toThrow(InvariantError)
  })

  test('replaces control characters but tabs and line ends', () => {
    expect(markup`${'a\u0000b\u001Bc\td\ne'}`.text).toBe('a\u{FFFD}b\u{FFFD}c\td\ne')
  })
})
