import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chooseSlices, type SlicingRules } from './slicing.js'

const pool = (depth: number) => (sent: number) => (0.9995 * sent) / (1 + (0.9995 * sent) / depth)
const order = (changes = {}) => ({
  sent: 1e6,
  evaluate: pool(5e7),
  charge: 1,
  volatility: 0.6,
  nav: 1e7,
  maxLeg: 1e7,
  ...changes,
})
const rules = (changes: Partial<SlicingRules> = {}): SlicingRules => ({
  maxImpact: 0.001,
  maxSlices: 8,
  recoveryHalfLifeSeconds: 60,
  riskAversion: 0,
  ...changes,
})
const total = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0)

describe('a sale spread over time', () => {
  test('is one sale while its impact is within the limit', () => {
    expect(chooseSlices(order({ sent: 1e4 }), rules())).toEqual({ count: 1, spacingMs: 0, received: [pool(5e7)(1e4)] })
  })

  test('brings more than one sale, because the pool recovers in between', () => {
    const { count, spacingMs, received } = chooseSlices(order(), rules())
    expect(count).toBeGreaterThan(1)
    expect(spacingMs).toBeGreaterThan(0)
    expect(received).toHaveLength(count)
    expect(total(received)).toBeGreaterThan(pool(5e7)(1e6))
  })

  test('waits longest between slices when waiting is free, and its impact is then nearly that of one slice each', () => {
    const { count, spacingMs, received } = chooseSlices(order({ charge: 0 }), rules())
    expect([count, spacingMs]).toEqual([8, 6 * 60_000])
    expect(total(received) / (8 * pool(5e7)(1e6 / 8))).toBeCloseTo(1, 3)
  })

  test('waits less and cuts less the more the variance of what is unsold weighs, and not at all in the end', () => {
    const chosen = [0, 1e4, 1e5, 1e6, 1e9].map((riskAversion) => chooseSlices(order(), rules({ riskAversion })))
    const waits = chosen.map(({ count, spacingMs }) => (count - 1) * spacingMs)
    expect(waits).toEqual(waits.toSorted((a, b) => b - a))
    expect(waits[0]).toBeGreaterThan(waits[2]!)
    expect(chosen.at(-1)!.count).toBe(1)
  })

  test('is cut less the more a transaction costs', () => {
    const counts = [0, 20, 100, 400, 1e6].map((charge) => chooseSlices(order({ charge }), rules()).count)
    expect(counts).toEqual(counts.toSorted((a, b) => b - a))
    expect(counts.at(-1)).toBe(1)
  })

  test('is cut whatever it costs when it is larger than one leg may be', () => {
    const { count } = chooseSlices(order({ maxLeg: 3e5, charge: 1e6 }), rules({ riskAversion: 1e9 }))
    expect(count).toBe(4)
  })

  test('never has more slices than allowed, and every receipt lies between nothing and an undisturbed one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1e3, max: 1e7 }),
        fc.integer({ min: 1e5, max: 1e9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 1e3 }),
        (sent, depth, maxSlices, riskAversion) => {
          const { count, received, spacingMs } = chooseSlices(
            order({ sent, evaluate: pool(depth), maxLeg: sent }),
            rules({ maxSlices, riskAversion }),
          )
          expect(count).toBeGreaterThanOrEqual(1)
          expect(count).toBeLessThanOrEqual(maxSlices)
          expect(received).toHaveLength(count)
          expect(Number.isInteger(spacingMs)).toBe(true)
          for (const one of received) {
            expect(one).toBeGreaterThanOrEqual(0)
            expect(one).toBeLessThanOrEqual(pool(depth)(sent / count) * (1 + 1e-12))
          }
          expect(total(received)).toBeGreaterThanOrEqual(pool(depth)(sent) * (1 - 1e-9))
        },
      ),
      { numRuns: 300 },
    )
  })
})
