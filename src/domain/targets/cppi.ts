import { DAYS_PER_YEAR } from '../statistics/covariance.js'
import { aboveFloor, FLOOR_TERMS, navOf } from './floor-exposure.js'
import { targetSetter } from './target-setter.js'
import { percent } from './wording.js'

const YEAR_MS = DAYS_PER_YEAR * 86_400_000
/** A floor does not grow for longer than this, so that its height stays a number. */
const MOST_YEARS = 100

/** Constant proportion portfolio insurance (Black and Jones 1987; Perold and Sharpe 1988): the floor grows at a rate. */
export const cppi = targetSetter({
  name: 'cppi',
  about: 'Holds a multiple of what NAV is above a floor at risk; the floor grows at a fixed rate from the start.',
  parameters: {
    ...FLOOR_TERMS,
    growth: { kind: 'number', minimum: 0, maximum: 1, fallback: 0, about: 'Growth of the floor, a year.' },
  },
  want: (input, { floor, growth, ...terms }) => {
    const known = navOf(input)
    if (known.status === 'refused') return known
    const { value, startValue, startedAt } = known.nav
    const years = Math.min(MOST_YEARS, Math.max(0, (input.now - startedAt) / YEAR_MS))
    const height = floor * startValue * (1 + growth) ** years
    const grown = growth > 0 ? `, grown by ${percent(growth)} a year for ${years.toFixed(2)} years` : ''
    const reason = `The floor is ${percent(floor)} of NAV at the start${grown}: ${percent(height / value)} of NAV now.`
    return aboveFloor(input, value, { value: height, reason }, terms)
  },
})
