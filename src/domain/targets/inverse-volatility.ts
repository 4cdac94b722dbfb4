import { volatilities } from '../statistics/covariance.js'
import { covarianceOf } from './check-input.js'
import { proportional } from './proportions.js'
import { targetSetter } from './target-setter.js'
import { weightsInWords } from './wording.js'

/** w_i ∝ 1/σ_i (planning theory, 6): equal risk contributions where all correlations are the same. */
export const inverseVolatility = targetSetter({
  name: 'inverse-volatility',
  about: 'The calmer an asset, the more of it; correlations are left out of account.',
  parameters: {},
  want: (input) => {
    const known = covarianceOf(input)
    if (known.status === 'refused') return known
    const deviations = volatilities(known.covariance)
    const weights = proportional(deviations.map((deviation) => 1 / deviation))
    return {
      status: 'set',
      weights,
      reasons: [
        `Weights are inverse to the volatilities of a year: ${weightsInWords(input.assets, deviations)}.`,
        `That gives ${weightsInWords(input.assets, weights)}.`,
      ],
    }
  },
})
