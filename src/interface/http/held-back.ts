import type { Breaker } from '../../domain/policy/breakers.js'
import { Problem } from './problem.js'

/** Why a resume is refused while grave breakers are open that it does not name. */
export function heldBack(holding: readonly Breaker[]): Problem {
  const reasons = holding.map(({ code, reason }) => `${code}: ${reason}`).join(' ')
  const codes = holding.map(({ code }) => `"${code}"`).join(', ')
  return new Problem(409, 'conflict', `${reasons} Put it right, then resume with "clear": [${codes}].`)
}
