import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { garchPath } from '../../../test/support/garch-path.js'
import { fitHar, forecastHar } from './har.js'

const simulatedSquares = (seed: number, count: number) => garchPath(seed, count, 0.1, 0.85).map((one) => one ** 2)

describe('fitHar', () => {
  test('has the coefficients and the forecast of numpy.linalg.lstsq', () => {
    const squares = simulatedSquares(1, 400)
    const har = fitHar(squares)!
    const expected = [0.00015966344329399872, 0.030210357113841124, 0.19723894125131664, 0.43746912067410554]
    for (const [place, coefficient] of har.coefficients.entries())
      expect(coefficient / expected[place]!).toBeCloseTo(1, 8)
    expect(har.least / 9.78181942796181e-5).toBeCloseTo(1, 8)
    expect(har.most / 0.006040656442592026).toBeCloseTo(1, 8)
    expect(forecastHar(har, squares)! / 0.0008992440144984118).toBeCloseTo(1, 8)
  })

  test('holds forecasts between the calmest month and the wildest day it was fitted on', () => {
    const har = { coefficients: [-1, 0, 0, 0], least: 1e-4, most: 9e-4 }
    const month = Array.from({ length: 30 }, () => 1e-4)
    expect(forecastHar(har, month)).toBe(1e-4)
    expect(forecastHar({ ...har, coefficients: [0, 99, 0, 0] }, month)).toBe(9e-4)
  })

  test('averages one, seven and thirty days, the newest last', () => {
    const squares = Array.from({ length: 40 }, (_, day) => day)
    const by = (...slopes: number[]) => forecastHar({ coefficients: [0, ...slopes], least: 0, most: 1e9 }, squares)
    expect([by(1, 0, 0), by(0, 1, 0), by(0, 0, 1)]).toEqual([39, 36, 24.5])
  })

  test('is undefined for too few returns, for constant ones and for a price that did not move in a month', () => {
    const squares = simulatedSquares(2, 120)
    expect(fitHar(squares)).toBeDefined()
    expect(fitHar(squares.slice(1))).toBeUndefined()
    expect(fitHar(Array.from({ length: 200 }, () => 0))).toBeUndefined()
    expect(fitHar(Array.from({ length: 200 }, () => 1e-4))).toBeUndefined()
    expect(fitHar([...Array.from({ length: 60 }, () => 0), ...squares])).toBeUndefined()
    expect(forecastHar(fitHar(squares)!, squares.slice(-29))).toBeUndefined()
  })

  test('forecasts a positive number, whatever the returns', () => {
    const square = fc.double({ min: 0, max: 4e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(square, { minLength: 120, maxLength: 160 }), (squares) => {
        const har = fitHar(squares)
        const forecast = har && forecastHar(har, squares)
        expect(forecast === undefined || (forecast > 0 && Number.isFinite(forecast))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})
