import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  agedPoint,
  chords,
  type Curve,
  fitCurve,
  movedTo,
  type Point,
  rateAt,
  receivedAt,
  type Segment,
  sizeWithin,
  tangents,
} from './curve.js'

const many = { numRuns: 200 }
const PRIOR = { fee: 5e-4 }
/** Planning theory, 2.3: receipt of a constant-product pool of fee factor γ and depth D. */
const pool = (gamma: number, depth: number) => (sent: number) => (gamma * sent) / (1 + (gamma * sent) / depth)
const sampled = (evaluate: (sent: number) => number, ...sizes: number[]): Point[] =>
  sizes.map((sent) => ({ sent, received: evaluate(sent) }))

/** Of whole numbers, which shrink quickly. */
const between = (min: number, max: number) =>
  fc.integer({ min: 0, max: 10_000 }).map((one) => min + ((max - min) * one) / 10_000)
const gamma = between(0.97, 0.9999)
const depth = between(5, 9).map((power) => 10 ** power)
const size = between(2, 6).map((power) => 10 ** power)
const pools = fc.record({ gamma, depth }).map((one) => ({ ...one, evaluate: pool(one.gamma, one.depth) }))
/** Anything a venue may have said, sane or not: rates around one, in no order. */
const noise = fc.array(fc.record({ sent: size, rate: between(0.5, 1.2) }), { minLength: 1, maxLength: 7 })
const noisy = noise.map((all) => all.map(({ sent, rate }) => ({ sent, received: sent * rate })))

const slopesFall = (segments: readonly Segment[]) =>
  segments.every(({ slope }, index) => index === 0 || slope <= segments[index - 1]!.slope + 1e-12)
const endsOf = (segments: readonly Segment[]) => {
  let [sent, received] = [0, 0]
  return segments.map(({ width, slope }) => ({ sent: (sent += width), received: (received += width * slope) }))
}
const drawn = (segments: readonly Segment[], at: number) => {
  let [left, value] = [at, 0]
  for (const { width, slope } of segments) {
    value += Math.min(left, width) * slope
    left = Math.max(0, left - width)
  }
  return value
}

describe('a curve through two samples of a constant-product pool', () => {
  test('is the pool at every size', () => {
    fc.assert(
      fc.property(pools, size, size, size, ({ evaluate }, a, b, at) => {
        fc.pre(Math.max(a, b) > 1.05 * Math.min(a, b))
        const curve = fitCurve(sampled(evaluate, a, b), PRIOR)!
        expect(receivedAt(curve, at) / evaluate(at)).toBeCloseTo(1, 6)
      }),
      many,
    )
  })

  test('has fee and depth of the formulas: 1/D from the slope, 1/γ from the intercept', () => {
    fc.assert(
      fc.property(pools, (one) => {
        const [a, b] = sampled(one.evaluate, one.depth / 1_000, one.depth / 100) as [Point, Point]
        const inverseDepth = (b.sent / b.received - a.sent / a.received) / (b.sent - a.sent)
        const curve = fitCurve([a, b], PRIOR)!
        expect(curve.tail * one.depth).toBeCloseTo(1, 6)
        expect(inverseDepth * one.depth).toBeCloseTo(1, 6)
        expect(rateAt(curve, 0) * one.gamma).toBeCloseTo(1, 9)
      }),
      many,
    )
  })

  test('has the marginal price γ/(1+γx/D)²', () => {
    fc.assert(
      fc.property(pools, between(1e-4, 0.3), (one, share) => {
        const at = share * one.depth
        const curve = fitCurve(sampled(one.evaluate, one.depth / 50, one.depth / 5), PRIOR)!
        const step = at * 1e-5
        const marginal = (receivedAt(curve, at + step) - receivedAt(curve, at - step)) / (2 * step)
        expect(marginal / (one.gamma / (1 + (one.gamma * at) / one.depth) ** 2)).toBeCloseTo(1, 5)
      }),
      many,
    )
  })

  test('composes: two pools in turn are a pool with 1/D = 1/(γ₂D₁) + 1/D₂ and γ = γ₁γ₂', () => {
    fc.assert(
      fc.property(pools, pools, size, (one, other, at) => {
        const both = (sent: number) => other.evaluate(one.evaluate(sent))
        const joint = pool(one.gamma * other.gamma, 1 / (1 / (other.gamma * one.depth) + 1 / other.depth))
        expect(joint(at) / both(at)).toBeCloseTo(1, 9)
        const curve = fitCurve(sampled(both, 1e3, 1e5), PRIOR)!
        expect(receivedAt(curve, at) / both(at)).toBeCloseTo(1, 6)
      }),
      many,
    )
  })
})

