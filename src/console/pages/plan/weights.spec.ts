import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { missingPercent, percentOf, shareOf, targetsOf } from './weights.js'

const typed = (weights: Record<string, string>) =>
  Object.entries(weights).map(([asset, percent]) => ({ asset, percent }))

describe('percentOf and shareOf', () => {
  test('shift by two places and lose nothing', () => {
    expect(['0.4', '1', '0', '0.333333333333333333', '0.05', '0.4050'].map(percentOf)).toEqual([
      '40',
      '100',
      '0',
      '33.3333333333333333',
      '5',
      '40.5',
    ])
    expect(['40', '100', '0', '33.3333333333333333', ' 5,5 ', '007'].map(shareOf)).toEqual([
      '0.4',
      '1',
      '0',
      '0.333333333333333333',
      '0.055',
      '0.07',
    ])
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), (units) => {
        const share = shareOf(percentOf(`${units / 10n ** 18n}.${(units % 10n ** 18n).toString().padStart(18, '0')}`))
        expect(Number(share)).toBeCloseTo(Number(units) / 1e18, 15)
      }),
    )
  })

  test('refuse what is no number from 0 to 100', () => {
    for (const text of ['', '-1', '100.01', '1e2', 'NaN', '1.2.3', '0x10', '1000'])
      expect([text, shareOf(text)]).toEqual([text, undefined])
  })
})

describe('missingPercent', () => {
  test('is exact: a third three times is not all', () => {
    expect(missingPercent(typed({ a: '33.3', b: '33.3', c: '33.3' }))).toBe('0.1')
    expect(missingPercent(typed({ a: '0.1', b: '0.2', c: '99.7' }))).toBe('0')
    expect(missingPercent(typed({ a: '60', b: '41.5' }))).toBe('-1.5')
  })

  test('is unknown while a weight is no number', () => {
    expect(missingPercent(typed({ a: '60', b: '' }))).toBeUndefined()
  })
})

describe('targetsOf', () => {
  const inForce = typed({ eth: '60', usd: '40' })

  test('has every weight as a share once one of them is another', () => {
    expect(targetsOf(typed({ eth: '50.5', usd: '49.5' }), inForce)).toEqual({ eth: '0.505', usd: '0.495' })
  })

  test('has none where they are those in force, however they are written, or do not sum up', () => {
    expect(targetsOf(typed({ eth: '60.0', usd: '40' }), inForce)).toBeUndefined()
    expect(targetsOf(typed({ eth: '50', usd: '40' }), inForce)).toBeUndefined()
  })
})
