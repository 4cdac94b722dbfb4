import type { Matrix } from '../statistics/matrix.js'
import { absolute, basisPointsOf, larger, mulDiv, ratioToNumber } from '../units/ratio.js'
import { type Assessment, byConfiguredBands, type Finding } from './assessment.js'
import { innerDistance, type SharedParameters, USUAL_PARAMETERS } from './parameters.js'
import { definePolicy } from './policy-kind.js'
import type { AssetView, PortfolioView } from './portfolio-view.js'
import {
  bestAdvantage,
  bestWeights,
  type QuadraticSolver,
  type RebalancingProblem,
  SOLVER_SLACK,
} from './quadratic-program.js'
import { RebalancingInputError } from './rebalancing-error.js'
import { pointsText, ratioBelow } from './shares.js'
import {
  aversionDial,
  type BandOf,
  checkSizing,
  keptBands,
  SIZING_TERMS,
  type SizedBand,
  sizedBand,
  type SizingParameters,
  unknownVolatility,
  USUAL_SIZING,
} from './sized-bands.js'

/**
 * The impulse band of a whole portfolio: one quadratic program weighs all deviations and their correlations (planning
 * theory, 5.5), so that assets which move together are not traded against each other as if they did not.
 *
 * The cost of each asset is written off over the horizon `H = c/(κσ²h)`, with `h` and `c` of its impulse band (5.4) and σ of
 * the pair with the asset it is cheapest to trade against: two assets alone then have exactly that band, which without a
 * fixed cost is the one of 5.2. (σ against the whole rest would make assets that move with most of it cheap to trade
 * against what does not move with them.) It trades when the conditions for standing still fail. The edge is the best weight
 * x*; the other resets bring an asset further toward its target, `inner` by the proportion b/h of its impulse band. Tracks
 * risk whatever the objective. Goes by the configured bands where volatility is unknown or none, and when the solver finds
 * no answer.
 */
export const quadraticPolicy = definePolicy<SharedParameters & SizingParameters>(
  {
    about: 'Weighs all distances and their correlations at once, in one quadratic program.',
    defaults: { ...USUAL_PARAMETERS, ...USUAL_SIZING, reset: 'inner' },
    terms: SIZING_TERMS,
    dial: aversionDial,
  },
  (parameters, { solve }) => {
    checkSizing(parameters)
    if (!solve)
      throw new RebalancingInputError(
        'parameters',
        'The quadratic-program policy needs a solver, got none. Give it one where policies are made.',
      )
    const byRisk = { ...parameters, objective: 'risk' } as const
    const bandOf = keptBands()
    return (view) => assess(view, solve, byRisk, bandOf)
  },
)

function assess(
  view: PortfolioView,
  solve: QuadraticSolver,
  parameters: SharedParameters & SizingParameters,
  bandOf: BandOf,
): Assessment {
  const { assets, covariance, fixedCost } = view
  const unknown = unknownVolatility(view)
  if (unknown !== undefined || !covariance) return byConfiguredBands(view, parameters, [unknown ?? ''])
  const variances = assets.map((_, i) => pairVariance(assets, covariance, i))
  const without = assets.find(({ volatility }, i) => !volatility || !(variances[i]! > 0))
  if (without)
    return byConfiguredBands(view, parameters, [
      `Every asset keeps its configured band: ${without.asset} has no volatility against what it is traded for.`,
    ])
  const bands = assets.map((asset) => sizedBand(asset, fixedCost, parameters, bandOf))
  const problem: RebalancingProblem = {
    penalty: covariance.map((row) => row.map((value) => parameters.aversion * value)),
    weights: assets.map(({ weight }) => ratioToNumber(weight)),
    targets: assets.map(({ target }) => ratioToNumber(target)),
    // Each asset bears its own part of what the pair costs: what others are traded through bears none.
    tolls: assets.map(({ cost, costOfPair }, i) =>
      cost === 0 ? 0 : (cost / costOfPair) * parameters.aversion * variances[i]! * ratioToNumber(bands[i]!.band),
    ),
    isHeld: assets.map(({ isSettling }) => isSettling),
  }
  const advantage = bestAdvantage(problem) ?? 0
  const best = advantage > 0 ? bestWeights(problem, solve) : problem.weights
  if (!best)
    return byConfiguredBands(view, parameters, ['Every asset keeps its configured band: the solver found no answer.'])
  const findings = assets.map((asset, i) => findingOf(asset, bands[i]!, best[i]! - problem.targets[i]!, parameters))
  const isAway = advantage > 0 && !findings.some(({ isOutside }) => isOutside)
  return {
    findings,
    waits: undefined,
    notes: () => [
      ...(isAway ? ['All that would pay is to take assets farther from their targets, which is not done.'] : []),
      advantage > 0
        ? `The best pair to trade saves ${pointsText(advantage)} bps a year more than it costs, for each unit at first.`
        : `No pair is worth trading: the best one lacks ${pointsText(-advantage)} bps a year for each unit.`,
      ...bands.flatMap(({ note }) => note ?? []),
    ],
  }
}

/** Variance of an asset against the cheapest other that is wanted, per year; of equally cheap ones the largest. */
function pairVariance(assets: readonly AssetView[], covariance: Matrix, i: number): number {
  let [least, most] = [Infinity, 0]
  for (const [j, { target, cost }] of assets.entries()) {
    if (j === i || target === 0n || cost > least) continue
    const variance = covariance[i]![i]! + covariance[j]![j]! - 2 * covariance[i]![j]!
    most = Math.max(cost < least ? 0 : most, variance)
    least = cost
  }
  return most
}

/** One that is brought nearer to its target is outside; one that is not may be where it is or where it is needed. */
function findingOf(asset: AssetView, sized: SizedBand, best: number, parameters: SharedParameters): Finding {
  const { drift } = asset
  const end = ratioBelow(Math.abs(best))
  const isNearer = Math.abs(ratioToNumber(drift)) - Math.abs(best) > SOLVER_SLACK
  const band = isNearer ? end : larger(larger(absolute(drift), sized.band), end)
  const own = sized.own === undefined || sized.band === 0n ? undefined : mulDiv(band, sized.own, sized.band, 'down')
  const { basis } = sized
  const alone = basis && (() => `Alone it would have a band of ±${basisPointsOf(sized.band)} bps. ${basis()}`)
  return { band, inner: innerDistance(parameters, { band, own }), isOutside: isNearer, basis: alone }
}
