import { correlation } from '../statistics/covariance.js'
import type { Matrix } from '../statistics/matrix.js'
import { covarianceOf } from './check-input.js'
import { proportional, sumOf } from './proportions.js'
import { targetSetter } from './target-setter.js'
import { weightsInWords } from './wording.js'

export const hierarchicalRiskParity = targetSetter({
  name: 'hierarchical-risk-parity',
  about: 'Shares out weight between groups of assets that move alike, then within them, by variance.',
  parameters: {},
  want: (input) => {
    const { assets } = input
    const known = covarianceOf(input)
    if (known.status === 'refused') return known
    const order = quasiDiagonalOrder(clusterDistances(known.covariance))
    const weights = bisectedWeights(known.covariance, order)
    return {
      status: 'set',
      weights,
      reasons: [
        `By how they move, assets stand in the order ${order.map((i) => assets[i]!.key).join(', ')}; every half of it is weighted inversely to its variance.`,
        `That gives ${weightsInWords(assets, weights)}.`,
      ],
    }
  },
})

/** Correlations nearer to one are perfect: the root of what rounding leaves would be a distance. */
const PERFECT = 1e-12
/** Distances that differ by less are equal: the last digits must not decide about a tree. */
const SAME = 1e-9

/**
 * How differently two assets relate to all: the Euclidean distance of columns of D_ij = √(½(1 − ρ_ij)) (López de Prado
 * 2016).
 */
export function clusterDistances(covariance: Matrix): Matrix {
  const distances = correlation(covariance).map((row) =>
    row.map((one) => (1 - one < PERFECT ? 0 : Math.sqrt((1 - one) / 2))),
  )
  return distances.map((a) => distances.map((b) => Math.hypot(...a.map((one, k) => one - b[k]!))))
}

/**
 * Places of the assets so that neighbours move alike: leaves of the tree of single linkage. Of two clusters that are
 * joined the one that is older comes first, a single asset being as old as its place; of equal distances the pair with
 * the oldest clusters is joined. The order therefore depends on the order of the assets where sides or distances leave a
 * choice.
 */
export function quasiDiagonalOrder(distances: Matrix): number[] {
  let clusters = distances.map((_, i) => [i])
  const between = (a: readonly number[], b: readonly number[]) =>
    Math.min(...a.flatMap((i) => b.map((j) => distances[i]![j]!)))
  while (clusters.length > 1) {
    let [first, second, least] = [0, 1, Infinity]
    for (const [i, a] of clusters.entries())
      for (const [j, b] of clusters.entries()) {
        if (j <= i) continue
        const distance = between(a, b)
        if (distance < least - SAME) [first, second, least] = [i, j, distance]
      }
    const joined = [...clusters[first]!, ...clusters[second]!]
    clusters = [...clusters.filter((_, i) => i !== first && i !== second), joined]
  }
  return clusters[0] ?? []
}

/**
 * Weights by recursive bisection of the order: of each stretch, α = 1 − V_left/(V_left + V_right) goes to its left half,
 * which is the smaller where it cannot be cut evenly, and V is the variance at inverse-variance weights. Halves without
 * any variance get the same.
 */
export function bisectedWeights(covariance: Matrix, order: readonly number[]): number[] {
  const weights = order.map(() => 1)
  const bisect = (stretch: readonly number[]) => {
    if (stretch.length < 2) return
    const middle = Math.floor(stretch.length / 2)
    const [left, right] = [stretch.slice(0, middle), stretch.slice(middle)]
    const [ofLeft, ofRight] = [clusterVariance(covariance, left), clusterVariance(covariance, right)]
    const share = ofLeft + ofRight > 0 ? ofRight / (ofLeft + ofRight) : 0.5
    for (const i of left) weights[i]! *= share
    for (const i of right) weights[i]! *= 1 - share
    bisect(left)
    bisect(right)
  }
  bisect(order)
  return proportional(weights)
}

/** Not negative: what rounding leaves below zero is zero. */
function clusterVariance(covariance: Matrix, members: readonly number[]): number {
  const weights = proportional(members.map((i) => 1 / covariance[i]![i]!))
  const parts = members.map((i, a) => weights[a]! * sumOf(members.map((j, b) => covariance[i]![j]! * weights[b]!)))
  return Math.max(0, sumOf(parts))
}
