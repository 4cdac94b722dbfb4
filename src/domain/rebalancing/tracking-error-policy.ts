import type { Matrix } from '../statistics/matrix.js'
import { absolute, larger, mulDiv, type Ratio, RATIO_ONE, ratioToNumber } from '../units/ratio.js'
import { type Assessment, banded, byConfiguredBands } from './assessment.js'
import { varianceAlong } from './deviation.js'
import { expectParameter, expectPositive, type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'
import type { PortfolioView } from './portfolio-view.js'
import { pointsText, ratioBelow } from './shares.js'
import { unknownVolatility } from './sized-bands.js'

export interface TrackingErrorParameters extends SharedParameters {
  /** τ: tolerated tracking error, per √year. */
  readonly trackingError: number
  /** τ_inner: what is left of it by a reset to `inner`. */
  readonly innerTrackingError: number
}

/**
 * Trades when the tracking error √(dᵀΣd) exceeds τ, and brings every distance back by the same proportion (planning
 * theory, 5.7): to none of it, to τ/2, to τ or to τ_inner. The band of an asset is the distance at which the present mix
 * of distances would reach τ; one that has a band of its own is also a reason when it leaves that. An asset whose legs
 * settle does not count with its part d_i(Σd)_i. Goes by the configured bands while volatility is unknown, and where the
 * covariance says there is none.
 */
export const trackingErrorPolicy = definePolicy<TrackingErrorParameters>(
  {
    about: 'Trades when the tracking error of all distances together is above what is tolerated.',
    defaults: { ...USUAL_PARAMETERS, reset: 'inner', trackingError: 0.02, innerTrackingError: 0.01 },
    derived: ({ trackingError }) => (trackingError === undefined ? {} : { innerTrackingError: trackingError / 2 }),
    terms: {
      trackingError: { kind: 'number', about: 'Tolerated tracking error, per √year.' },
      innerTrackingError: {
        kind: 'number',
        about: 'What is left of it by a reset to inner, per √year; half of it when absent.',
      },
    },
    dial: {
      name: 'tracking error',
      unit: 'per √year',
      tight: 0.001,
      loose: 0.3,
      at: (value) => ({ parameters: { trackingError: value, innerTrackingError: value / 2 } }),
    },
  },
  (parameters) => {
    const { trackingError, innerTrackingError } = parameters
    expectPositive('trackingError', trackingError)
    expectParameter(
      innerTrackingError >= 0 && innerTrackingError <= trackingError,
      'innerTrackingError is at least zero and at most trackingError',
      innerTrackingError,
    )
    return (view) => {
      const unknown = unknownVolatility(view) ?? uselessCovariance(view)
      if (unknown !== undefined || !view.covariance) return byConfiguredBands(view, parameters, [unknown ?? ''])
      return byTrackingError(view, view.covariance, parameters)
    }
  },
)

function uselessCovariance({ assets, covariance }: PortfolioView): string | undefined {
  const drifts = assets.map(({ drift }) => ratioToNumber(drift))
  if (assets.every(({ volatility }) => volatility === undefined || volatility === 0))
    return 'Every asset keeps its configured band: the covariance gives none a volatility against the rest.'
  if (covariance && varianceAlong(covariance, drifts) === undefined)
    return 'Every asset keeps its configured band: the covariance is not positive semidefinite.'
  return undefined
}

function byTrackingError(view: PortfolioView, covariance: Matrix, parameters: TrackingErrorParameters): Assessment {
  const { trackingError, innerTrackingError, reset } = parameters
  const { assets } = view
  const drifts = assets.map(({ drift }) => ratioToNumber(drift))
  const total = Math.sqrt(varianceAlong(covariance, drifts) ?? 0)
  const counted = assets.reduce((sum, { isSettling }, i) => {
    if (isSettling) return sum
    return sum + drifts[i]! * covariance[i]!.reduce((product, value, j) => product + value * drifts[j]!, 0)
  }, 0)
  const error = assets.some(({ isSettling }) => isSettling) ? Math.sqrt(Math.max(0, counted)) : total
  const isBeyond = error > trackingError
  const left = { target: 0, half: trackingError / 2, edge: trackingError, inner: innerTrackingError }[reset]
  /** A distance, rounded down, when the tracking error is scaled to `to`. */
  const scaled = (drift: Ratio, to: number): Ratio =>
    mulDiv(absolute(drift), ratioBelow(Math.min(1, to / error)), RATIO_ONE, 'down')
  return {
    findings: assets.map((asset) => {
      const { drift, volatility, configuredBand, ownBand } = asset
      if (isBeyond && drift !== 0n)
        return { band: scaled(drift, trackingError), inner: scaled(drift, left), isOutside: true, basis: undefined }
      if (ownBand !== undefined) return banded(asset, parameters, { band: ownBand })
      // As far as all distances could grow together, or this one alone where there are none.
      const alone = volatility ? trackingError / volatility : ratioToNumber(configuredBand)
      const isAlone = drift === 0n || error === 0
      const share = isAlone ? alone : (Math.abs(ratioToNumber(drift)) * trackingError) / error
      const band = larger(absolute(drift), ratioBelow(Math.min(1, share)))
      const inner = mulDiv(band, ratioBelow(left / trackingError), RATIO_ONE, 'down')
      return { band, inner, isOutside: false, basis: undefined }
    }),
    waits: undefined,
    notes: () => [
      `The tracking error is ${pointsText(total)} bps a year of ${pointsText(trackingError)} bps tolerated` +
        (error === total ? '.' : `; without the assets whose legs settle ${pointsText(error)} bps.`),
    ],
  }
}
