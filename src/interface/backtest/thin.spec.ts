import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pathAround, pathThrough } from './path.js'
import { bestByColumn, extremesByColumn, lastByColumn, type Point } from './thin.js'

const anySeries = fc
  .array(fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }), { maxLength: 200 })
  .map((ys) => ys.map((y, index): Point | undefined => (y === undefined ? undefined : { x: index / 10, y })))

describe('thinning', () => {
  test('keeps the ends and extremes of each column, in the order of time', () => {
    const series = [3, 9, 1, 5, 7, 7].map((y, index) => ({ x: index / 6, y }))
    expect(extremesByColumn(series, 1)).toEqual([[series[0], series[1], series[2], series[5]]])
    expect(lastByColumn(series, 1)).toEqual([[series[0], series[5]]])
  })

  test('keeps gaps as gaps', () => {
    const point = (x: number) => ({ x, y: 0 })
    expect(extremesByColumn([undefined, point(1), point(2), undefined, undefined, point(5)], 1)).toEqual([
      [point(1), point(2)],
      [point(5)],
    ])
    expect(lastByColumn([], 1)).toEqual([])
  })

  test('shows every extreme, adds nothing, and keeps the first and last of each run', () => {
    fc.assert(
      fc.property(anySeries, fc.double({ min: 0.5, max: 5, noNaN: true }), (series, width) => {
        const known = series.filter((point) => point !== undefined)
        for (const runs of [extremesByColumn(series, width), lastByColumn(series, width)]) {
          expect(runs.flat().every((point) => known.includes(point))).toBe(true)
          expect(runs.flat()[0]).toBe(known[0])
          expect(runs.flat().at(-1)).toBe(known.at(-1))
        }
        const kept = extremesByColumn(series, width).flat()
        const most = (points: readonly Point[]) => Math.max(0, ...points.map(({ y }) => y))
        expect(most(kept)).toBe(most(known))
        expect(kept.length).toBeLessThanOrEqual(
          4 * (Math.ceil(20 / width) + 1) + 4 * series.filter((one) => !one).length,
        )
      }),
    )
  })

  test('of marks in a column the best one stays', () => {
    const marks = [1, 5, 3, 2].map((size, index) => ({ x: index, size }))
    expect(bestByColumn(marks, 2, (a, b) => a.size > b.size)).toEqual([marks[1], marks[2]])
  })
})

describe('paths', () => {
  test('are relative, to a tenth, and take level stretches together', () => {
    const points = [
      { x: 0, y: 10 },
      { x: 1, y: 10 },
      { x: 2.04, y: 10 },
      { x: 3, y: 9.5 },
      { x: 3, y: 12 },
    ]
    expect(pathThrough(points)).toBe('M0 10h2l1-.5v2.5')
  })

  test('of one point are a dot, and of none nothing', () => {
    expect(pathThrough([{ x: 1, y: 2 }])).toBe('M1 2h0')
    expect(pathThrough([])).toBe('')
    expect(pathAround([], [])).toBe('')
  })

  test('around an area go back along its lower line', () => {
    const upper = [0, 4].map((x) => ({ x, y: 1 }))
    const lower = [0, 4].map((x) => ({ x, y: 3 }))
    expect(pathAround(upper, lower)).toBe('M0 1h4v2h-4z')
  })

  test('end where they should, whatever was rounded on the way', () => {
    const place = fc.double({ min: 0, max: 400, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.record({ x: place, y: place }), { minLength: 1, maxLength: 50 }), (points) => {
        let [x, y] = [0, 0]
        for (const [, command, text] of pathThrough(points).matchAll(/([Mlhv])([^Mlhv]*)/g)) {
          const numbers = (text!.match(/-?(?:\d+\.?\d*|\.\d+)/g) ?? []).map(Number)
          if (command === 'M') [x, y] = [numbers[0]!, numbers[1]!]
          else if (command === 'h') x += numbers[0]!
          else if (command === 'v') y += numbers[0]!
          else [x, y] = [x + numbers[0]!, y + numbers[1]!]
        }
        expect(Math.abs(x - points.at(-1)!.x)).toBeLessThan(0.0501)
        expect(Math.abs(y - points.at(-1)!.y)).toBeLessThan(0.0501)
      }),
    )
  })
})
