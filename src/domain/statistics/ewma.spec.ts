import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ROWS } from '../../../test/support/returns.js'
import { HOURS_PER_YEAR } from './covariance.js'
import { isPositiveSemidefinite } from './definiteness.js'
import { EwmaCovariance, ewmaCovariances, hourlyDecay } from './ewma.js'
import { StatisticsError } from './input.js'

const value = fc.integer({ min: -3_000, max: 3_000 }).map((one) => one / 10_000)
const histories = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 60 }))

describe('EwmaCovariance', () => {
  test('is the mean of products with weights λ^age', () => {
    const expected = [
      [0.052353827822005934, 0.028926681449812867, 0.00421895396882109],
      [0.028926681449812867, 0.02405455304515823, 0.0009740520311493824],
      [0.00421895396882109, 0.0009740520311493824, 0.015665628192848495],
    ]
    const matrix = ewmaCovariances(ROWS, { minimum: 10 }).at(-1)!
    for (const [i, row] of expected.entries())
      for (const [j, entry] of row.entries()) expect(matrix[i]![j]).toBeCloseTo(entry, 14)
  })

  test('halves a shock in 11 days at 0.94 and in 23 at 0.97', () => {
    for (const [decay, days] of [
      [0.94, 11],
      [0.97, 23],
    ] as const) {
      const ewma = new EwmaCovariance(1, { decay, minimum: 1, perYear: 1 })
      for (let day = 0; day < 2_000; day++) ewma.update([0])
      ewma.update([0.05])
      const shock = ewma.variance()!
      expect(shock).toBeCloseTo((1 - decay) * 0.0025, 12)
      for (let day = 0; day < days; day++) ewma.update([0])
      expect(ewma.variance()! / shock).toBeCloseTo(0.5, 1)
    }
  })

  test('forgets as much in a day of hourly returns, and is annual by the hours of a year', () => {
    expect(hourlyDecay(0.94) ** 24).toBeCloseTo(0.94, 12)
    const hourly = new EwmaCovariance(1, { decay: hourlyDecay(0.94), perYear: HOURS_PER_YEAR })
    for (let hour = 0; hour < 500; hour++) hourly.update([hour % 2 === 0 ? 0.01 : -0.01])
    expect(hourly.variance()).toBeCloseTo(0.0001 * 8_760, 12)
    expect(() => hourlyDecay(1)).toThrow(StatisticsError)
  })

  test('says nothing before the minimum, and has seen what it counted', () => {
    const ewma = new EwmaCovariance(2, { minimum: 3 })
    for (let day = 0; day < 2; day++) ewma.update([0.01, -0.01])
    expect([ewma.covariance(), ewma.variance(0), ewma.observations]).toEqual([undefined, undefined, 2])
    ewma.update([0.01, -0.01])
    expect(ewma.covariance()![0]![1]).toBeCloseTo(-0.0001 * 365, 12)
  })

  test('learns nothing from a row in which a return is unknown', () => {
    const ewma = new EwmaCovariance(2, { minimum: 1 })
    expect(ewma.update([0.01, 0.02])).toBe(true)
    const before = ewma.covariance()
    expect(ewma.update([0.5, undefined])).toBe(false)
    expect(ewma.update([undefined, 0.5])).toBe(false)
    expect(ewma.covariance()).toEqual(before)
    const path = ewmaCovariances([[0.01], [undefined], [0.02]], { minimum: 1 })
    expect(path[1]).toBe(path[0])
    expect(path[2]).not.toEqual(path[1])
    expect(ewmaCovariances([])).toEqual([])
  })

  test('forgets what was not renewed for thirty rows, and begins anew', () => {
    const known = Array.from({ length: 25 }, () => [0.01])
    const unknown = (count: number) => Array.from({ length: count }, () => [undefined])
    expect(ewmaCovariances([...known, ...unknown(29)]).at(-1)).toBeDefined()
    const path = ewmaCovariances([...known, ...unknown(30), ...known.map(() => [0.03])])
    expect(path[25 + 29]).toBeUndefined()
    expect(path[55 + 18]).toBeUndefined()
    expect(path[55 + 19]![0]![0]).toBeCloseTo(0.0009 * 365, 12)
    // Unknown rows with news between them are not in a row.
    expect(ewmaCovariances([...known, ...unknown(29), [0.01], ...unknown(29)]).at(-1)).toBeDefined()
  })

  test('counts a move of twenty deviations as six, but any move as up to ten percent', () => {
    const after = (calm: number, shock: number) => {
      const ewma = new EwmaCovariance(1, { perYear: 1 })
      for (let day = 0; day < 400; day++) ewma.update([day % 2 === 0 ? calm : -calm])
      ewma.update([shock])
      return ewma.variance()!
    }
    expect(after(0.04, -0.8)).toBeCloseTo(0.94 * 0.0016 + 0.06 * 0.24 ** 2, 10)
    expect(after(0.0001, -0.08)).toBeCloseTo(0.94 * 1e-8 + 0.06 * 0.08 ** 2, 12)
    expect(after(0.0001, -0.8)).toBeCloseTo(0.94 * 1e-8 + 0.06 * 0.1 ** 2, 12)
    expect(after(0, -0.8)).toBeCloseTo(0.06 * 0.1 ** 2, 12)
  })

  test('is positive semidefinite whatever the returns', () => {
    fc.assert(
      fc.property(histories, (rows) => {
        expect(isPositiveSemidefinite(ewmaCovariances(rows, { minimum: 1 }).at(-1)!)).toBe(true)
      }),
    )
  })

  test('is zero for constant prices', () => {
    const rows = Array.from({ length: 30 }, () => [0, 0])
    expect(ewmaCovariances(rows).at(-1)).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  test('refuses rows of another length, returns that are none and options that are none', () => {
    const ewma = new EwmaCovariance(2)
    expect(() => ewma.update([0.1])).toThrow(StatisticsError)
    for (const odd of [Number.NaN, Infinity, 1e9]) expect(() => ewma.update([0.1, odd])).toThrow(StatisticsError)
    expect(ewma.observations).toBe(0)
    for (const assets of [0, 1.5, Number.NaN]) expect(() => new EwmaCovariance(assets)).toThrow(StatisticsError)
    for (const options of [
      { decay: 1 },
      { decay: 0 },
      { decay: Number.NaN },
      { perYear: 0 },
      { minimum: 0 },
      { forgetAfter: 0 },
    ])
      expect(() => new EwmaCovariance(1, options)).toThrow(StatisticsError)
  })
})
