import { describe, expect, test } from '@jest/globals'
import { garchPath } from '../../../test/support/garch-path.js'
import { EwmaCovariance } from './ewma.js'
import { forecasts, VolatilityForecaster } from './forecast.js'
import { qlike } from './forecast-choice.js'
import { fitGarch } from './garch.js'
import { StatisticsError } from './input.js'

describe('VolatilityForecaster', () => {
  test('forecasts by EWMA alone where nothing competes with it', () => {
    const returns = garchPath(1, 100, 0.1, 0.85)
    const choices = forecasts(returns, { challengers: [] })
    const ewma = new EwmaCovariance(1, { perYear: 1 })
    for (const [day, value] of returns.entries()) {
      ewma.update([value])
      expect(choices[day]?.variance).toBe(ewma.variance())
    }
    expect(choices[18]).toBeUndefined()
    expect(choices[99]).toMatchObject({ model: 'ewma', reason: 'EWMA: no other model beats it.' })
  })

  test('scores each forecast on the day after it', () => {
    const returns = garchPath(1, 60, 0.1, 0.85)
    const choices = forecasts(returns, { challengers: [], scoreWindow: 10, scoreMinimum: 10 })
    let expected = 0
    for (let day = 49; day < 59; day++) expected += qlike(choices[day]!.variance, returns[day + 1]! ** 2) / 10
    expect(choices[59]!.scores[0]).toMatchObject({ days: 10, loss: expect.closeTo(expected, 12) })
  })

  test('finds GARCH where variance reverts quickly, which EWMA cannot follow, and gains by it on later days', () => {
    const returns = garchPath(5, 1_200, 0.35, 0.4)
    const choices = forecasts(returns, { challengers: ['garch'] })
    const last = choices.at(-1)!
    expect(last.model).toBe('garch')
    expect(last.reason).toMatch(/^GARCH has a QLIKE of -\d\.\d{4} over 250 days, EWMA -\d\.\d{4} over the same\. It is/)
    const [, garch] = last.scores
    expect(garch!.loss!).toBeLessThan(garch!.ewmaLoss!)
    const ewma = forecasts(returns, { challengers: [] })
    const total = (all: typeof choices) =>
      returns.slice(401).reduce((sum, value, index) => sum + qlike(all[index + 400]!.variance, value ** 2), 0)
    expect(total(choices)).toBeLessThan(total(ewma) - 20)
  })

  test('fits on the returns before, at the count it should, and follows by recursion until the next fit', () => {
    const returns = garchPath(3, 260, 0.1, 0.8)
    const options = { challengers: ['garch'], fitMinimum: 200, refitEvery: 50, fitWindow: 230 } as const
    const volatilities = forecasts(returns, options).map((choice) => choice?.scores[1]?.volatility)
    expect(volatilities.findIndex((one) => one !== undefined)).toBe(199)
    const first = fitGarch(returns.slice(0, 200))!
    expect(volatilities[199]).toBeCloseTo(Math.sqrt(365 * first.nextVariance), 10)
    const next = first.omega + first.alpha * (returns[200]! - first.mean) ** 2 + first.beta * first.nextVariance
    expect(volatilities[200]).toBeCloseTo(Math.sqrt(365 * next), 10)
    const second = fitGarch(returns.slice(20, 250))!
    expect(volatilities[249]).toBeCloseTo(Math.sqrt(365 * second.nextVariance), 10)
  })

  test('lets HAR compete', () => {
    const returns = garchPath(3, 330, 0.1, 0.8)
    const last = forecasts(returns, { challengers: ['har'], fitMinimum: 200 }).at(-1)!
    expect(last.scores.map(({ model, days }) => [model, days])).toEqual([
      ['ewma', 250],
      ['har', 130],
    ])
    expect(last.scores[1]!.volatility).toBeGreaterThan(0)
  })

  test('is never calmer than the least volatility, and says EWMA where a price does not move', () => {
    const choices = forecasts(Array.from({ length: 300 }, () => 0))
    expect(choices.at(-1)).toMatchObject({ model: 'ewma', volatility: expect.closeTo(0.01, 12) })
    expect(choices.at(-1)!.reason).toContain('GARCH has no fit. HAR has no fit.')
  })

  test('learns nothing from an unknown return', () => {
    const forecaster = new VolatilityForecaster()
    for (const value of garchPath(1, 30, 0.1, 0.8)) forecaster.update(value)
    const before = forecaster.choice()
    forecaster.update(undefined)
    expect(forecaster.choice()).toEqual(before)
  })

  test('after thirty unknown returns is as one that knew nothing before', () => {
    const options = { fitMinimum: 120, scoreMinimum: 5 }
    const [before, after] = [garchPath(1, 200, 0.1, 0.8), garchPath(2, 200, 0.1, 0.8)]
    const gap = Array.from({ length: 30 }, () => undefined)
    const choices = forecasts([...before, ...gap, ...after], options)
    expect(choices[228]).toBeDefined()
    expect(choices.slice(229)).toEqual([undefined, ...forecasts(after, options)])
  })

  test('stays finite when an asset goes to zero in days', () => {
    const returns = garchPath(4, 400, 0.1, 0.8)
    returns.splice(300, 5, -0.3, -0.9, -3, -4, -2)
    for (const choice of forecasts(returns, { fitMinimum: 150, refitEvery: 30 }).slice(20)) {
      const numbers = [choice!.variance, choice!.volatility, ...choice!.scores.flatMap(({ loss }) => loss ?? [])]
      expect(numbers.every(Number.isFinite) && choice!.variance > 0).toBe(true)
    }
  })

  test('refuses options that contradict each other and returns that are none', () => {
    for (const options of [
      { fitMinimum: 50 },
      { fitWindow: 200 },
      { refitEvery: 0 },
      { scoreMinimum: 0 },
      { scoreWindow: 30 },
      { leastVolatility: 0 },
      { decay: Number.NaN },
    ])
      expect(() => new VolatilityForecaster(options)).toThrow(StatisticsError)
    expect(() => new VolatilityForecaster().update(Number.NaN)).toThrow(StatisticsError)
  })
})
