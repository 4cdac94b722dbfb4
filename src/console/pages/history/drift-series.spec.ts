import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DriftPoint } from '../../api/cycles.js'
import {
  assetsOf,
  isOutOfBand,
  nearestTo,
  percent,
  rangeOf,
  type SeriesPoint,
  seriesInWords,
  seriesOf,
  startOf,
  stepped,
  thinned,
  tickLabels,
  tickText,
} from './drift-series.js'

const point = (minute: number, drift: string, eth: string | undefined): DriftPoint => ({
  at: new Date(Date.UTC(2026, 0, 31, 0, minute)).toISOString(),
  cycleId: `c${minute}`,
  navUsd: '1000',
  isComplete: true,
  drift,
  assets: [
    { asset: 'usd', weight: '0.4', target: '0.5', band: '0.05' },
    ...(eth === undefined ? [] : [{ asset: 'eth', weight: eth, target: '0.5', band: '0.05' }]),
  ],
})
/** Newest first, as the API answers. */
const points = [point(3, '0.1', '0.6'), point(2, '0.02', '0.52'), point(1, '0.04', undefined), point(0, '0', '0.5')]

describe('drift as a series', () => {
  test('is oldest first, with target and band of an asset', () => {
    const series = seriesOf(points, 'eth')
    expect(series.map(({ cycleId }) => cycleId)).toEqual(['c0', 'c1', 'c2', 'c3'])
    expect(series.map(({ value }) => value)).toEqual([0.5, null, 0.52, 0.6])
    expect(series[3]).toMatchObject({ target: 0.5, lower: 0.45, upper: 0.55 })
    expect(series.filter(isOutOfBand).map(({ cycleId }) => cycleId)).toEqual(['c3'])
    expect(seriesOf(points, undefined).map(({ value, upper }) => [value, upper])).toEqual([
      [0, null],
      [0.04, null],
      [0.02, null],
      [0.1, null],
    ])
  })

  test('assets by their latest weight', () => {
    expect(assetsOf(points)).toEqual(['eth', 'usd'])
    expect(assetsOf([])).toEqual([])
  })

  test('the picture holds every figure and the band', () => {
    const [least, most] = rangeOf(seriesOf(points, 'eth'))!
    expect(least).toBeLessThan(0.45)
    expect(most).toBeGreaterThan(0.6)
    expect(rangeOf(seriesOf(points, undefined))![0]).toBe(0)
    expect(rangeOf(seriesOf(points, 'none'))).toBeNull()
  })

  test('words say what the picture shows', () => {
    expect(seriesInWords(seriesOf(points, 'eth'), 'eth')).toBe(
      'eth went from 50.00 % to 60.00 %, between 50.00 % and 60.00 %, over 3 cycles; out of its band in 1 of them. Target 50.00 %, band 45.00 % to 55.00 % at the end.',
    )
    expect(seriesInWords(seriesOf(points, undefined), 'Drift')).toBe(
      'Drift went from 0.00 % to 10.00 %, between 0.00 % and 10.00 %, over 4 cycles.',
    )
    expect(seriesInWords([], 'Drift')).toBe('Drift: no figure in this period.')
  })

  test('a share that is something is never told as nothing, and nothing has no sign', () => {
    expect([0.00004, -0.00004, 0, -0, 0.1234].map(percent)).toEqual([
      '<0.01 %',
      '<0.01 %',
      '0.00 %',
      '0.00 %',
      '12.34 %',
    ])
  })

  test('no time stands twice under the picture, nor on the one before', () => {
    const at = (second: number) => Date.UTC(2026, 0, 31, 14, 33, second)
    const ticks = [at(0), at(30), at(60), at(90), at(120)]
    const texts = (apart: number) => tickLabels(ticks, 120_000, (time) => (time - at(0)) / 1000, apart)
    expect(texts(10).map(({ text }) => text)).toEqual(['14:33', '14:34', '14:35'])
    expect(texts(100).map(({ text }) => text)).toEqual(['14:33', '14:35'])
  })

  test('periods end now', () => {
    const now = Date.UTC(2026, 0, 31)
    expect(startOf('24h', now)).toBe(Date.UTC(2026, 0, 30))
    expect(startOf('all', now)).toBeUndefined()
  })

  test('the nearest point is found', () => {
    const series = seriesOf(points, undefined)
    expect([0, 0.4, 1.6, 99].map((minute) => nearestTo(series, Date.UTC(2026, 0, 31) + minute * 60_000))).toEqual([
      0, 0, 2, 3,
    ])
  })

  test('targets hold until the next cycle names another', () => {
    const series = seriesOf([{ ...point(4, '0', '0.6'), assets: [] }, ...points], 'usd')
    const moved = series.map((one, index) => (index === 3 ? { ...one, target: 0.7, upper: 0.75 } : one))
    expect(stepped(moved).map(({ at, target }) => [(at - moved[0]!.at) / 60_000, target])).toEqual([
      [0, 0.5],
      [1, 0.5],
      [2, 0.5],
      [3, 0.5],
      [3, 0.7],
      [4, 0.7],
      [4, null],
    ])
    expect(stepped([])).toEqual([])
  })

  test('ticks name the day where it changes', () => {
    const midnight = Date.UTC(2026, 0, 31)
    expect([0, 21_600_000, 21_660_000].map((after) => tickText(midnight + after, 86_400_000))).toEqual([
      '31 Jan',
      '06:00',
      '06:01',
    ])
    expect(tickText(midnight + 43_200_000, 30 * 86_400_000)).toBe('31 Jan')
  })

  test('thinning keeps order, ends and every extreme', () => {
    const figure = fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: null })
    fc.assert(
      fc.property(
        fc.array(figure, { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 12, max: 90 }),
        (values, most) => {
          const series = values.map((value, at): SeriesPoint => ({
            at,
            cycleId: `${at}`,
            value,
            target: null,
            lower: null,
            upper: null,
          }))
          const kept = thinned(series, most)
          const known = (list: SeriesPoint[]) => list.flatMap(({ value }) => value ?? [])
          expect(kept.length).toBeLessThanOrEqual(Math.max(most + 3, 1))
          expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).toSorted((a, b) => a - b))
          expect(kept.at(-1)).toBe(series.at(-1))
          expect(Math.max(...known(kept))).toBe(Math.max(...known(series)))
          expect(Math.min(...known(kept))).toBe(Math.min(...known(series)))
        },
      ),
      { numRuns: 100 },
    )
  })
})
