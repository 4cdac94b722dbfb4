import type { AssetKey } from '../assets.js'
import { larger, mulDiv, type Ratio, RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import { deviationDiffusion } from './deviation.js'
import { type BandLimits, type BandModel, bestInner, type ImpulseBand, limitedBand } from './impulse-band.js'
import { expectParameter, expectShare, type SharedParameters } from './parameters.js'
import type { Dial, PolicyTerm } from './policy-kind.js'
import type { AssetView, PortfolioView } from './portfolio-view.js'
import { pointsText, ratioBelow } from './shares.js'

/** Limits of bands that follow from costs. */
export interface SizingParameters {
  /** No band is narrower, as a share of NAV: prices are not known better than that. */
  readonly minimumBand: Ratio
  /** No band is wider than this share of its target, unless the minimum is. */
  readonly maximumBandShare: Ratio
}

export const USUAL_SIZING: SizingParameters = { minimumBand: RATIO_ONE / 1_000n, maximumBandShare: RATIO_ONE / 2n }

export const SIZING_TERMS: Readonly<Record<keyof SizingParameters, PolicyTerm>> = {
  minimumBand: { kind: 'share', about: 'No band is narrower, as a share of NAV.' },
  maximumBandShare: { kind: 'share', about: 'No band is wider than this share of its target.' },
}

export const aversionDial: Dial<SharedParameters> = {
  name: 'aversion',
  unit: 'aversion',
  tight: 1_000,
  loose: 0.01,
  at: (aversion) => ({ parameters: { aversion } }),
}

export function checkSizing({ minimumBand, maximumBandShare }: SizingParameters): void {
  expectShare('minimumBand', minimumBand)
  expectParameter(
    maximumBandShare > 0n && maximumBandShare <= RATIO_ONE,
    'maximumBandShare is above zero and at most one',
    maximumBandShare,
  )
}

/** A band that follows from costs, or why there is none and the asset keeps the given one. Both round down. */
export interface SizedBand {
  readonly band: Ratio
  /** Undefined where the policy has no inner distance to offer. */
  readonly own: Ratio | undefined
  readonly basis: (() => string) | undefined
  readonly note: string | undefined
}

/**
 * The impulse band of an asset (planning theory, 5.4) within the limits, from what trading it against the cheapest other
 * costs now. An asset that has a band of its own keeps that, with the best inner distance for it. Where no band follows,
 * the asset keeps its configured one, at least as wide as the minimum: without volatility, with none, or with a target of
 * zero, which is sold whole because what is left of it would never come back.
 */
export function sizedBand(
  asset: AssetView,
  fixedCost: number,
  parameters: SharedParameters & SizingParameters,
  bandOf: BandOf,
): SizedBand {
  const { configuredBand, ownBand, costOfPair, costAversion, volatility, target } = asset
  const { diffusion, penalty } = paceOf(ratioToNumber(target), volatility ?? 0, parameters)
  if (volatility === undefined || diffusion === 0) {
    const own = target === 0n ? 0n : undefined
    const band = ownBand ?? larger(configuredBand, parameters.minimumBand)
    return { band, own, basis: undefined, note: noteOf(asset) }
  }
  const model: BandModel = {
    cost: costOfPair * costAversion,
    fixedCost: fixedCost * costAversion,
    diffusion,
    penalty,
  }
  if (ownBand !== undefined)
    return {
      band: ownBand,
      own: ratioBelow(bestInner(model, ratioToNumber(ownBand))),
      basis: () => `The band is its own; the way back follows from ${basisOf(model, volatility, parameters)}`,
      note: undefined,
    }
  const { outer, inner } = bandOf(asset.asset, model, {
    minimum: ratioToNumber(parameters.minimumBand),
    maximum: ratioToNumber(mulDiv(target, parameters.maximumBandShare, RATIO_ONE, 'down')),
  })
  const basis = () => `The band follows from ${basisOf(model, volatility, parameters)}`
  return { band: ratioBelow(outer), own: ratioBelow(inner), basis, note: undefined }
}

/**
 * How fast a weight wanders and what that is penalised by. A band rests on `κq/s²` alone, from which volatility cancels where
 * risk is penalised: both are those of a volatility of one then.
 */
function paceOf(
  target: number,
  volatility: number,
  { objective, aversion, referenceVolatility }: SharedParameters,
): Pick<BandModel, 'diffusion' | 'penalty'> {
  const isRisk = objective === 'risk'
  return {
    diffusion: deviationDiffusion(Math.min(target, 1), isRisk && volatility > 0 ? 1 : volatility),
    penalty: isRisk ? aversion : aversion * referenceVolatility * referenceVolatility,
  }
}

/** The band of an asset by `limitedBand`. */
export type BandOf = (asset: AssetKey, model: BandModel, limits: BandLimits) => ImpulseBand

/**
 * Keeps the last band of each asset, which is asked for again as long as nothing changes that it rests on: with constant
 * costs and targets that is for ever, because volatility cancels where risk is what is penalised.
 */
export function keptBands(): BandOf {
  const kept = new Map<
    AssetKey,
    { readonly model: BandModel; readonly limits: BandLimits; readonly band: ImpulseBand }
  >()
  return (asset, model, limits) => {
    const last = kept.get(asset)
    const isSame =
      last?.model.cost === model.cost &&
      last.model.fixedCost === model.fixedCost &&
      last.model.diffusion === model.diffusion &&
      last.model.penalty === model.penalty &&
      last.limits.minimum === limits.minimum &&
      last.limits.maximum === limits.maximum
    if (isSame) return last.band
    const band = limitedBand(model, limits)
    kept.set(asset, { model, limits, band })
    return band
  }
}

function basisOf({ cost, fixedCost }: BandModel, volatility: number, { aversion }: SharedParameters): string {
  return (
    `a cost of ${pointsText(cost)} bps, a fixed cost of ${pointsText(fixedCost)} bps, a volatility of ` +
    `${Number((volatility * 100).toPrecision(3))} % against the rest and an aversion of ${aversion}.`
  )
}

/** Beyond, what else is wanted is rounding. */
const MOST_WANTED: Ratio = RATIO_ONE - RATIO_ONE / 1_000_000n

function noteOf({ asset, volatility, target, ownBand }: AssetView): string {
  const kept = `${asset} keeps its ${ownBand === undefined ? 'configured' : 'own'} band: `
  if (target === 0n) return `${kept}its target is zero, so it is sold whole.`
  if (volatility === 0) return `${kept}its volatility against the rest is zero.`
  if (volatility !== undefined || target > MOST_WANTED) return `${kept}nothing else is wanted.`
  return `${kept}the covariance gives it no volatility against the rest, because it is not positive semidefinite.`
}

/** Said once for all assets where nothing is known about any of them. */
export function unknownVolatility({ covariance }: PortfolioView): string | undefined {
  return covariance ? undefined : 'Every asset keeps its configured band: prices are too few to tell volatilities.'
}
