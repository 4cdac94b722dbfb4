import type { AssetKey } from '../assets.js'
import { totalOf } from '../planning/cost.js'
import { driftByCosts } from '../planning/verify.js'
import type { TokenAmount } from '../units/amount.js'
import {
  absolute,
  basisPointsOf,
  larger,
  mulDiv,
  pointsBeside,
  type Ratio,
  RATIO_ONE,
  smaller,
} from '../units/ratio.js'
import { type Usd, valueOf } from '../units/usd.js'
import type { Cycle, LegRun } from './cycle.js'

/**
 * Why a cycle that traded has not brought the portfolio nearer to its targets, or undefined when it has (C-52). Reckoned
 * from what receipts say was sold and received, at the prices of the decision, so that neither the market nor a deposit
 * counts. A plan that was carried out must take away at least `least` of the drift that it said it would; one that was
 * carried out in part may not add any beyond what that part of it was to add until the rest would have followed.
 */
export function reasonDriftStayed(cycle: Cycle, least: Ratio): string | undefined {
  const { plan, drift, legs } = cycle
  const traded = legs.filter(({ leg, sold, received }) => sold && received && leg.kind === 'swap')
  const after = driftAfter(
    cycle,
    legs.map(({ sold, received }) => [sold, received]),
  )
  if (!plan || after === undefined || traded.length === 0) return undefined
  const swaps = legs.filter(({ leg }) => leg.kind === 'swap')
  const isCarriedOut = swaps.every(({ state }) => state === 'done')
  const promised = drift.portfolio - plan.expectedDrift
  const wanted = isCarriedOut ? mulDiv(larger(0n, promised), least, RATIO_ONE, 'down') : fallOnTheWay(cycle)
  const fall = drift.portfolio - after
  if (fall >= wanted - driftByCosts(totalOf(plan.cost), drift.nav)) return undefined
  return `C-52: the drift went from ${pointsBeside(drift.portfolio, after)} to ${pointsBeside(after, drift.portfolio)} bps of NAV by what was traded in ${cycle.id}; its plan expected ${basisPointsOf(plan.expectedDrift)} bps. Compare the plan with its targets before you resume.`
}

/** What the legs that traded were to take away by themselves, never above zero: below it, where the whole plan takes drift away. */
function fallOnTheWay(cycle: Cycle): Ratio {
  const { drift, legs } = cycle
  const left = (runs: readonly LegRun[]) =>
    driftAfter(
      cycle,
      runs.map(({ leg }) => [leg.sell, leg.expectedOut]),
    ) ?? drift.portfolio
  if (left(legs) > drift.portfolio) return 0n
  return smaller(0n, drift.portfolio - left(legs.filter(({ sold, received }) => sold && received)))
}

/** The drift that so much sold and received leaves. Undefined when something traded had no price at the decision. */
function driftAfter(
  { drift, market }: Cycle,
  moves: readonly (readonly [sold: TokenAmount | undefined, received: TokenAmount | undefined])[],
): Ratio | undefined {
  const values = new Map<AssetKey, Usd>(drift.assets.map(({ asset, value }) => [asset, value]))
  for (const [sold, received] of moves)
    for (const [amount, sign] of [
      [sold, -1n],
      [received, 1n],
    ] as const) {
      if (!amount || !sold || !received) continue
      const { asset } = amount.token
      const price = market.prices.get(asset)
      if (price === undefined) return undefined
      if (values.has(asset)) values.set(asset, values.get(asset)! + sign * valueOf(amount, price, 'down'))
    }
  const nav = [...values.values()].reduce((sum, value) => sum + value, 0n)
  if (nav <= 0n) return undefined
  const distances = drift.assets.map(({ asset, target }) =>
    absolute(mulDiv(values.get(asset)! * RATIO_ONE - target * nav, 1n, nav, 'zero')),
  )
  return distances.reduce((sum, distance) => sum + distance, 0n) / 2n
}
