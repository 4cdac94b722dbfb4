import { targetSetter } from './target-setter.js'
import { weightsInWords } from './wording.js'

export const fixed = targetSetter({
  name: 'fixed',
  about: 'The weights that are configured.',
  parameters: { weights: { kind: 'shares', isRequired: true, about: 'Target weight of each asset.' } },
  want: ({ assets }, { weights }) => ({
    status: 'set',
    weights,
    reasons: [`Weights are fixed: ${weightsInWords(assets, weights)}.`],
  }),
})
