import { describe, expect, test } from '@jest/globals'
import { fitGarch, forecastGarch, type Garch, longRunVariance, nextGarchVariance } from './garch.js'
import { StatisticsError } from './input.js'

/** Normal numbers that depend on the seed alone: a linear congruential generator and Box–Muller. */
function normal(seed: number): () => number {
  let state = seed
  const uniform = () => {
    state = (1_664_525 * state + 1_013_904_223) % 2 ** 32
    return (state + 0.5) / 2 ** 32
  }
  return () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()))
    return radius * Math.cos(2 * Math.PI * uniform())
  }
}

function simulated(seed: number, count: number, { mean, omega, alpha, beta }: Garch): number[] {
  const draw = normal(seed)
  let variance = omega / (1 - alpha - beta)
  return Array.from({ length: count }, () => {
    const shock = Math.sqrt(variance) * draw()
    variance = omega + alpha * shock ** 2 + beta * variance
    return mean + shock
  })
}

const MODEL: Garch = { mean: 0.001, omega: 2e-5, alpha: 0.1, beta: 0.85 }

describe('fitGarch', () => {
  test.each([
    { seed: 1, model: MODEL },
    { seed: 7, model: { mean: 0, omega: 5e-5, alpha: 0.2, beta: 0.7 } },
    { seed: 42, model: { mean: -0.002, omega: 2e-5, alpha: 0.05, beta: 0.93 } },
  ])('recovers the parameters of a simulated path (seed $seed)', ({ seed, model }) => {
    const fit = fitGarch(simulated(seed, 3_000, model))!
    // About two standard errors of 3,000 returns.
    expect(Math.abs(fit.alpha - model.alpha)).toBeLessThan(0.03)
    expect(Math.abs(fit.beta - model.beta)).toBeLessThan(0.04)
    expect(Math.abs(fit.mean - model.mean)).toBeLessThan(0.0015)
    expect(longRunVariance(fit) / longRunVariance(model)).toBeCloseTo(1, 0)
  })

  test.each([
    // Of the same paths by the package arch 8.0 (Python), zero mean after demeaning, backcast at the sample variance.
    [1, 3_000, MODEL, [2.3929450563855e-5, 0.1062442071965, 0.836479009010777, 7543.288922237678, 3.72024277568808e-4]],
    [3, 1_000, MODEL, [9.766086986887e-6, 0.0592173247349841, 0.919276736044668, 2472.0551661737, 4.21518854621587e-4]],
  ] as const)('is the maximum that arch finds (seed %i)', (seed, count, model, expected) => {
    const fit = fitGarch(simulated(seed, count, { ...model, mean: 0 }))!
    const [omega, alpha, beta, logLikelihood, nextVariance] = expected
    expect(fit.logLikelihood).toBeCloseTo(logLikelihood, 5)
    expect(fit.alpha).toBeCloseTo(alpha, 4)
    expect(fit.beta).toBeCloseTo(beta, 4)
    expect(fit.omega / omega).toBeCloseTo(1, 2)
    expect(fit.nextVariance / nextVariance).toBeCloseTo(1, 4)
  })

  test('scales with the returns: the same α and β in any unit', () => {
    const returns = simulated(3, 500, MODEL)
    const [fit, tenfold] = [fitGarch(returns)!, fitGarch(returns.map((one) => 10 * one))!]
    expect(tenfold.alpha).toBeCloseTo(fit.alpha, 6)
    expect(tenfold.beta).toBeCloseTo(fit.beta, 6)
    expect(tenfold.nextVariance / fit.nextVariance).toBeCloseTo(100, 4)
  })

  test('has a next variance that follows from the last by its own recursion', () => {
    const returns = simulated(5, 600, MODEL)
    const fit = fitGarch(returns)!
    let variance = returns.reduce((sum, one) => sum + (one - fit.mean) ** 2, 0) / returns.length
    variance = fit.omega + (fit.alpha + fit.beta) * variance
    for (const value of returns) variance = nextGarchVariance(fit, variance, value)
    expect(fit.nextVariance / variance).toBeCloseTo(1, 12)
  })

  test('of returns without clusters forecasts their variance, or is undefined', () => {
    const fits = [1, 2, 7, 9, 11].map((seed) => {
      const draw = normal(7_919 * seed)
      return fitGarch(Array.from({ length: 1_000 }, () => 0.02 * draw()))
    })
    const found = fits.filter((fit) => fit !== undefined)
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(fits.length)
    for (const { alpha, nextVariance } of found) {
      expect(alpha).toBeGreaterThan(1e-4)
      expect(Math.abs(nextVariance / 4e-4 - 1)).toBeLessThan(0.15)
    }
  })

  test('is undefined for too few returns, for constant ones, and for a variance that returns to no level', () => {
    const returns = simulated(4, 100, { mean: 0, omega: 5e-5, alpha: 0.2, beta: 0.7 })
    expect(fitGarch(returns)).toBeDefined()
    expect(fitGarch(returns.slice(1))).toBeUndefined()
    expect(fitGarch(Array.from({ length: 200 }, () => 0.01))).toBeUndefined()
    const exploding = Array.from({ length: 400 }, (_, day) => (day % 2 === 0 ? 1 : -1) * 1e-4 * 1.01 ** day)
    expect(fitGarch(exploding)).toBeUndefined()
  })

  test('keeps α + β below one and every number finite on a path with a collapse in it', () => {
    const returns = simulated(9, 400, MODEL)
    returns.splice(200, 4, -0.5, -3, -4, -1)
    const fit = fitGarch(returns)
    for (const value of Object.values(fit ?? { none: 0 })) expect(Number.isFinite(value)).toBe(true)
    expect(fit === undefined || fit.alpha + fit.beta < 1).toBe(true)
  })

  test('refuses a return that is none and names it', () => {
    const returns = simulated(1, 150, MODEL)
    returns[17] = Number.NaN
    expect(() => fitGarch(returns)).toThrow(expect.objectContaining({ code: 'not-a-number', place: { row: 17 } }))
  })
})

