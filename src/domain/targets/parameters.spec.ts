import { describe, expect, test } from '@jest/globals'
import { aTargetInput } from '../../../test/support/targets.js'
import { type ParameterTerms, readParameters } from './parameters.js'

const { assets } = aTargetInput(['BTC', 'ETH', 'USDC'])
const TERMS = {
  level: { kind: 'number', minimum: 0, maximum: 2, about: '' },
  extra: { kind: 'number', minimum: 0, maximum: 1, fallback: 0.5, about: '' },
  stable: { kind: 'asset', about: '' },
  mix: { kind: 'shares', isRequired: false, about: '' },
} as const satisfies ParameterTerms
const read = (given: Readonly<Record<string, unknown>>) => readParameters('trial', TERMS, given, assets)
const refusalOf = (given: Readonly<Record<string, unknown>>) => {
  const result = read(given)
  return result.status === 'refused' ? `${result.code}: ${result.detail}` : undefined
}

describe('readParameters', () => {
  test('fills in what may be left out, and puts shares in the order of the assets', () => {
    expect(read({ level: 2 })).toEqual({
      status: 'read',
      values: { level: 2, extra: 0.5, stable: undefined, mix: undefined },
    })
    expect(read({ level: 0, extra: 0, stable: 'USDC', mix: { ETH: 0.25, BTC: 0.75 } })).toEqual({
      status: 'read',
      values: { level: 0, extra: 0, stable: 'USDC', mix: [0.75, 0.25, 0] },
    })
  })

  test('takes from a sum of shares what rounding left over', () => {
    const result = read({ level: 1, mix: { BTC: 0.1 + 0.2, ETH: 0.7 } })
    expect(result).toMatchObject({ values: { mix: [expect.closeTo(0.3, 12), expect.closeTo(0.7, 12), 0] } })
  })

  test.each([
    [{}, 'Parameter level of target setter trial should be a number from 0 to 2, got nothing.'],
    [{ level: '1' }, 'Parameter level of target setter trial should be a number from 0 to 2, got "1".'],
    [{ level: Number.NaN }, 'Parameter level of target setter trial should be a number from 0 to 2, got NaN.'],
    [{ level: 2.1 }, 'Parameter level of target setter trial should be a number from 0 to 2, got 2.1.'],
    [{ level: null }, 'Parameter level of target setter trial should be a number from 0 to 2, got null.'],
    [
      { level: 1, stable: 'DAI' },
      'Parameter stable of target setter trial should be one of BTC, ETH, USDC, got "DAI".',
    ],
    [{ level: 1, typo: 1 }, 'Target setter trial has no parameter typo; it takes: level, extra, stable, mix.'],
  ])('refuses %j and says what it should be', (given, detail) => {
    expect(refusalOf(given)).toBe(`bad-parameter: ${detail}`)
  })

  test.each([
    [[1], 'object'],
    ['BTC', '"BTC"'],
    [{ BTC: 0.5, DOGE: 0.5 }, '0.5 for DOGE'],
    [{ BTC: -0.1, ETH: 1.1 }, '-0.1 for BTC'],
    [{ BTC: Number.NaN }, 'NaN for BTC'],
    [{ BTC: '1' }, '"1" for BTC'],
    [{ BTC: 0.5, ETH: 0.4 }, 'a sum of 90.0 %'],
    [{}, 'a sum of 0.0 %'],
  ])('refuses %j as shares', (mix, came) => {
    const expected = 'shares by asset (BTC, ETH, USDC), none negative, that sum to one'
    const detail = `Parameter mix of target setter trial should be ${expected}, got ${came}.`
    expect(refusalOf({ level: 1, mix })).toBe(`bad-parameter: ${detail}`)
  })
})
