import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type BandModel, bestInner, costRate, limitedBand, optimalBand } from './impulse-band.js'
import { RebalancingInputError } from './rebalancing-error.js'

/** The example of the planning theory, 5.4: w = 0.25, σ_rel = 0.6, c = 30 bp, κ = 5, q = σ_rel². */
const example: BandModel = { cost: 0.003, fixedCost: 0, diffusion: 0.25 * 0.75 * 0.6, penalty: 5 * 0.36 }

const log = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map((value) => Math.exp(value))
const models = fc.record({
  cost: log(1e-5, 0.05),
  fixedCost: log(1e-8, 0.01),
  diffusion: log(1e-3, 0.5),
  penalty: log(1e-2, 50),
})

/** Minimises a function with one valley: an independent way to the same band. */
function golden(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [from, to]
  for (let round = 0; round < 44; round++) {
    const [left, right] = [high - ratio * (high - low), low + ratio * (high - low)]
    if (f(left) < f(right)) high = right
    else low = left
  }
  return (low + high) / 2
}

function search(model: BandModel) {
  const at = (logOuter: number, share: number) =>
    costRate(model, { outer: Math.exp(logOuter), inner: share * Math.exp(logOuter) })
  const best = (logOuter: number) => golden((share) => at(logOuter, share), 0, 1 - 1e-9)
  const logOuter = golden((value) => at(value, best(value)), Math.log(1e-6), Math.log(10))
  return { outer: Math.exp(logOuter), share: best(logOuter) }
}

describe('optimalBand', () => {
  test.each([
    [0, 3.2, 1],
    [0.02, 3.9, 0.65],
    [0.2, 4.9, 0.4],
    [2, 7.0, 0.16],
    [20, 11.6, 0.04],
  ])('a leg of %s bp of NAV: h = %s %%, b/h = %s (table of the theory, 5.4)', (points, percent, share) => {
    const { outer, inner } = optimalBand({ ...example, fixedCost: points / 1e4 })
    // The table rounds; a grid search of J finds 3.16, 3.91, 4.85, 7.03 and 11.63 %.
    expect(Math.abs(outer * 100 - percent)).toBeLessThan(0.06)
    expect(Math.round((inner / outer) * 100) / 100).toBe(share)
  })

  test('is where two nested golden sections end', () => {
    fc.assert(
      fc.property(models, (model) => {
        const { outer, inner } = optimalBand(model)
        const found = search(model)
        expect(outer / found.outer).toBeCloseTo(1, 4)
        expect(inner / outer).toBeCloseTo(found.share, 4)
        const cost = costRate(model, { outer: found.outer, inner: found.share * found.outer })
        expect(costRate(model, { outer, inner }) / cost).toBeLessThanOrEqual(1 + 1e-12)
      }),
      { numRuns: 12 },
    )
  })

  test('goes over into the band of a proportional cost alone (5.2) and of a fixed cost alone (5.3) within 1 %', () => {
    fc.assert(
      fc.property(models, ({ cost, fixedCost, diffusion, penalty }) => {
        const edge = Math.cbrt((3 * cost * diffusion ** 2) / (2 * penalty))
        const toEdge = { outer: edge, inner: edge }
        expectNear(optimalBand({ cost, fixedCost: 0, diffusion, penalty }), toEdge, 1e-9)
        expectNear(optimalBand({ cost, fixedCost: cost * edge * 1e-9, diffusion, penalty }), toEdge, 0.01)
        const alone = { outer: ((12 * fixedCost * diffusion ** 2) / penalty) ** 0.25, inner: 0 }
        expectNear(optimalBand({ cost: 0, fixedCost, diffusion, penalty }), alone, 1e-9)
        expectNear(optimalBand({ cost: (fixedCost / alone.outer) * 1e-3, fixedCost, diffusion, penalty }), alone, 0.01)
      }),
      { numRuns: 200 },
    )
  })

  function expectNear(band: { outer: number; inner: number }, expected: typeof band, share: number) {
    expect(Math.abs(band.outer / expected.outer - 1)).toBeLessThan(share)
    expect(Math.abs(band.inner - expected.inner)).toBeLessThan(share * expected.outer)
  }

  test('no step from it in either distance costs less', () => {
    fc.assert(
      fc.property(models, (model) => {
        const { outer, inner } = optimalBand(model)
        const cost = costRate(model, { outer, inner })
        const step = (outer - inner) * 1e-3
        for (const other of [
          { outer: outer + step, inner },
          { outer: outer - step, inner },
          { outer, inner: Math.max(0, inner - step) },
          { outer, inner: inner + step },
        ])
          expect(costRate(model, other)).toBeGreaterThanOrEqual(cost * (1 - 1e-12))
      }),
      { numRuns: 200 },
    )
  })

  test('a dearer trade or a dearer leg never narrows the band', () => {
    fc.assert(
      fc.property(models, log(1, 100), (model, factor) => {
        const { outer } = optimalBand(model)
        expect(optimalBand({ ...model, cost: model.cost * factor }).outer).toBeGreaterThanOrEqual(outer * (1 - 1e-12))
        const dearLeg = optimalBand({ ...model, fixedCost: model.fixedCost * factor })
        expect(dearLeg.outer).toBeGreaterThanOrEqual(outer * (1 - 1e-12))
      }),
      { numRuns: 200 },
    )
  })

  test('extremes give bands, not overflow', () => {
    const tiny = Number.MIN_VALUE
    for (const [cost, fixedCost, diffusion, penalty] of [
      [tiny, 1, 1, 1],
      [1, tiny, 1, 1],
      [tiny, tiny, 1e-150, 1e150],
      [1, 1, 1e150, tiny],
      [1e-300, 1e300, 1e-100, 1e-100],
      [1e307, 0, 1e150, tiny],
      [0, 1e307, 1e150, tiny],
    ] as const) {
      const { outer, inner } = optimalBand({ cost, fixedCost, diffusion, penalty })
      expect([outer, inner].every(Number.isFinite)).toBe(true)
      expect(inner >= 0 && inner <= outer).toBe(true)
      expect(Number.isFinite(bestInner({ cost, fixedCost, diffusion, penalty }, outer))).toBe(true)
    }
    expect(() => costRate(example, { outer: 1e-320, inner: 0 })).toThrow('has no finite cost')
    expect(optimalBand({ ...example, cost: 0 })).toEqual({ outer: 0, inner: 0 })
  })

  test.each([
    { cost: -1e-9 },
    { cost: NaN },
    { fixedCost: -1 },
    { fixedCost: Infinity },
    { diffusion: 0 },
    { penalty: 0 },
  ])('refuses %j', (change) => {
    expect(() => optimalBand({ ...example, ...change })).toThrow(RebalancingInputError)
    expect(() => bestInner({ ...example, ...change }, 0.1)).toThrow(RebalancingInputError)
  })
})

