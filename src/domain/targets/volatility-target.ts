import { volatilityOf } from '../statistics/covariance.js'
import { covarianceOf } from './check-input.js'
import { restInWords, STABLE_REST_TERMS, stableRestOf, weightsAt } from './stable-rest.js'
import { targetSetter } from './target-setter.js'
import { percent } from './wording.js'

/**
 * Exposure k = min(k_max, σ* ÷ σ̂_p) in a mix, the rest in a stable asset (planning theory, 6). An exposure that was set
 * stays until the one that fits has moved from it by more than the tolerance, as a share of it, so that noise of the
 * estimate is not traded. Which mix it is made of always counts at once.
 */
export const volatilityTarget = targetSetter({
  name: 'volatility-target',
  about: 'Holds less at risk the wilder the market, so that volatility stays where it is wanted.',
  parameters: {
    volatility: { kind: 'number', minimum: 0.001, maximum: 5, about: 'Wanted volatility of the whole, a year.' },
    maxExposure: { kind: 'number', minimum: 0, maximum: 1, fallback: 1, about: 'Most that is ever at risk.' },
    tolerance: {
      kind: 'number',
      minimum: 0,
      maximum: 1,
      fallback: 0.1,
      about: 'Exposure stays as it is until it would move by more than this share of it.',
    },
    ...STABLE_REST_TERMS,
  },
  want: (input, { volatility, maxExposure, tolerance, ...rest }) => {
    const split = stableRestOf(input.assets, rest)
    if (split.status === 'refused') return split
    const { mix } = split
    const words = restInWords(input.assets, split)
    if (mix.every((share) => share === 0))
      return { status: 'set', weights: weightsAt(split, 0), reasons: [words], exposure: 0 }
    const known = covarianceOf(input, (index) => mix[index]! > 0)
    if (known.status === 'refused') return known
    const atRisk = volatilityOf(known.covariance, mix)
    // A mix without any risk of its own may be held as far as it is allowed.
    const fitting = volatility >= atRisk * maxExposure ? maxExposure : volatility / atRisk
    const last = input.current?.exposure
    const stays = last !== undefined && last <= maxExposure && Math.abs(fitting - last) <= tolerance * last
    const exposure = stays ? last : fitting
    const figures = `The part at risk has a volatility of ${percent(atRisk)} a year, wanted are ${percent(volatility)} of the whole`
    const decision = stays
      ? `an exposure of ${percent(fitting)} would fit, which is within ${percent(tolerance)} of ${percent(last)}: it stays`
      : `exposure is ${percent(exposure)}, at most ${percent(maxExposure)}`
    return {
      status: 'set',
      weights: weightsAt(split, exposure),
      reasons: [`${figures}; ${decision}.`, words],
      exposure,
    }
  },
})