describe('a curve through any samples', () => {
  test('promises nowhere more than was quoted there, however noisy the quotes (theory 8.8)', () => {
    fc.assert(
      fc.property(noisy, (samples) => {
        const curve = fitCurve(samples, PRIOR)!
        for (const { sent, received } of samples)
          expect(receivedAt(curve, sent)).toBeLessThanOrEqual(received * (1 + 1e-9))
      }),
      many,
    )
  })

  test('never promises a better rate for more, nor more than a thousandth over our price (theory 8.8)', () => {
    fc.assert(
      fc.property(noisy, size, size, (samples, a, b) => {
        const curve = fitCurve(samples, PRIOR)!
        const [small, large] = [Math.min(a, b), Math.max(a, b)]
        expect(rateAt(curve, large)).toBeGreaterThanOrEqual(rateAt(curve, small) * (1 - 1e-12))
        expect(receivedAt(curve, small)).toBeLessThanOrEqual(small * (1 + 1e-3) * (1 + 1e-9))
      }),
      many,
    )
  })

  test('is drawn in segments whose slopes fall and which promise no more than it at any cut (theory 8.8)', () => {
    fc.assert(
      fc.property(noisy, fc.array(size, { maxLength: 12 }), size, (samples, cuts, cap) => {
        const curve = fitCurve(samples, PRIOR)!
        const segments = chords((sent) => receivedAt(curve, sent), cuts, cap)
        expect(slopesFall(segments)).toBe(true)
        for (const { sent, received } of endsOf(segments))
          expect(received).toBeLessThanOrEqual(receivedAt(curve, sent) * (1 + 1e-9))
      }),
      many,
    )
  })

  test('of one sample takes at most the prior for fees, and the rest grows with the size', () => {
    const curve = fitCurve([{ sent: 1_000, received: 990 }], PRIOR)!
    expect(receivedAt(curve, 1_000)).toBeCloseTo(990, 9)
    expect(rateAt(curve, 0)).toBeCloseTo(1 + 5e-4, 12)
    expect(receivedAt(curve, 2_000)).toBeLessThan(1_980)
    const cheap = fitCurve([{ sent: 1_000, received: 999.9 }], PRIOR)!
    expect(rateAt(cheap, 2_000)).toBeGreaterThan(rateAt(cheap, 1_000))
  })

  test('does not believe a larger quote with a better rate (theory 8.8)', () => {
    const curve = fitCurve(
      [
        { sent: 100, received: 95 },
        { sent: 200, received: 199 },
      ],
      PRIOR,
    )!
    expect(receivedAt(curve, 100)).toBeCloseTo(95, 9)
    expect(receivedAt(curve, 200)).toBeCloseTo(190, 9)
  })

  test('leaves out what is no number, and is none without samples', () => {
    expect(fitCurve([], PRIOR)).toBeUndefined()
    const nonsense = [NaN, Infinity, 0, -1].flatMap((odd) => [
      { sent: odd, received: 1 },
      { sent: 1, received: odd },
    ])
    expect(fitCurve(nonsense, PRIOR)).toBeUndefined()
    expect(fitCurve([...nonsense, { sent: 100, received: 99 }], PRIOR)).toEqual(
      fitCurve([{ sent: 100, received: 99 }], PRIOR),
    )
  })

  test('brings nothing for nothing', () => {
    const curve = fitCurve([{ sent: 100, received: 99 }], PRIOR)!
    expect([receivedAt(curve, 0), receivedAt(curve, -1)]).toEqual([0, 0])
  })
})

