import { requireCovariance } from '../statistics/covariance.js'
import { isPositiveSemidefinite } from '../statistics/definiteness.js'
import { StatisticsError } from '../statistics/input.js'
import type { Matrix } from '../statistics/matrix.js'
import { RATIO_ONE } from '../units/ratio.js'
import type { TargetAsset, TargetInput } from './target-input.js'
import { refuseTargets, type TargetRefusal } from './target-refusal.js'

/** A variance below this, a volatility of a millionth a year, is a price that does not move. */
const LEAST_VARIANCE = 1e-12

/** Why no setter should be asked with this input; undefined when one may. */
export function checkInput({
  assets,
  current,
  now,
}: Pick<TargetInput, 'assets' | 'current' | 'now'>): TargetRefusal | undefined {
  if (assets.length === 0)
    return refuseTargets('bad-asset', 'Targets need at least one asset, got none. Configure one.')
  const again = assets.find(({ key }, index) => assets.findIndex((one) => one.key === key) !== index)
  if (again) return refuseTargets('bad-asset', `Asset ${again.key} is there twice; every asset has one target.`)
  if (!Number.isFinite(now))
    return refuseTargets('bad-number', `Time should be in milliseconds since 1970, got ${now}.`)
  for (const asset of assets) {
    const refusal = checkChains(asset)
    if (refusal) return refusal
  }
  if (!current) return undefined
  const weights = Object.entries(current.weights)
  const negative = weights.find(([, weight]) => weight < 0n)
  if (negative)
    return refuseTargets('bad-number', `Target in force of ${negative[0]} should not be negative, got ${negative[1]}.`)
  const sum = weights.reduce((total, [, weight]) => total + weight, 0n)
  if (sum !== RATIO_ONE)
    return refuseTargets('bad-number', `Targets in force should sum to ${RATIO_ONE}, got ${sum}. Hand in all of them.`)
  if (!Number.isFinite(current.setAt) || (current.exposure !== undefined && !(current.exposure >= 0)))
    return refuseTargets(
      'bad-number',
      `Targets in force should have a time and no negative exposure, got ${current.setAt} and ${current.exposure}.`,
    )
  return undefined
}

function checkChains({ key, chains }: TargetAsset): TargetRefusal | undefined {
  const shares = Object.values(chains)
  const sum = shares.reduce((total, share) => total + share, 0)
  if (shares.every((share) => share >= 0) && sum <= 1 + 1e-9) return undefined
  return refuseTargets(
    'bad-asset',
    `Shares of ${key} on its chains should not be negative and at most one together, got ${shares.join(', ')}.`,
  )
}

/**
 * The covariance of the input where targets can be made of it. Refused: none at all, entries that are no numbers, sizes
 * and halves that do not fit, correlations that cannot occur together (perfect ones can), and a price that does not move
 * among the assets that `counts`.
 */
export function covarianceOf(
  { assets, covariance }: TargetInput,
  counts: (index: number) => boolean = () => true,
): { readonly status: 'known'; readonly covariance: Matrix } | TargetRefusal {
  if (!covariance)
    return refuseTargets(
      'covariance-unknown',
      'Prices are too few to tell volatilities and correlations. Record or import more, or use fixed targets meanwhile.',
    )
  if (covariance.length !== assets.length)
    return refuseTargets(
      'bad-number',
      `Covariance of ${assets.length} assets should have as many rows, got ${covariance.length}. Hand in both in one order.`,
    )
  try {
    requireCovariance(covariance)
    if (!isPositiveSemidefinite(covariance))
      return refuseTargets(
        'covariance-contradictory',
        'Correlations contradict each other: some portfolio would have a negative variance. Estimate them with shrinkage or repair them.',
      )
  } catch (error) {
    if (error instanceof StatisticsError) return refuseTargets('bad-number', error.message)
    throw error
  }
  const constant = assets.filter((_asset, index) => counts(index) && covariance[index]![index]! < LEAST_VARIANCE)
  if (constant.length === 0) return { status: 'known', covariance }
  const names = constant.map(({ key }) => key).join(', ')
  return refuseTargets(
    'no-variance',
    `The price of ${names} does not move: calm cannot be told from stale, and weights by risk would be infinite. Give a floor to its volatility or leave it out.`,
  )
}
