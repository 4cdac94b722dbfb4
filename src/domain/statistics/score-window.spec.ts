import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StatisticsError } from './input.js'
import { ScoreWindow } from './score-window.js'

describe('ScoreWindow', () => {
  test('is the mean over the last days on which both were scored', () => {
    const loss = fc.integer({ min: -99, max: 99 }).map((one) => one / 10)
    const days = fc.array(fc.tuple(fc.option(loss, { nil: undefined }), loss), { maxLength: 40 })
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 9 }), (all, span) => {
        const window = new ScoreWindow(span)
        for (const [own, ewma] of all) window.add(own, ewma)
        const shared = all.slice(-span).filter(([own]) => own !== undefined)
        const { days: count, loss: mean, ewmaLoss } = window.score()
        expect(count).toBe(shared.length)
        const meanOf = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length
        if (count === 0) expect([mean, ewmaLoss]).toEqual([undefined, undefined])
        else {
          expect(mean).toBeCloseTo(meanOf(shared.map(([own]) => own!)), 10)
          expect(ewmaLoss).toBeCloseTo(meanOf(shared.map(([, ewma]) => ewma)), 10)
        }
      }),
    )
  })

  test('does not carry a huge loss on after it left', () => {
    const window = new ScoreWindow(3)
    for (const one of [0.1, 1e20, 0.1, 0.1, 0.1, 0.1]) window.add(one, one)
    expect(window.score()).toEqual({ days: 3, loss: expect.closeTo(0.1, 12), ewmaLoss: expect.closeTo(0.1, 12) })
  })

  test('refuses losses and spans that are none', () => {
    const window = new ScoreWindow(3)
    for (const odd of [Number.NaN, Infinity]) {
      expect(() => window.add(odd, 0)).toThrow(StatisticsError)
      expect(() => window.add(0, odd)).toThrow(StatisticsError)
    }
    expect(window.score().days).toBe(0)
    for (const span of [0, 1.5, Number.NaN]) expect(() => new ScoreWindow(span)).toThrow(StatisticsError)
  })
})
