import { DAYS_PER_YEAR } from '../statistics/covariance.js'
import { absolute, larger, type Ratio, ratioToNumber } from '../units/ratio.js'
import type { AssetView } from './portfolio-view.js'
import type { AssetFigures } from './rebalancing-policy.js'

/**
 * What there is to gain and to pay for one asset: a deviation `d` is penalised by `κq·d²/2` per year (planning theory,
 * 5.1), so bringing it back to `inner` ends `κq·(d² − inner²)/2`, and another day of it costs a 365th of its penalty. What it is traded
 * against is paid for, too.
 */
export function figuresOf(
  { asset, drift, costOfPair, penalty, volatility }: AssetView,
  { band, inner }: { readonly band: Ratio; readonly inner: Ratio },
  fixedCost: number,
): AssetFigures {
  const excess = ratioToNumber(larger(0n, absolute(drift) - inner))
  const [distance, end] = [ratioToNumber(absolute(drift)), ratioToNumber(inner)]
  return {
    asset,
    drift,
    band,
    inner,
    benefitPerYear: penalty === undefined ? undefined : (penalty / 2) * excess * (distance + end),
    costNow: excess > 0 ? costOfPair * excess + fixedCost : 0,
    costOfWaiting: penalty === undefined ? undefined : ((penalty / 2) * distance * distance) / DAYS_PER_YEAR,
    cost: costOfPair,
    fixedCost,
    volatility,
  }
}
