import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { dayAxis, domainOf, linearAxis, linearScale, logAxis, logScale } from './scale.js'

const range = [300, 20] as const
const day = (text: string) => Date.parse(text) / 86_400_000
const plain = (value: number, decimals: number) => value.toFixed(decimals)

describe('domains', () => {
  test('reach a little beyond their values', () => {
    expect(domainOf([1, undefined, 3], 0.1)).toEqual({ least: 0.8, most: 3.2 })
  })

  test.each([
    ['nothing', []],
    ['one value', [5]],
    ['zero', [0, 0]],
    ['what is no number', [Number.NaN, undefined, Number.POSITIVE_INFINITY]],
  ])('of %s are intervals', (_name, values) => {
    const { least, most } = domainOf(values)
    expect(least).toBeLessThan(most)
  })
})

describe('scales', () => {
  test('are finite, monotone and stay between their ends', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), value, value, (values, a, b) => {
        const scale = linearScale(domainOf(values), 20, 300)
        const [low, high] = [scale(Math.min(a, b)), scale(Math.max(a, b))]
        expect(low).toBeGreaterThanOrEqual(20)
        expect(high).toBeLessThanOrEqual(300)
        expect(low).toBeLessThanOrEqual(high)
      }),
    )
  })

  test('of equal proportions put what is not above zero at their lower end', () => {
    const scale = logScale({ least: 1, most: 100 }, 0, 200)
    expect([scale(-5), scale(0), scale(1), scale(10), scale(100), scale(1e9)]).toEqual([0, 0, 0, 100, 200, 200])
  })
})

describe('ticks', () => {
  test('are round, equally far apart and told apart by their labels', () => {
    expect(linearAxis({ least: 0.18, most: 0.41 }, range, 3, plain).ticks.map(({ label }) => label)).toEqual([
      '0.2',
      '0.3',
      '0.4',
    ])
    expect(linearAxis({ least: -12, most: 31 }, range, 4, plain).ticks.map(({ label }) => label)).toEqual(['0', '20'])
  })

  test('of any domain are few, at least one, within it and all different', () => {
    const size = fc.double({ min: -12, max: 12, noNaN: true })
    fc.assert(
      fc.property(size, fc.double({ min: -5, max: 5, noNaN: true }), (power, offset) => {
        const width = 10 ** power
        const { ticks } = linearAxis(
          { least: offset * width, most: (offset + 1) * width },
          range,
          4,
          (value) => `${value}`,
        )
        expect(ticks.length).toBeGreaterThanOrEqual(1)
        expect(ticks.length).toBeLessThanOrEqual(10)
        expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length)
        for (const { at } of ticks) expect(at >= 20 && at <= 300).toBe(true)
      }),
    )
  })

  test('of equal proportions are powers of ten and what lies between, fewer the wider', () => {
    const labels = (least: number, most: number) =>
      logAxis({ least, most }, range, String).ticks.map(({ label }) => label)
    expect(labels(0.9, 60)).toEqual(['1', '2', '5', '10', '20', '50'])
    expect(labels(0.9, 6_000)).toEqual(['1', '3', '10', '30', '100', '300', '1000', '3000'])
    expect(labels(1e-9, 1e9).length).toBeLessThanOrEqual(9)
  })

  test.each([
    ['2017-08-17', '2025-08-07', ['2018', '2020', '2022', '2024']],
    ['2021-03-05', '2024-03-04', ['2022', '2023', '2024']],
    ['2024-01-10', '2024-08-01', ['2024-03', '2024-05', '2024-07']],
    ['2024-01-10', '2024-01-15', ['01-10', '01-11', '01-12', '01-13', '01-14', '01-15']],
    ['2024-01-10', '2024-01-10', ['01-10']],
  ])('of days from %s to %s', (first, last, expected) => {
    const { ticks, scale } = dayAxis(day(first), day(last), [46, 352])
    expect(ticks.map(({ label }) => label)).toEqual(expected)
    expect(scale(day(last)) >= 46 && scale(day(last)) <= 352).toBe(true)
  })

  test('of any days are few and at least one', () => {
    const start = fc.integer({ min: 10_000, max: 30_000 })
    fc.assert(
      fc.property(start, fc.integer({ min: 0, max: 20_000 }), (first, span) => {
        const { ticks } = dayAxis(first, first + span, [46, 352])
        expect(ticks.length).toBeGreaterThanOrEqual(1)
        expect(ticks.length).toBeLessThanOrEqual(8)
        for (const { at } of ticks) expect(at >= 46 && at <= 352).toBe(true)
      }),
    )
  })
})
