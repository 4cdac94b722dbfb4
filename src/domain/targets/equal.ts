import { targetSetter } from './target-setter.js'
import { percent } from './wording.js'

export const equal = targetSetter({
  name: 'equal',
  about: 'Every asset has the same weight.',
  parameters: {},
  want: ({ assets }) => ({
    status: 'set',
    weights: assets.map(() => 1 / assets.length),
    reasons: [`Each of ${assets.length} assets has ${percent(1 / assets.length)}.`],
  }),
})