describe('costRate', () => {
  test.each([
    [14, 9, 0.0002],
    [14, 2, 0.002],
    [14, 14, 0],
  ])('is what a deviation without drift costs: trigger %s, reset %s, fixed cost %s', (trigger, reset, fixedCost) => {
    const model = { ...example, fixedCost }
    const step = 0.05 / trigger
    // A walk that is put back to the edge it left spends its time as a diffusion between walls half a step beyond.
    const beyond = trigger === reset ? step / 2 : 0
    const band = { outer: trigger * step + beyond, inner: reset * step + beyond }
    expect(Math.abs(simulated(model, trigger, reset, step) / costRate(model, band) - 1)).toBeLessThan(0.02)
  })

  /** A symmetric random walk on a grid that meets both distances exactly. */
  function simulated({ cost, fixedCost, diffusion, penalty }: BandModel, trigger: number, reset: number, step: number) {
    const years = step ** 2 / diffusion ** 2
    const random = bits(20_250_106)
    const [rounds, isToEdge] = [600_000, trigger === reset]
    let [place, squares, trades] = [reset, 0, 0]
    for (let round = 0; round < rounds; round++) {
      place += random() ? 1 : -1
      if (isToEdge ? Math.abs(place) > trigger : Math.abs(place) === trigger) {
        trades++
        place = Math.sign(place) * reset
      }
      squares += place * place
    }
    const moved = isToEdge ? step : (trigger - reset) * step
    const penalised = (penalty / 2) * squares * step ** 2 * years
    return (trades * (fixedCost + cost * moved) + penalised) / (rounds * years)
  }

  /** Coin tosses that depend on the seed alone (xorshift, Marsaglia 2003). */
  function bits(seed: number): () => boolean {
    let state = seed
    return () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state < 0
    }
  }

  test.each([
    [0.02, 0.02],
    [0.02, 0.03],
    [0, 0],
    [0.02, -0.01],
    [NaN, 0],
    [Infinity, 0],
  ])('refuses a band of %s and %s, which has no finite cost', (outer, inner) => {
    expect(() => costRate({ ...example, fixedCost: 1e-5 }, { outer, inner })).toThrow('needs 0 ≤ inner < outer')
  })
})

describe('limitedBand', () => {
  test('stays within its limits, and its inner distance within 0.95 of the outer', () => {
    fc.assert(
      fc.property(models, log(1e-4, 0.1), log(1e-4, 0.5), (model, minimum, maximum) => {
        const { outer, inner } = limitedBand(model, { minimum, maximum })
        expect(outer >= minimum && outer <= Math.max(minimum, maximum)).toBe(true)
        expect(inner >= 0 && inner <= 0.95 * outer).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('is the optimal band where no limit is met', () => {
    const model = { ...example, fixedCost: 2e-5 }
    const { outer, inner } = optimalBand(model)
    const limited = limitedBand(model, { minimum: 0.001, maximum: 0.125 })
    expect(limited.outer).toBe(outer)
    expect(limited.inner).toBeCloseTo(inner, 12)
    const toEdge = limitedBand(example, { minimum: 0.001, maximum: 0.125 })
    expect(toEdge.inner).toBe(0.95 * toEdge.outer)
  })

  test('with a limited outer distance the inner one is the best for it', () => {
    fc.assert(
      fc.property(models, log(1e-3, 0.5), (model, outer) => {
        const inner = bestInner(model, outer)
        const cost = costRate(model, { outer, inner })
        for (const share of [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95])
          expect(costRate(model, { outer, inner: share * outer })).toBeGreaterThanOrEqual(cost * (1 - 1e-12))
      }),
      { numRuns: 200 },
    )
  })

  test('a minimum above the maximum counts; limits that are none are refused', () => {
    expect(limitedBand(example, { minimum: 0.01, maximum: 0.002 }).outer).toBe(0.01)
    expect(limitedBand({ ...example, cost: 0 }, { minimum: 0, maximum: 1 })).toEqual({ outer: 0, inner: 0 })
    expect(() => limitedBand(example, { minimum: -1, maximum: 1 })).toThrow(RebalancingInputError)
    expect(() => limitedBand(example, { minimum: 0, maximum: NaN })).toThrow(RebalancingInputError)
    for (const outer of [NaN, Infinity, -0.1]) expect(() => bestInner(example, outer)).toThrow('is zero or more, got')
  })
})