describe('the largest size within a loss', () => {
  test('loses just that, and anything larger more', () => {
    fc.assert(
      fc.property(noisy, between(1e-4, 0.3), (samples, limit) => {
        const curve = fitCurve(samples, PRIOR)!
        const most = sizeWithin(curve, limit)
        const lossAt = (sent: number) => 1 - receivedAt(curve, sent) / sent
        if (most === Infinity) return expect(lossAt(1e12)).toBeLessThanOrEqual(limit + 1e-9)
        if (most > 1e-6) expect(lossAt(most * (1 - 1e-9))).toBeLessThanOrEqual(limit + 1e-9)
        expect(lossAt(Math.max(most, 1e-6) * 1.001)).toBeGreaterThan(limit - 1e-9)
      }),
      many,
    )
  })

  test('is nothing where the fee alone is over it', () => {
    expect(sizeWithin(fitCurve(sampled(pool(0.99, 1e6), 1e3, 1e4), PRIOR)!, 0.005)).toBe(0)
  })

  test('is x = D·(1/(1−l) − 1/γ) for a pool', () => {
    const curve = fitCurve(sampled(pool(0.997, 1e6), 1e3, 1e4), PRIOR)!
    expect(sizeWithin(curve, 0.01)).toBeCloseTo(1e6 * (1 / 0.99 - 1 / 0.997), 3)
  })
})

describe('a curve that is moved or aged', () => {
  test('goes through the quote it is moved to, and loses as much more for more', () => {
    const curve = fitCurve(sampled(pool(0.999, 1e6), 1e3, 1e5), PRIOR)!
    const moved: Curve = movedTo(curve, { sent: 5e4, received: 4.6e4 })
    expect(receivedAt(moved, 5e4)).toBeCloseTo(4.6e4, 6)
    expect(rateAt(moved, 1e5) - rateAt(moved, 5e4)).toBeCloseTo(rateAt(curve, 1e5) - rateAt(curve, 5e4), 12)
  })

  test('promises less the older it is, of gains too, and as much when it has not aged', () => {
    fc.assert(
      fc.property(size, between(0.8, 1.1), between(0, 5), between(0, 5), (sent, rate, a, b) => {
        const point = { sent, received: sent * rate }
        const [younger, older] = [agedPoint(point, Math.min(a, b)), agedPoint(point, Math.max(a, b))]
        expect(older.received).toBeLessThanOrEqual(younger.received * (1 + 1e-12))
        expect(older.received).toBeGreaterThan(0)
        expect(agedPoint(point, 0).received / point.received).toBeCloseTo(1, 12)
      }),
      many,
    )
  })
})

describe('tangents', () => {
  test('lie nowhere below a pool, chords nowhere above, and both meet it closely (theory 8.8)', () => {
    fc.assert(
      fc.property(
        pools,
        fc.array(between(0.01, 0.99), { maxLength: 10 }),
        between(0.01, 0.5),
        between(0, 1),
        (one, shares, width, where) => {
          const cap = width * one.depth
          const cuts = shares.map((share) => share * cap)
          const [over, under] = [tangents(one.evaluate, cuts, cap), chords(one.evaluate, cuts, cap)]
          const at = Math.max(1, where * cap)
          expect(drawn(over, at)).toBeGreaterThanOrEqual(one.evaluate(at) - cap * 1e-8)
          expect(drawn(under, at)).toBeLessThanOrEqual(one.evaluate(at) * (1 + 1e-9))
          expect(slopesFall(over)).toBe(true)
          expect(over.reduce((sum, segment) => sum + segment.width, 0)).toBeCloseTo(cap, 3)
        },
      ),
      many,
    )
  })

  test('lie nowhere below the better of two pools, whose curve has a kink that is not concave (theory 8.8)', () => {
    fc.assert(
      fc.property(pools, pools, between(0.01, 0.5), between(0, 1), (one, other, width, where) => {
        const cap = width * Math.min(one.depth, other.depth)
        const best = (sent: number) => Math.max(one.evaluate(sent), other.evaluate(sent))
        const cuts = [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8].map((share) => share * cap)
        expect(drawn(tangents(best, cuts, cap), where * cap)).toBeGreaterThanOrEqual(best(where * cap) - cap * 1e-6)
      }),
      many,
    )
  })

  test('come from cuts that are equal, next to each other or at the ends as well as from others', () => {
    const curve = pool(0.999, 1e6)
    const segments = tangents(curve, [0, 1e-12, 100, 100, 100 + 1e-10, 5e3, 1e4 - 1e-10, 1e4, 2e4], 1e4)
    expect(segments.every(({ width, slope }) => width > 0 && Number.isFinite(slope))).toBe(true)
    expect(slopesFall(segments)).toBe(true)
    for (const at of [1, 100, 2_000, 1e4]) expect(drawn(segments, at)).toBeGreaterThanOrEqual(curve(at) - 1e-4)
  })
})
