import { settlesAtOf, type Transfer } from '../execution/transfer.js'
import type { Market } from '../planning/cost.js'
import type { CurveRecord } from '../planning/curve-record.js'
import { tradingCosts } from '../planning/trading-costs.js'
import type { Drift } from '../portfolio/drift.js'
import { basisPointsOf, ratioToNumber } from '../units/ratio.js'
import { usdToNumber } from '../units/usd.js'
import type { Portfolio } from './portfolio.js'
import type { Circumstances } from './trigger.js'

/** What the policies weigh the drift with: costs by earlier quotes, risk by the price history, what is under way. */
export function circumstancesOf(
  portfolio: Portfolio,
  { curves, transfers }: { readonly curves: readonly CurveRecord[]; readonly transfers: readonly Transfer[] },
  { nav, assets }: Drift,
  market: Market,
  { covariance, notes }: Pick<Circumstances, 'covariance' | 'notes'>,
): Circumstances {
  const value = usdToNumber(nav)
  const sizes = new Map(assets.map(({ asset, band }) => [asset, ratioToNumber(band) * value]))
  const { rates, perLeg, assumed } = tradingCosts(portfolio, curves, market, sizes)
  const guess = `No quote has told yet what trading ${assumed.join(', ')} costs: taken to be ${basisPointsOf(portfolio.assumedCost)} bps.`
  return {
    covariance,
    costs: rates,
    fixedCost: perLeg === undefined || value === 0 ? 0 : Math.min(1, perLeg / value),
    settlesAt: settlesAtOf(transfers),
    notes: [
      ...(assumed.length > 0 ? [guess] : []),
      ...(perLeg === undefined ? ['No gas price is known: what a leg costs whatever its size is left out.'] : []),
      ...notes,
    ],
  }
}
