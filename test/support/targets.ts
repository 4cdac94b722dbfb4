import fc from 'fast-check'
import type { Matrix } from '../../src/domain/statistics/matrix.js'
import type { CurrentTargets, TargetAsset, TargetInput } from '../../src/domain/targets/target-input.js'
import { type Ratio, RATIO_ONE } from '../../src/domain/units/ratio.js'

export const DAY_MS = 86_400_000
export const NOW = Date.UTC(2025, 0, 6, 12)

/** A major asset on one chain, of nobody; a stable one where its key begins with USD. */
export function aTargetAsset(key: string, changes: Partial<TargetAsset> = {}): TargetAsset {
  const isStable = key.startsWith('USD')
  return { key, class: isStable ? 'stable' : 'major', issuer: undefined, chains: { arbitrum: 1 }, ...changes }
}

/** An input of assets by key, with nothing known beside them unless told otherwise. */
export function aTargetInput(keys: readonly string[], changes: Partial<TargetInput> = {}): TargetInput {
  const assets = keys.map((key) => aTargetAsset(key))
  return { assets, covariance: undefined, current: undefined, nav: undefined, now: NOW, ...changes }
}

/** Targets in force by percent of whole numbers, set a day ago. */
export function currentTargets(
  percents: Readonly<Record<string, number>>,
  changes: Partial<CurrentTargets> = {},
): CurrentTargets {
  const weights = Object.fromEntries(Object.entries(percents).map(([key, one]) => [key, percentOf(one)]))
  return { weights, setAt: NOW - DAY_MS, exposure: undefined, ...changes }
}

/** A percentage, to a hundredth. */
export function percentOf(percents: number): Ratio {
  return (BigInt(Math.round(percents * 100)) * RATIO_ONE) / 10_000n
}

const loading = fc.integer({ min: -10, max: 10 })

/** LLᵀ of factor loadings and an own variance each: positive definite, volatilities between some and some hundred percent. */
export function anyCovariance(size: number): fc.Arbitrary<Matrix> {
  const vectors = fc.array(fc.array(loading, { minLength: 3, maxLength: 3 }), { minLength: size, maxLength: size })
  const own = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: size, maxLength: size })
  return fc
    .tuple(vectors, own)
    .map(([loadings, owns]) =>
      loadings.map((a, i) =>
        loadings.map((b, j) => a.reduce((sum, one, k) => sum + (one * b[k]!) / 300, i === j ? owns[i]! / 60 : 0)),
      ),
    )
}

/** Shares that sum to one, some of them zero. */
export function anyShares(size: number): fc.Arbitrary<number[]> {
  return fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000 })), { minLength: size, maxLength: size })
    .map(([first = 0, ...rest]) => [first + 1, ...rest])
    .map((parts) => parts.map((part) => part / parts.reduce((sum, one) => sum + one, 0)))
}

/** What stands at the places of `order`, in that order. */
export function inOrder<T>(order: readonly number[], values: readonly T[]): T[] {
  return order.map((index) => values[index]!)
}
