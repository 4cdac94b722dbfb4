import { settlesAtOf, type Transfer } from '../domain/execution/transfer.js'
import type { Market } from '../domain/planning/cost.js'
import type { CurveRecord } from '../domain/planning/curve-record.js'
import { tradingCosts } from '../domain/planning/trading-costs.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import type { Circumstances } from '../domain/policy/trigger.js'
import type { Drift } from '../domain/portfolio/drift.js'
import { ratioToNumber } from '../domain/units/ratio.js'
import { usdToNumber } from '../domain/units/usd.js'
import type { Outlook } from './look-ahead.js'

/** What the policies weigh the drift with: costs by earlier quotes, risk by the price history, what is under way. */
export function circumstancesOf(
  portfolio: Portfolio,
  { curves, transfers }: { readonly curves: readonly CurveRecord[]; readonly transfers: readonly Transfer[] },
  { nav, assets }: Drift,
  market: Market,
  { covariance, notes }: Outlook,
): Circumstances {
  const value = usdToNumber(nav)
  const sizes = new Map(assets.map(({ asset, band }) => [asset, ratioToNumber(band) * value]))
  const { rates, perLeg, assumed } = tradingCosts(portfolio, curves, market, sizes)
  const guess = `No quote has told yet what trading ${assumed.join(', ')} costs: taken to be ${usualPoints(portfolio)} bps.`
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

function usualPoints({ assumedCost }: Portfolio): number {
  return ratioToNumber(assumedCost) * 10_000
}
