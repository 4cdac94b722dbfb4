import { larger, mulDiv, type Ratio, RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import { deviationDiffusion } from './deviation.js'
import { type BandModel, bestInner, limitedBand } from './impulse-band.js'
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
): SizedBand {
  const { configuredBand, ownBand, costOfPair, costAversion, volatility, penalty, target } = asset
  const diffusion = deviationDiffusion(Math.min(ratioToNumber(target), 1), volatility ?? 0)
  if (volatility === undefined || penalty === undefined || diffusion === 0) {
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
  const { outer, inner } = limitedBand(model, {
    minimum: ratioToNumber(parameters.minimumBand),
    maximum: ratioToNumber(mulDiv(target, parameters.maximumBandShare, RATIO_ONE, 'down')),
  })
  const basis = () => `The band follows from ${basisOf(model, volatility, parameters)}`
  return { band: ratioBelow(outer), own: ratioBelow(inner), basis, note: undefined }
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
