import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { strayValues } from '../../../test/support/html-check.js'
import { dialText, dollars, fixed, NOTHING, percent, points, pointsRange, roughly } from './numbers.js'

describe('numbers for people', () => {
  test.each([
    [fixed(1234.5, 1), '1,234.5'],
    [fixed(-0.04, 1), '0.0'],
    [percent(0.12345), '12.3 %'],
    [percent(-0.5, 0), '-50 %'],
    [points(0.00123), '12.3'],
    [pointsRange({ low: -0.001, high: 0.002 }), '-10.0 to 20.0'],
    [dollars(1_500_000.4), '$1,500,000'],
    [dollars(-1_500), '-$1,500'],
    [dollars(-0.2), '$0'],
    [roughly(1_234), '1,234'],
    [roughly(12.345), '12.3'],
    [roughly(1.2345), '1.23'],
    [roughly(0.012345), '0.0123'],
    [roughly(0), '0'],
    [roughly(-1e-12), '0'],
    [dialText('share of NAV', 0.05), '5.00 %'],
    [dialText('share of the target', 0.2), '20.00 %'],
    [dialText('per √year', 0.02), '200 bp'],
    [dialText('days', 30), '30 days'],
    [dialText('aversion', 4.2), '4.2'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected)
  })

  test('what is unknown, none or beyond all sense is shown as nothing', () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, -1e300])
      for (const show of [roughly, dollars, percent, points, (one?: number) => fixed(one, 2)])
        expect(show(value)).toBe(NOTHING)
    expect(dialText('days', undefined)).toBe(NOTHING)
    expect(dialText('per √year', undefined)).toBe(NOTHING)
    expect(pointsRange(undefined)).toBe(NOTHING)
  })

  test('no number has a text that is none', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const texts = [roughly(value), dollars(value), percent(value), points(value), dialText('days', value)]
        expect(strayValues(texts.join(' '))).toEqual([])
      }),
    )
  })
})
