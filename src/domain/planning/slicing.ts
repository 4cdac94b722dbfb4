export interface Slicing {
  readonly count: number
  readonly spacingMs: number
  /** Expected receipt of each slice in turn, in the unit of the curve. */
  readonly received: readonly number[]
}

interface Order {
  /** Value to sell. */
  readonly sent: number
  /** Receipt for a sale of this size on an undisturbed market. */
  readonly evaluate: (sent: number) => number
  /** Charge of one more transaction. */
  readonly charge: number
  /** Annual volatility of the pair. */
  readonly volatility: number
  readonly nav: number
  readonly maxLeg: number
}

/** The policy in the numbers of this module: shares and counts. */
export interface SlicingRules {
  readonly maxImpact: number
  readonly maxSlices: number
  readonly recoveryHalfLifeSeconds: number
  readonly riskAversion: number
}

const SECONDS_PER_YEAR = 31_557_600
/** Spacings that are tried, in half-lives of the pool's recovery. */
const SPACINGS = [0.5, 1, 1.5, 2, 3, 4, 6]

/**
 * Whether to spread a sale over time, and how. One slice unless its price impact is over the limit or it is larger than a
 * leg may be; then the number and spacing of equal slices that cost least by Almgren and Chriss: expected impact, less by
 * what the pool regains between slices (half of its distance per half-life), plus λ times the variance of the value not
 * yet sold, plus the gas of the additional transactions. λ is the policy's aversion over NAV.
 */
export function chooseSlices(order: Order, policy: SlicingRules): Slicing {
  const { sent, evaluate, maxLeg } = order
  const whole = { count: 1, spacingMs: 0, received: [evaluate(sent)] }
  const least = Math.ceil(sent / maxLeg - 1e-9)
  const probe = sent * 1e-4
  const impact = 1 - evaluate(sent) / sent - (1 - evaluate(probe) / probe)
  if (least <= 1 && !(impact > policy.maxImpact)) return whole
  let best = { slicing: whole as Slicing, objective: least <= 1 ? sent - evaluate(sent) : Infinity }
  for (let count = Math.max(2, least); count <= policy.maxSlices; count++)
    for (const halfLives of SPACINGS) {
      const spacing = halfLives * policy.recoveryHalfLifeSeconds
      const received = receipts(order, count, halfLives)
      const lost = sent - received.reduce((sum, one) => sum + one, 0)
      const variance = unsoldVariance(order, count, spacing)
      const objective = lost + (policy.riskAversion / order.nav) * variance + order.charge * (count - 1)
      if (objective < best.objective)
        best = { slicing: { count, spacingMs: Math.round(spacing * 1000), received }, objective }
    }
  return best.slicing
}

/** Each slice pays its own impact and what is left of the price moves of those before it. */
function receipts({ sent, evaluate }: Order, count: number, halfLives: number): number[] {
  const size = sent / count
  const alone = evaluate(size)
  const step = size * 1e-3
  const displacement = Math.max(0, evaluate(step) / step - (evaluate(size) - evaluate(size - step)) / step)
  return Array.from({ length: count }, (_, index) => {
    let left = 0
    for (let earlier = 1; earlier <= index; earlier++) left += 2 ** (-earlier * halfLives)
    return Math.max(0, alone - size * displacement * left)
  })
}

/** σ² × time × value not yet sold squared, summed over the waits. */
function unsoldVariance({ sent, volatility }: Order, count: number, spacingSeconds: number): number {
  let sum = 0
  for (let sold = 1; sold < count; sold++) sum += ((sent * (count - sold)) / count) ** 2
  return (volatility ** 2 * spacingSeconds * sum) / SECONDS_PER_YEAR
}
