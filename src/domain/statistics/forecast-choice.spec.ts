import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chooseForecast, type ForecastCandidate, type ForecastModel, qlike } from './forecast-choice.js'
import { StatisticsError } from './input.js'

const candidate = (
  model: ForecastModel,
  variance: number | undefined,
  days: number,
  loss: number,
  ewmaLoss = 2.5,
): ForecastCandidate => ({
  model,
  variance,
  score: days === 0 ? { days, loss: undefined, ewmaLoss: undefined } : { days, loss, ewmaLoss },
})
const ewma = candidate('ewma', 4e-4, 4, 2.5)

describe('qlike', () => {
  test('is least, on average, for the true variance', () => {
    // Of squares 1 and 9, the mean is 5.
    const loss = (variance: number) => (qlike(variance, 1) + qlike(variance, 9)) / 2
    expect(loss(5)).toBeCloseTo(Math.log(5) + 1, 12)
    for (const other of [1, 4.9, 5.1, 20]) expect(loss(other)).toBeGreaterThan(loss(5))
  })

  test('is finite for a return of zero, and refuses variances and squares that are none', () => {
    expect(qlike(1e-4, 0)).toBeCloseTo(Math.log(1e-4), 12)
    for (const odd of [0, -1, Number.NaN, Infinity]) expect(() => qlike(odd, 1)).toThrow(StatisticsError)
    for (const odd of [-1, Number.NaN, Infinity]) expect(() => qlike(1, odd)).toThrow(StatisticsError)
  })
})

describe('chooseForecast', () => {
  test('takes the model that beats EWMA by most, and says why with the scores', () => {
    const choice = chooseForecast([ewma, candidate('garch', 9e-4, 4, 2.25), candidate('har', 1e-4, 4, 2)], 4)!
    expect(choice).toMatchObject({ model: 'har', variance: 1e-4 })
    expect(choice.volatility).toBeCloseTo(Math.sqrt(365e-4), 12)
    expect(choice.reason).toBe(
      'HAR has a QLIKE of 2.0000 over 4 days, EWMA 2.5000 over the same. It is the best. ' +
        'GARCH has a QLIKE of 2.2500 over 4 days, EWMA 2.5000 over the same.',
    )
    expect(choice.scores.map(({ model, days, loss, ewmaLoss }) => [model, days, loss, ewmaLoss])).toEqual([
      ['ewma', 4, 2.5, 2.5],
      ['garch', 4, 2.25, 2.5],
      ['har', 4, 2, 2.5],
    ])
  })

  test('compares a model with what EWMA lost on the same days', () => {
    // Its two days were the hard ones: 3 is worse than EWMA over all four, and better than EWMA over those two.
    expect(chooseForecast([ewma, candidate('garch', 9e-4, 2, 3, 3.5)], 2)!.model).toBe('garch')
    expect(chooseForecast([ewma, candidate('garch', 9e-4, 2, 2, 1.5)], 2)!.model).toBe('ewma')
  })

  test('falls back to EWMA where a model is no better, has no fit, or was scored too rarely', () => {
    const said = (garch: ForecastCandidate) => {
      const { model, variance, reason } = chooseForecast([ewma, garch], 3)!
      return [model, variance, reason]
    }
    const none = 'EWMA: no other model beats it.'
    expect(said(candidate('garch', 9e-4, 4, 2.5))).toEqual([
      'ewma',
      4e-4,
      `${none} GARCH has a QLIKE of 2.5000 over 4 days, EWMA 2.5000 over the same.`,
    ])
    expect(said(candidate('garch', undefined, 4, 0))).toEqual(['ewma', 4e-4, `${none} GARCH has no fit.`])
    expect(said(candidate('garch', 9e-4, 2, 0))).toEqual([
      'ewma',
      4e-4,
      `${none} GARCH was scored on 2 days and needs 3.`,
    ])
    expect(chooseForecast([candidate('ewma', 4e-4, 0, 0), candidate('har', 9e-4, 0, 0)], 0)).toMatchObject({
      model: 'ewma',
    })
    expect(chooseForecast([ewma], 3)).toMatchObject({ model: 'ewma', reason: none })
  })

  test('is undefined without a forecast of EWMA', () => {
    expect(chooseForecast([candidate('ewma', undefined, 0, 0), candidate('har', 1e-4, 9, 0)], 1)).toBeUndefined()
    expect(chooseForecast([], 1)).toBeUndefined()
  })

  test('takes the largest gain over EWMA, and none that is not a gain', () => {
    const score = fc.tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -9, max: 9 }),
    )
    fc.assert(
      fc.property(score, score, (garch, har) => {
        const gainOf = ([days, loss, ewmaLoss]: readonly [number, number, number]) => (days < 2 ? 0 : ewmaLoss - loss)
        const { model } = chooseForecast([ewma, candidate('garch', 2, ...garch), candidate('har', 3, ...har)], 2)!
        const gains = { ewma: 0, garch: gainOf(garch), har: gainOf(har) }
        expect(gains[model]).toBe(Math.max(0, ...Object.values(gains)))
      }),
    )
  })

  test('refuses a variance or a loss that is none', () => {
    expect(() => chooseForecast([candidate('ewma', Number.NaN, 0, 0)], 1)).toThrow(StatisticsError)
    expect(() => chooseForecast([candidate('ewma', 0, 0, 0)], 1)).toThrow(StatisticsError)
    expect(() => chooseForecast([candidate('ewma', 1, 3, Number.NaN)], 1)).toThrow(StatisticsError)
  })
})
