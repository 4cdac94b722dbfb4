import { aboveFloor, FLOOR_TERMS, navOf } from './floor-exposure.js'
import { targetSetter } from './target-setter.js'
import { percent } from './wording.js'

/** Time-invariant portfolio protection (Estep and Kritzman 1988): the floor follows the highest NAV and never falls. */
export const tipp = targetSetter({
  name: 'tipp',
  about: 'Holds a multiple of what NAV is above a floor at risk; the floor is a share of the highest NAV so far.',
  parameters: FLOOR_TERMS,
  want: (input, { floor, ...terms }) => {
    const known = navOf(input)
    if (known.status === 'refused') return known
    const { value, highWater, startValue } = known.nav
    const height = floor * Math.max(highWater, startValue)
    const reason = `The floor is ${percent(floor)} of the highest NAV: ${percent(height / value)} of NAV now.`
    return aboveFloor(input, value, { value: height, reason }, terms)
  },
})
