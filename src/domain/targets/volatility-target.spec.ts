import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aTargetInput, currentTargets } from '../../../test/support/targets.js'
import type { TargetInput } from './target-input.js'
import { volatilityTarget } from './volatility-target.js'

const covarianceAt = (volatility: number) => [
  [volatility ** 2, 0, 0],
  [0, volatility ** 2, 0],
  [0, 0, 0],
]
const input = (volatility: number, changes: Partial<TargetInput> = {}) =>
  aTargetInput(['BTC', 'ETH', 'USDC'], { covariance: covarianceAt(volatility), ...changes })
const half = { BTC: 0.5, ETH: 0.5 }
/** The even mix of two independent assets has their volatility over √2. */
const want = (atRisk: number, exposure?: number, given: Readonly<Record<string, unknown>> = {}) =>
  volatilityTarget.want(input(atRisk * Math.SQRT2, { current: currentTargets({ USDC: 100 }, { exposure }) }), {
    volatility: 0.2,
    ...given,
  })

describe('volatility target', () => {
  test('holds as much at risk as has the wanted volatility, the rest in the stable asset', () => {
    const result = want(0.5)
    expect(result).toMatchObject({
      status: 'set',
      weights: [expect.closeTo(0.2, 12), expect.closeTo(0.2, 12), expect.closeTo(0.6, 12)],
      exposure: expect.closeTo(0.4, 12),
      reasons: [
        'The part at risk has a volatility of 50.0 % a year, wanted are 20.0 % of the whole; exposure is 40.0 %, at most 100.0 %.',
        'At risk are BTC 50.0 %, ETH 50.0 %; the rest is in USDC.',
      ],
    })
  })

  test('never holds more than the largest exposure, also of what has no volatility to speak of', () => {
    expect(want(0.1)).toMatchObject({ exposure: 1, weights: [0.5, 0.5, 0] })
    expect(want(0.1, undefined, { maxExposure: 0.6 })).toMatchObject({ exposure: 0.6 })
    const mirrored = [[1, -1, 0], [-1, 1, 0], [0, 0, 0]] // prettier-ignore
    const given = { volatility: 0.2, mix: half }
    expect(volatilityTarget.want(input(1, { covariance: mirrored }), given)).toMatchObject({ exposure: 1 })
  })

  test('stays until exposure would move by more than a tenth of what it was', () => {
    expect(want(0.5, 0.4 / 1.099)).toMatchObject({ exposure: 0.4 / 1.099 })
    expect(want(0.5, 0.4 / 1.101)).toMatchObject({ exposure: expect.closeTo(0.4, 12) })
    expect(want(0.5, 0.4 / 0.901)).toMatchObject({ exposure: 0.4 / 0.901 })
    expect(want(0.5, 0.4 / 0.899)).toMatchObject({ exposure: expect.closeTo(0.4, 12) })
    expect(want(0.5, 0.39, { tolerance: 0 })).toMatchObject({ exposure: expect.closeTo(0.4, 12) })
    expect(want(0.5, 0)).toMatchObject({ exposure: expect.closeTo(0.4, 12) })
    const result = want(0.5, 0.38)
    expect(result.status === 'set' && result.reasons[0]).toBe(
      'The part at risk has a volatility of 50.0 % a year, wanted are 20.0 % of the whole; an exposure of 40.0 % would fit, which is within 10.0 % of 38.0 %: it stays.',
    )
  })

  test('does not stay above a largest exposure that was lowered since', () => {
    expect(want(0.5, 0.4, { maxExposure: 0.38 })).toMatchObject({ exposure: 0.38 })
  })

  test('a mix that was changed counts at once while exposure stays', () => {
    expect(want(0.5, 0.4, { mix: half })).toMatchObject({ weights: [0.2, 0.2, 0.6] })
    const given = { volatility: 0.2, mix: { BTC: 1 } }
    const current = currentTargets({ USDC: 100 }, { exposure: 0.41 })
    expect(volatilityTarget.want(input(0.5, { current }), given)).toMatchObject({
      weights: [0.41, 0, expect.closeTo(0.59, 12)],
    })
  })

  test('exposure falls as volatility rises', () => {
    const volatility = fc.integer({ min: 1, max: 300 }).map((one) => one / 100)
    fc.assert(
      fc.property(volatility, volatility, (a, b) => {
        const [calm, wild] = [want(Math.min(a, b)), want(Math.max(a, b))]
        expect((wild.status === 'set' && wild.exposure!) <= (calm.status === 'set' && calm.exposure!)).toBe(true)
      }),
    )
  })

  test('needs one stable asset, and none of it in the mix', () => {
    const refusalOf = (keys: readonly string[], given: Readonly<Record<string, unknown>>) => {
      const covariance = keys.map((_a, i) => keys.map((_b, j) => (i === j ? 1 : 0)))
      const result = volatilityTarget.want(aTargetInput(keys, { covariance }), { volatility: 0.2, ...given })
      return result.status === 'refused' ? `${result.code}: ${result.detail}` : result.status
    }
    const sentence = 'no-stable-asset: What is not at risk should be kept in one stable asset, got'
    expect(refusalOf(['BTC'], {})).toBe(`${sentence} none. Name it as parameter stable.`)
    expect(refusalOf(['BTC', 'USDC', 'USDT'], {})).toBe(`${sentence} USDC and USDT. Name it as parameter stable.`)
    expect(refusalOf(['BTC', 'USDC'], { stable: 'BTC' })).toBe(
      `${sentence} BTC, which is not. Name it as parameter stable.`,
    )
    expect(refusalOf(['BTC', 'USDC', 'USDT'], { stable: 'USDT' })).toBe('set')
    expect(refusalOf(['BTC', 'USDC'], { mix: { BTC: 0.5, USDC: 0.5 } })).toBe(
      'bad-parameter: USDC takes what is not at risk, got 50.0 % of it in the mix at risk. Leave it out of the mix.',
    )
  })

  test('leaves a second stable asset out unless the mix names it', () => {
    const covariance = [[0.25, 0, 0], [0, 1e-4, 0], [0, 0, 1e-4]] // prettier-ignore
    const trial = aTargetInput(['BTC', 'USDC', 'USDT'], { covariance })
    const given = { volatility: 0.25, stable: 'USDC' }
    expect(volatilityTarget.want(trial, given)).toMatchObject({ weights: [0.5, 0.5, 0] })
    expect(volatilityTarget.want(trial, { ...given, mix: { USDT: 1 } })).toMatchObject({ weights: [0, 0, 1] })
  })

  test('of nothing but a stable asset holds it, whatever is known of prices', () => {
    expect(volatilityTarget.want(aTargetInput(['USDC']), { volatility: 0.2 })).toEqual({
      status: 'set',
      weights: [1],
      exposure: 0,
      reasons: ['There is nothing but USDC to hold.'],
    })
  })

  test('is not set while volatility is unknown or a price at risk does not move', () => {
    const unknown = input(1, { covariance: undefined })
    expect(volatilityTarget.want(unknown, { volatility: 0.2 })).toMatchObject({ code: 'covariance-unknown' })
    expect(volatilityTarget.want(input(0), { volatility: 0.2 })).toMatchObject({ code: 'no-variance' })
  })
})
