import { RebalancingInputError } from './rebalancing-error.js'

/** What the band of one asset is a balance of. */
export interface BandModel {
  /** Proportional cost `c` of a trade, one way, as a share of what is traded. */
  readonly cost: number
  /** Fixed cost `F` of a leg, as a share of NAV. */
  readonly fixedCost: number
  /** Diffusion `s` of the deviation from the target, in shares of NAV per √year; positive. */
  readonly diffusion: number
  /** `κq`: twice the yearly penalty of a deviation of one; positive. */
  readonly penalty: number
}

/** Trade when farther than `outer` from the target, and then back to `inner`: `h` and `b` of the theory, shares of NAV. */
export interface ImpulseBand {
  readonly outer: number
  readonly inner: number
}

export interface BandLimits {
  readonly minimum: number
  /** Where it is less than the minimum, the minimum counts. */
  readonly maximum: number
}

/** What was brought back ends at least a twentieth inside the band, or rounding alone would trigger it again. */
const MOST_INNER = 0.95
/** Far above what Newton's method takes to where floats end. */
const MOST_ROUNDS = 100

/**
 * Mean cost of a band per year, as a share of NAV: trades plus penalty (planning theory, 5.4),
 *
 *     J(h,b) = s²·(F + c(h−b))/(h²−b²) + κq(h²+b²)/12
 *
 * A deviation without drift leaves ±h after (h²−b²)/s² years on average when it starts at ±b. `h = b` is the limit of
 * trading to the edge, which has a finite cost only where a leg has no fixed one. Throws RebalancingInputError for a band
 * without such a cost.
 */
export function costRate(model: BandModel, { outer, inner }: ImpulseBand): number {
  checkModel(model)
  const { cost, fixedCost, diffusion, penalty } = model
  const isToEdge = outer === inner && fixedCost === 0
  if (!(outer > 0 && Number.isFinite(outer) && inner >= 0 && (inner < outer || isToEdge)))
    throw new RebalancingInputError(
      'parameters',
      `An impulse band needs 0 ≤ inner < outer, got ${inner} and ${outer}. Only without a fixed cost may they be equal.`,
    )
  const legs = fixedCost === 0 ? 0 : fixedCost / (outer - inner)
  const rate =
    diffusion * diffusion * ((legs + cost) / (outer + inner)) + (penalty * (outer * outer + inner * inner)) / 12
  if (!Number.isFinite(rate))
    throw new RebalancingInputError('parameters', `A band from ${inner} to ${outer} has no finite cost. Make it wider.`)
  return rate
}

/**
 * The band of least `J`. With `A = κq/s²` and `r = b/h` both derivatives of `J` vanish exactly where
 *
 *     c = A·h³·r(1+r)/3   and   F = A·h⁴·(1−r)³(1+r)/12
 *
 * (derived: their difference gives the second, `b·∂J/∂h + h·∂J/∂b` the first). Eliminating `h` leaves one equation for
 * `r`, whose left side falls strictly from infinity to zero, so there is one such band, and it is the minimum because `J`
 * grows without bound toward every edge of its domain but `b = 0`, where it falls. Without a fixed cost it is
 * `h = b = (3c/(2A))^⅓`, to leading order the no-trade region of Gerhold, Guasoni, Muhle-Karbe and Schachermayer 2014;
 * with a fixed cost alone `h = (12F/A)^¼, b = 0`, the order of Altarovici, Muhle-Karbe and Soner 2015; without any cost
 * zero.
 */
export function optimalBand(model: BandModel): ImpulseBand {
  checkModel(model)
  const { cost, fixedCost, diffusion, penalty } = model
  if (cost === 0 && fixedCost === 0) return { outer: 0, inner: 0 }
  // In logarithms, so that no power of a tiny cost or diffusion underflows.
  const logA = Math.log(penalty) - 2 * Math.log(diffusion)
  if (cost === 0) return { outer: finiteExp((Math.log(12) + Math.log(fixedCost) - logA) / 4), inner: 0 }
  const logCost = Math.log(cost)
  if (fixedCost === 0) {
    const outer = finiteExp((Math.log(1.5) + logCost - logA) / 3)
    return { outer, inner: outer }
  }
  const share = shareAt(Math.log(fixedCost) + logA / 3 - (4 / 3) * logCost)
  const outer = finiteExp((Math.log(3) + logCost - logA - share.log - Math.log1p(share.value)) / 3)
  return { outer, inner: share.value * outer }
}

