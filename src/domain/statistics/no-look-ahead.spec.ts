import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { regimes } from '../../../test/support/regimes.js'
import { ewmaCovariances } from './ewma.js'
import { forecasts } from './forecast.js'
import { alignedReturns, logReturnRows, logReturns } from './returns.js'

const few = { numRuns: 30 }

type Step = readonly [number | undefined, number | undefined]

/** Daily moves of two assets; one in ten prices is unknown. */
const move = fc.integer({ min: -2_000, max: 2_000 }).map((one) => one / 10_000)
const known = fc.option(move, { nil: undefined, freq: 10 })
const step: fc.Arbitrary<Step> = fc.tuple(known, known)
const pricesOf = (steps: readonly Step[]) => {
  const last = [100, 1]
  return steps.map((moves) =>
    moves.map((one, asset) => (one === undefined ? undefined : (last[asset]! *= Math.exp(one)))),
  )
}
/** Two courses of prices that are one up to a day, and differ in every way after it. */
const courses = (length: number) =>
  fc
    .record({
      steps: fc.array(step, { minLength: length, maxLength: length }),
      others: fc.array(step, { maxLength: length }),
      until: fc.integer({ min: 0, max: length }),
      scale: fc.constantFrom(1e-9, 1, 1e9),
    })
    .map(({ steps, others, until, scale }) => {
      const prices = pricesOf(steps)
      const future = pricesOf(others).map((row) => row.map((price) => price && price * scale))
      return { until, one: prices, other: [...prices.slice(0, until), ...future] }
    })
const table = (prices: readonly (readonly (number | undefined)[])[]) => ({
  days: prices.map((_, index) => 17_000 + index),
  prices,
})
const expectSamePast = (
  { until, one, other }: { until: number; one: (number | undefined)[][]; other: (number | undefined)[][] },
  evaluate: (prices: readonly (readonly (number | undefined)[])[]) => readonly unknown[],
) => expect(evaluate(other).slice(0, until)).toEqual(evaluate(one).slice(0, until))

describe('other prices later change nothing earlier', () => {
  test('in returns', () => {
    fc.assert(
      fc.property(courses(30), (pair) => {
        expectSamePast(pair, (prices) => logReturnRows(table(prices)))
        const before = (prices: readonly (readonly (number | undefined)[])[]) => {
          const { at, rows } = alignedReturns(table(prices))
          return rows.filter((_, index) => at[index]! < pair.until)
        }
        expect(before(pair.other)).toEqual(before(pair.one))
      }),
      few,
    )
  })

  test('in covariances', () => {
    fc.assert(
      fc.property(courses(60), (pair) =>
        expectSamePast(pair, (prices) => ewmaCovariances(logReturnRows(table(prices)), { minimum: 5 })),
      ),
      few,
    )
  })

  test('in regimes', () => {
    fc.assert(
      fc.property(courses(80), (pair) =>
        expectSamePast(pair, (prices) =>
          regimes(logReturns(prices.map(([price]) => price)), {
            minimum: 5,
            medianMinimum: 10,
            medianSpan: 20,
            stressedFrom: 1.05,
            calmBelow: 1,
          }),
        ),
      ),
      few,
    )
  })

  test('in forecasts, the model chosen and the scores it was chosen by', () => {
    const options = { fitMinimum: 120, refitEvery: 40, fitWindow: 150, scoreMinimum: 5, scoreWindow: 40 }
    fc.assert(
      fc.property(courses(220), (pair) =>
        expectSamePast(pair, (prices) => forecasts(logReturns(prices.map(([price]) => price)), options)),
      ),
      { numRuns: 4 },
    )
  })
})

test('the same prices give the same numbers', () => {
  fc.assert(
    fc.property(courses(150), ({ one }) => {
      const returns = logReturns(one.map(([price]) => price))
      const options = { fitMinimum: 120, scoreMinimum: 5, scoreWindow: 40 }
      expect(forecasts(returns, options).slice(-20)).toEqual(forecasts(returns, options).slice(-20))
    }),
    { numRuns: 3 },
  )
})
