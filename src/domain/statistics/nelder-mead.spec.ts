import { describe, expect, test } from '@jest/globals'
import { StatisticsError } from './input.js'
import { minimise } from './nelder-mead.js'

/** Rosenbrock 1960: a curved valley whose minimum is at (1, 1). */
const valley = ([x, y]: readonly number[]) => 100 * (y! - x! ** 2) ** 2 + (1 - x!) ** 2

describe('minimise', () => {
  test.each([
    // scipy 1.17, method Nelder-Mead, the same first simplex, stopped after 10, 20, 30 and 50 iterations.
    [20, -0.9552490234374997, 0.92340087890625],
    [38, -0.1974308013915982, -0.0012521743774414],
    [57, 0.048726528137927355, 0.022132588550448418],
    [93, 0.8807024217110775, 0.7706326739539691],
  ])('is after %i evaluations where scipy is', (mostEvaluations, x, y) => {
    const { point, evaluations } = minimise(valley, [-1.2, 1], { mostEvaluations })!
    expect([evaluations, ...point]).toEqual([mostEvaluations, expect.closeTo(x, 10), expect.closeTo(y, 10)])
  })

  test('finds the minimum at the end of the valley, the same each time', () => {
    const minimum = minimise(valley, [-1.2, 1])!
    expect(minimum.hasConverged).toBe(true)
    expect(minimum.point[0]).toBeCloseTo(1, 4)
    expect(minimum.point[1]).toBeCloseTo(1, 4)
    expect(minimum.value).toBeLessThan(1e-8)
    expect(minimise(valley, [-1.2, 1])).toEqual(minimum)
  })

  test('finds that of a function that is not smooth, in four dimensions', () => {
    const corner = (point: readonly number[]) => point.reduce((sum, one, i) => sum + Math.abs(one - i), 5)
    const minimum = minimise(corner, [9, 9, 9, 9], { step: 1 })!
    for (const [i, one] of minimum.point.entries()) expect(one).toBeCloseTo(i, 3)
    expect(minimum.value).toBeCloseTo(5, 3)
  })

  test('turns back where the function has no finite value', () => {
    const walled = ([x]: readonly number[]) => (x! < 2 ? Number.NaN : x!)
    const minimum = minimise(walled, [5])!
    expect(minimum.point[0]).toBeCloseTo(2, 4)
    expect(minimise(walled, [1])).toBeUndefined()
  })

  test('says so when it runs out of evaluations, and never answers with what is no number', () => {
    const endless = minimise(([x]) => -x!, [0])!
    expect(endless.hasConverged).toBe(false)
    expect(Number.isFinite(endless.value) && Number.isFinite(endless.point[0])).toBe(true)
    const short = minimise(([x]) => x! ** 2, [100], { mostEvaluations: 5 })!
    expect(short).toMatchObject({ hasConverged: false, evaluations: expect.any(Number) })
    expect(short.evaluations).toBeLessThan(9)
  })

  test('is where it began on a plain', () => {
    expect(minimise(() => 3, [1, 2])).toMatchObject({ point: [1, 2], value: 3, hasConverged: true })
  })

  test('refuses a start that is no number and a step that goes nowhere', () => {
    expect(() => minimise(() => 0, [Number.NaN])).toThrow(StatisticsError)
    expect(() => minimise(() => 0, [1], { step: 0 })).toThrow(StatisticsError)
  })
})
