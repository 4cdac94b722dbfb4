import type { Obstacle } from '../../domain/policy/resume.js'
import { timeText } from './figures.js'
import { Problem } from './problem.js'

/** Why a resume is refused, and what to do. `now` in milliseconds since 1970. */
export function heldBack(obstacle: Obstacle, now: number): Problem {
  const { holding } = obstacle
  const reasons = holding.map(({ code, reason }) => `${code}: ${reason}`).join(' ')
  switch (obstacle.kind) {
    case 'unnamed': {
      const codes = holding.map(({ code }) => `"${code}"`).join(', ')
      return new Problem(409, 'conflict', `${reasons} Put it right, then resume with "clear": [${codes}].`)
    }
    case 'short': {
      const { places } = obstacle
      const found =
        places.length > 0
          ? `The books are still short: ${places.join(', ')}.`
          : 'The books were not compared with the chains since.'
      const way =
        'Bring it back and wait for the next comparison, or give it up with "acceptLoss": true, which books it as lost.'
      return new Problem(409, 'conflict', `${reasons} ${found} ${way}`)
    }
    case 'cooling': {
      const retryAfter = Math.max(1, Math.ceil((obstacle.until - now) / 1000))
      const codes = holding.map(({ code }) => code).join(', ')
      const detail = `${codes} tripped a moment ago: nothing that it holds goes on before ${timeText(obstacle.until)}. Look at its cause meanwhile. ${reasons}`
      return new Problem(409, 'conflict', detail, [], { retryAfter })
    }
  }
}
