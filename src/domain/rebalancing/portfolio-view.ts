import type { AssetKey } from '../assets.js'
import type { Matrix } from '../statistics/matrix.js'
import { absolute, type Ratio, RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import type { SharedParameters } from './parameters.js'
import type { AssetState, PortfolioState } from './rebalancing-policy.js'
import { RebalancingInputError } from './rebalancing-error.js'
import { isKnown, relativeVolatilities } from './relative-volatilities.js'

/** One asset of a state as every policy reckons with it. */
export interface AssetView {
  readonly asset: AssetKey
  readonly weight: Ratio
  readonly target: Ratio
  /** Weight less target. */
  readonly drift: Ratio
  /** The configured half-width, or the asset's own. */
  readonly configuredBand: Ratio
  /** The asset's own half-width, which goes before what a policy would give it. */
  readonly ownBand: Ratio | undefined
  readonly isSettling: boolean
  readonly settlesAt: number | undefined
  /** Of trading it one way, as a share; a gain counts as zero. */
  readonly cost: number
  /** Of trading it against another: with the cost of the cheapest other asset that is wanted. */
  readonly costOfPair: number
  readonly costAversion: number
  /** Against the rest, per √year; undefined where it is unknown. */
  readonly volatility: number | undefined
  /** κq of the planning theory, 5.1; undefined where it needs a volatility that is unknown. */
  readonly penalty: number | undefined
}

/** A state that was checked. */
export interface PortfolioView {
  readonly now: number
  readonly lastTradedAt: number | undefined
  readonly servedAt: number | undefined
  readonly isAsked: boolean
  readonly assets: readonly AssetView[]
  readonly covariance: Matrix | undefined
  readonly fixedCost: number
}

/** Shares are summed from rounded ones; a millionth is far below what is traded. */
const SUM_TOLERANCE: Ratio = RATIO_ONE / 1_000_000n
/** A cost or a variance beyond is a mistake, and could overflow where it is multiplied. */
const MOST = 1e9

/**
 * Reads a state. Throws RebalancingInputError where its numbers contradict each other: weights or targets that are
 * negative or do not sum to one, costs that are no numbers, an asset listed twice, a covariance of another shape.
 */
export function viewOf(state: PortfolioState, parameters: SharedParameters): PortfolioView {
  check(state)
  const { now, lastTradedAt, covariance, fixedCost } = state
  const targets = state.assets.map(({ target }) => ratioToNumber(target))
  const volatilities = covariance && relativeVolatilities(covariance, targets)
  const cheapestBeside = cheapestOthers(state.assets)
  const assets = state.assets.map((one, index): AssetView => {
    const override = Object.hasOwn(parameters.overrides, one.asset) ? parameters.overrides[one.asset] : undefined
    const volatility = volatilities?.[index]
    const scale = parameters.objective === 'weights' ? parameters.referenceVolatility : volatility
    return {
      asset: one.asset,
      weight: one.weight,
      target: one.target,
      drift: one.weight - one.target,
      configuredBand: override?.band ?? one.band,
      ownBand: override?.band,
      isSettling: one.settlesAt !== undefined && one.settlesAt > now,
      settlesAt: one.settlesAt,
      cost: costOf(one),
      costOfPair: costOf(one) + cheapestBeside(index),
      costAversion: override?.costAversion ?? 1,
      volatility,
      penalty: scale === undefined ? undefined : parameters.aversion * scale * scale,
    }
  })
  const { servedAt, isAsked = false } = state
  return { now, lastTradedAt, servedAt, isAsked, assets, covariance, fixedCost }
}

function costOf({ cost }: AssetState): number {
  return Math.max(0, cost)
}

/**
 * The cost of the cheapest other asset that is wanted, zero without one. Without this an asset that is free to trade, such
 * as the hub, would seem free to bring back, and only others pay.
 */
function cheapestOthers(assets: readonly AssetState[]): (index: number) => number {
  let [cheapest, least, second] = [-1, Infinity, Infinity]
  for (const [index, asset] of assets.entries()) {
    if (asset.target === 0n) continue
    const cost = costOf(asset)
    if (cost < least) [cheapest, least, second] = [index, cost, least]
    else second = Math.min(second, cost)
  }
  return (index) => {
    const cost = index === cheapest ? second : least
    return cost === Infinity ? 0 : cost
  }
}

function check({ now, lastTradedAt, servedAt, assets, covariance, fixedCost }: PortfolioState): void {
  if (!Number.isFinite(now)) refuse('now is a time in milliseconds', now)
  if (lastTradedAt !== undefined && !Number.isFinite(lastTradedAt)) refuse('lastTradedAt is a time', lastTradedAt)
  if (servedAt !== undefined && !Number.isFinite(servedAt)) refuse('servedAt is a time', servedAt)
  if (!isCost(fixedCost)) refuse('fixedCost is a share of zero or more', fixedCost)
  const keys = new Set<AssetKey>()
  let [weights, targets] = [0n, 0n]
  for (const one of assets) {
    checkAsset(one)
    if (keys.has(one.asset)) refuse('Every asset is listed once', `${one.asset} twice`)
    keys.add(one.asset)
    weights += one.weight
    targets += one.target
  }
  if (covariance) checkMatrix(covariance, assets.length)
  if (assets.length === 0) return
  if (absolute(weights - RATIO_ONE) > SUM_TOLERANCE)
    refuse('The weights of all assets sum to one', ratioToNumber(weights))
  if (absolute(targets - RATIO_ONE) > SUM_TOLERANCE)
    refuse('The targets of all assets sum to one', ratioToNumber(targets))
}

function isCost(value: number): boolean {
  return value >= 0 && value <= MOST
}

function checkAsset({ asset, weight, target, band, cost, settlesAt }: AssetState): void {
  if (weight < 0n) refuse(`The weight of ${asset} is a share of zero or more`, ratioToNumber(weight))
  if (target < 0n) refuse(`The target of ${asset} is a share of zero or more`, ratioToNumber(target))
  if (band < 0n) refuse(`The band of ${asset} is a share of zero or more`, ratioToNumber(band))
  if (!(Math.abs(cost) <= MOST)) refuse(`The cost of ${asset} is a number`, cost)
  if (settlesAt !== undefined && !Number.isFinite(settlesAt)) refuse(`settlesAt of ${asset} is a time`, settlesAt)
}

function checkMatrix(covariance: Matrix, size: number): void {
  if (covariance.length !== size || covariance.some((row) => row.length !== size))
    refuse(
      `The covariance has a row and a column for each of ${size} assets`,
      `rows of ${covariance.map((row) => row.length).join(', ')}`,
    )
  if (isKnown(covariance)) return
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const [value, mirrored] = [covariance[i]![j]!, covariance[j]![i]!]
      const isSame = Math.abs(value - mirrored) <= 1e-9 * (Math.abs(value) + Math.abs(mirrored))
      if (!(isSame && Math.abs(value) <= MOST))
        refuse(`The covariance is symmetric and of sensible size at ${i}, ${j}`, value)
    }
}

function refuse(expected: string, got: unknown): never {
  throw new RebalancingInputError('state', `${expected}, got ${String(got)}. Nothing is decided on such a state.`)
}
