import { larger, mulDiv, type Ratio, RATIO_ONE } from '../units/ratio.js'
import type { Usd } from '../units/usd.js'
import { bridgeLimits, bridgeTermsOf } from './bridges.js'
import { type BudgetUse, capOf } from './budgets.js'
import type { Portfolio } from './portfolio.js'

/** Caps that fill up while a portfolio trades. */
export const FILLING_CAPS = [
  'turnover-hour',
  'turnover-day',
  'loss-day',
  'gas-day',
  'transactions-hour',
  'cycles-day',
  'bridge-in-flight',
] as const
export type FillingCap = (typeof FILLING_CAPS)[number]

/** What a portfolio has used: all in all, on each of its chains, and over each bridge. */
export interface PortfolioUse {
  readonly whole: BudgetUse
  readonly chains: readonly Pick<BudgetUse, 'hourTransactions'>[]
  readonly bridges: readonly { readonly bridge: string; readonly use: Pick<BudgetUse, 'bridgeInFlight'> }[]
}

/**
 * How full each cap is: 0 for nothing used, `RATIO_ONE` for a full one. Of a cap that chains or bridges have each for
 * themselves it is the fullest one. Rounded up, so that none looks emptier than it is.
 */
export function capUse(
  { limits, bridges }: Pick<Portfolio, 'limits' | 'bridges'>,
  used: PortfolioUse,
  nav: Usd,
): Readonly<Record<FillingCap, Ratio>> {
  const { whole } = used
  const ofNav = (part: Usd, cap: Ratio) => fullness(part, capOf(cap, nav))
  const counted = (count: number, cap: number) => fullness(BigInt(count), BigInt(cap))
  return {
    'turnover-hour': ofNav(whole.hourTurnover, limits.hourTurnover),
    'turnover-day': ofNav(whole.dayTurnover, limits.dayTurnover),
    'loss-day': ofNav(whole.dayLoss, limits.dayLoss),
    'gas-day': ofNav(whole.dayGas, limits.dayGas),
    'transactions-hour': fullest(
      used.chains.map(({ hourTransactions }) => counted(hourTransactions, limits.hourTransactions)),
    ),
    'cycles-day': counted(whole.dayCycles, limits.dayCycles),
    'bridge-in-flight': fullest([
      ofNav(whole.allBridgesInFlight, limits.allBridgesInFlight),
      ...used.bridges.map(({ bridge, use }) =>
        ofNav(use.bridgeInFlight, bridgeLimits(limits, bridgeTermsOf(bridges, bridge)).bridgeInFlight),
      ),
    ]),
  }
}

function fullness(used: bigint, cap: bigint): Ratio {
  if (cap > 0n) return mulDiv(used, RATIO_ONE, cap, 'up')
  return used > 0n ? RATIO_ONE : 0n
}

function fullest(shares: readonly Ratio[]): Ratio {
  return shares.reduce(larger, 0n)
}