describe('forecastGarch', () => {
  test('is the next variance for one period, and goes to the long run as (α + β)^k', () => {
    // σ̄² = 2e-5/0.05 = 4e-4.
    expect(longRunVariance(MODEL)).toBeCloseTo(4e-4, 15)
    expect(forecastGarch(MODEL, 9e-4, 1)).toBeCloseTo(9e-4, 15)
    expect(forecastGarch(MODEL, 9e-4, 3)).toBeCloseTo(4e-4 + 0.95 ** 2 * 5e-4, 15)
    expect(forecastGarch(MODEL, 9e-4, 1_000)).toBeCloseTo(4e-4, 12)
  })

  test('is what the recursion expects, step by step', () => {
    let variance = 9e-4
    for (let periods = 1; periods < 20; periods++) {
      expect(forecastGarch(MODEL, 9e-4, periods)).toBeCloseTo(variance, 15)
      variance = nextGarchVariance(MODEL, variance, MODEL.mean + Math.sqrt(variance))
    }
  })

  test('refuses models without a level, and periods and variances that are none', () => {
    expect(() => longRunVariance({ ...MODEL, beta: 0.9 })).toThrow(StatisticsError)
    for (const periods of [0, 1.5, Number.NaN])
      expect(() => forecastGarch(MODEL, 1e-4, periods)).toThrow(StatisticsError)
    for (const odd of [-1, Number.NaN, Infinity]) {
      expect(() => forecastGarch(MODEL, odd, 1)).toThrow(StatisticsError)
      expect(() => nextGarchVariance(MODEL, odd, 0)).toThrow(StatisticsError)
    }
    expect(() => nextGarchVariance(MODEL, 1e-4, Number.NaN)).toThrow(StatisticsError)
  })
})
