import type { Regime } from '../statistics/regime.js'
import { mulDiv, RATIO_ONE } from '../units/ratio.js'
import type { Portfolio } from './portfolio.js'

/**
 * The portfolio as it may trade in this regime: in stress a leg may be no larger, and slippage no wider, than the
 * configured shares of what is allowed otherwise, rounded down. The same portfolio where it is calm or nothing is known of
 * the market: what is not known is no reason to change limits that somebody set.
 */
export function cautious(portfolio: Portfolio, regime: Regime | undefined): Portfolio {
  if (regime?.name !== 'stressed') return portfolio
  const { caution, policy, maxSlippage } = portfolio
  return {
    ...portfolio,
    maxSlippage: mulDiv(maxSlippage, caution.slippage, RATIO_ONE, 'down'),
    policy: { ...policy, maxLeg: mulDiv(policy.maxLeg, caution.leg, RATIO_ONE, 'down') },
  }
}