/**
 * Solves `ln((1−r)³(1+r)/12) − 4/3·ln(r(1+r)/3) = level` for `r` by Newton's method in `z = ln(r/(1−r))`, where the left
 * side is concave with a slope between −4/3 and −3: from any start the second step on comes from one side.
 */
function shareAt(level: number): { readonly value: number; readonly log: number } {
  const constant = (4 / 3) * Math.log(3) - Math.log(12)
  let z = (constant - level) / 2
  for (let round = 0; ; round++) {
    const [log, logRest] = [-softplus(-z), -softplus(z)]
    const value = Math.exp(log)
    const left = 3 * logRest - (4 / 3) * log - Math.log1p(value) / 3 + constant
    const slope = -4 / 3 - (5 / 3) * value - (value * (1 - value)) / (3 * (1 + value))
    const step = (level - left) / slope
    z += step
    if (Math.abs(step) <= 1e-14 * Math.max(1, Math.abs(z)) || round === 50) return { value, log }
  }
}

function finiteExp(x: number): number {
  return Math.min(Math.exp(x), Number.MAX_VALUE)
}

/** `ln(1 + eˣ)` without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}

/** The band of least `J` within limits, its inner distance the best one for the outer that is left. */
export function limitedBand(model: BandModel, { minimum, maximum }: BandLimits): ImpulseBand {
  if (!(minimum >= 0 && Number.isFinite(minimum) && maximum >= 0))
    throw new RebalancingInputError(
      'parameters',
      `Limits of a band are shares of zero or more, got ${minimum} and ${maximum}.`,
    )
  const best = optimalBand(model)
  const outer = Math.max(minimum, Math.min(best.outer, maximum))
  // The best inner distance was found together with the outer one, where that stays.
  if (outer === best.outer && best.inner <= MOST_INNER * outer) return best
  return { outer, inner: bestInner(model, outer) }
}

/**
 * The inner distance of least `J` for a given outer one, at most 0.95 of it: the root of
 * `2bF/(h−b)² + A·b(h+b)²/6 = c`, whose left side grows with `b`. Zero for an outer distance of zero. Throws
 * RebalancingInputError for one that is no distance.
 */
export function bestInner(model: BandModel, outer: number): number {
  checkModel(model)
  const { cost, fixedCost, diffusion, penalty } = model
  if (!(outer >= 0 && Number.isFinite(outer)))
    throw new RebalancingInputError('parameters', `The outer distance of a band is zero or more, got ${outer}.`)
  if (outer === 0) return 0
  const cubic = Math.exp(Math.log(penalty) - 2 * Math.log(diffusion) + 3 * Math.log(outer)) / 6
  const fixed = (2 * fixedCost) / outer
  const excess = (share: number) => {
    const [rest, whole] = [1 - share, 1 + share]
    return fixed * (share / (rest * rest)) + cubic * share * whole * whole - cost
  }
  let share = MOST_INNER
  let left = excess(share)
  if (!(left > 0)) return MOST_INNER * outer
  // Convex and rising: Newton's method from above comes down to the root and never passes it.
  for (let round = 0; round < MOST_ROUNDS && left > 0; round++) {
    const rest = 1 - share
    const slope = (1 + share) * (fixed / (rest * rest * rest) + cubic * (1 + 3 * share))
    const next = Math.max(0, share - left / slope)
    if (!(next < share)) break
    share = next
    left = excess(share)
  }
  return share * outer
}

function checkModel({ cost, fixedCost, diffusion, penalty }: BandModel): void {
  const isSound = cost >= 0 && fixedCost >= 0 && diffusion > 0 && penalty > 0
  if (!isSound || !Number.isFinite(cost + fixedCost) || !Number.isFinite(diffusion + penalty))
    throw new RebalancingInputError(
      'parameters',
      'A band needs finite costs of zero or more and a positive diffusion and penalty, ' +
        `got cost ${cost}, fixed cost ${fixedCost}, diffusion ${diffusion}, penalty ${penalty}.`,
    )
}
