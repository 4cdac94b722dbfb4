import fc from 'fast-check'
import type { QuadraticSolver } from '../../src/domain/rebalancing/quadratic-program.js'
import type { AssetState, PortfolioState } from '../../src/domain/rebalancing/rebalancing-policy.js'
import type { Matrix } from '../../src/domain/statistics/matrix.js'
import { ratioOfBasisPoints } from '../../src/domain/units/ratio.js'

const bps = ratioOfBasisPoints

/** An asset of a state, its shares in basis points. */
export function anAssetState(
  asset: string,
  target: number,
  drift: number,
  { band = 200, ...changes }: { band?: number; cost?: number; settlesAt?: number | undefined } = {},
): AssetState {
  return {
    asset,
    weight: bps(target + drift),
    target: bps(target),
    band: bps(band),
    cost: 0.003,
    settlesAt: undefined,
    ...changes,
  }
}

/** A state at a round time, without costs of a leg and without covariance unless told otherwise. */
export function aState(assets: readonly AssetState[], changes: Partial<PortfolioState> = {}): PortfolioState {
  const now = Date.UTC(2025, 0, 6, 12)
  return { now, lastTradedAt: undefined, servedAt: undefined, assets, covariance: undefined, fixedCost: 0, ...changes }
}

/** Σ from volatilities per √year and one correlation of all pairs. */
export function aCovariance(volatilities: readonly number[], correlation = 0): Matrix {
  return volatilities.map((a, i) => volatilities.map((b, j) => a * b * (i === j ? 1 : correlation)))
}

/** Shares in millionths that sum to one. */
function shares(parts: readonly number[]): bigint[] {
  const total = parts.reduce((sum, part) => sum + part, 0)
  const millionths = parts.map((part) => BigInt(Math.floor((part * 1e6) / total)))
  millionths[0]! += 1_000_000n - millionths.reduce((sum, one) => sum + one, 0n)
  return millionths.map((one) => one * 10n ** 12n)
}

const part = fc.integer({ min: 0, max: 1_000 })
/** States of two to five assets, zero targets and absent assets included; volatility is known, unknown, none or singular. */
export const anyState: fc.Arbitrary<PortfolioState> = fc.integer({ min: 2, max: 5 }).chain((size) =>
  fc
    .record({
      weights: fc.array(part, { minLength: size, maxLength: size }),
      targets: fc.array(part, { minLength: size, maxLength: size }),
      bands: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: size, maxLength: size }),
      costs: fc.array(fc.constantFrom(-0.0005, 0, 0.0005, 0.003, 0.02), { minLength: size, maxLength: size }),
      settling: fc.array(fc.constantFrom(undefined, undefined, undefined, -60_000, 60_000), {
        minLength: size,
        maxLength: size,
      }),
      loadings: fc.array(fc.array(fc.integer({ min: -10, max: 10 }), { minLength: 3, maxLength: 3 }), {
        minLength: size,
        maxLength: size,
      }),
      own: fc.constantFrom(0, 0.01, 0.3),
      isKnown: fc.boolean(),
      lastTradedAgo: fc.constantFrom(undefined, 0, 600_000, 86_400_000 * 9),
      fixedCost: fc.constantFrom(0, 2e-6, 2e-4),
      isAsked: fc.boolean(),
    })
    .map(({ weights, targets, bands, costs, settling, loadings, own, isKnown, lastTradedAgo, ...rest }) => {
      const [actual, wanted] = [
        shares([weights[0]! + 1, ...weights.slice(1)]),
        shares([targets[0]! + 1, ...targets.slice(1)]),
      ]
      const covariance = loadings.map((a, i) =>
        loadings.map((b, j) => a.reduce((sum, one, k) => sum + (one * b[k]!) / 400, i === j ? own : 0)),
      )
      const { now } = aState([])
      return aState(
        bands.map((band, i) => ({
          asset: `A${i}`,
          weight: actual[i]!,
          target: wanted[i]!,
          band: bps(band),
          cost: costs[i]!,
          settlesAt: settling[i] === undefined ? undefined : now + settling[i],
        })),
        {
          covariance: isKnown ? covariance : undefined,
          lastTradedAt: lastTradedAgo === undefined ? undefined : now - lastTradedAgo,
          ...rest,
        },
      )
    }),
)

/** The same state with every asset on its target. */
export function onTarget(state: PortfolioState): PortfolioState {
  return { ...state, assets: state.assets.map((one) => ({ ...one, weight: one.target })) }
}

/**
 * Solves a program with one row of ±1 that must stay at zero, from the start of all zeros, by moving along the pair of
 * variables that break the conditions of optimality most, each time to the exact minimum along them (Platt 1998).
 */
export const solveByPairs: QuadraticSolver = ({ quadratic, linear, upper, rows }) => {
  const signs = rows[0]!.coefficients
  const values = linear.map(() => 0)
  const gradient = [...linear]
  for (let round = 0; round < 20_000; round++) {
    let [up, down, least, most] = [-1, -1, Infinity, -Infinity]
    for (const [k, sign] of signs.entries()) {
      const slope = gradient[k]! * sign
      const [canRise, canFall] = [values[k]! < upper[k]!, values[k]! > 0]
      if ((sign > 0 ? canRise : canFall) && slope < least) [up, least] = [k, slope]
      if ((sign > 0 ? canFall : canRise) && slope > most) [down, most] = [k, slope]
    }
    if (up < 0 || down < 0 || most - least <= 1e-12) return values
    const [a, b] = [signs[up]!, signs[down]!]
    const curvature = quadratic[up]![up]! + quadratic[down]![down]! - 2 * a * b * quadratic[up]![down]!
    const room = [a > 0 ? upper[up]! - values[up]! : values[up]!, b > 0 ? values[down]! : upper[down]! - values[down]!]
    const step = Math.min(curvature > 1e-15 ? (most - least) / curvature : Infinity, ...room)
    values[up]! += a * step
    values[down]! -= b * step
    for (const k of linear.keys()) gradient[k]! += step * (a * quadratic[k]![up]! - b * quadratic[k]![down]!)
  }
  return undefined
}
