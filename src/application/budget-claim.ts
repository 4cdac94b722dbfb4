import type { Cycle, LegRun } from '../domain/execution/cycle.js'
import type { StepKind } from '../domain/execution/intent.js'
import { type Market, priceIn } from '../domain/planning/cost.js'
import { bridgeOf } from '../domain/planning/quote.js'
import { bridgeLimits, bridgeTermsOf } from '../domain/policy/bridges.js'
import { judgeSpend, type Spend } from '../domain/policy/budgets.js'
import type { Portfolio } from '../domain/policy/portfolio.js'
import { tradesOf } from '../domain/policy/sanity.js'
import { mulDiv } from '../domain/units/ratio.js'
import { type Usd, valueOf } from '../domain/units/usd.js'
import type { BudgetClaim } from '../ports/store.js'

/** What one transaction of a leg is about to take from the budgets. */
export interface ClaimedStep {
  readonly kind: StepKind
  /** Prices of this moment, with the gas prices of the decision. */
  readonly market: Market
  /** Most that the transaction may cost in gas, in USD at the same prices. */
  readonly gasUsd: Usd
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * The claim of a leg's next transaction. `run` is the leg as it will be written, with the offer that the transaction
 * carries out: its venue, its bridge and what it sells are what is claimed.
 */
export function budgetClaimFor(portfolio: Portfolio, cycle: Cycle, run: LegRun, step: ClaimedStep): BudgetClaim {
  const { leg, offer } = run
  const { market } = step
  const isTrade = step.kind === 'swap' || step.kind === 'bridge'
  const sell = offer?.sell ?? leg.sell
  const [sold, bought] = [leg.sell.token.asset, leg.expectedOut.token.asset]
  const pair = isTrade && sold !== bought ? ([sold, bought] as const) : undefined
  const spend: Spend = {
    portfolio: portfolio.id,
    cycleId: cycle.id,
    chain: leg.sell.token.chain,
    account: portfolio.account,
    asset: sold,
    venue: offer?.venue ?? leg.venue,
    bridge: step.kind === 'bridge' ? bridgeOf(offer?.tool ?? leg.tool) : undefined,
    turnover: isTrade ? valueOf(sell, priceIn(market, sold), 'up') : 0n,
    gas: step.gasUsd,
    gasWei: weiWorth(market, leg.sell.token.chain, step.gasUsd),
    pair,
    trades: pair && cycle.plan ? tradesOf(cycle.plan, cycle.market, pair) : [],
    at: step.now,
  }
  const caps =
    spend.bridge === undefined
      ? portfolio.limits
      : bridgeLimits(portfolio.limits, bridgeTermsOf(portfolio.bridges, spend.bridge))
  const limits = { ...caps, bridgePlan: portfolio.policy.maxBridgeShare }
  return { spend, judge: (use) => judgeSpend(spend, use, limits, cycle.valuation.nav) }
}

/**
 * A spend that takes nothing, to ask what the budgets have used: of everything, and of one bridge or one chain where they
 * are named.
 */
export function spendOfNothing(
  portfolio: Portfolio,
  now: number,
  { cycleId = '', chain = '', asset = '', venue = '', bridge }: Partial<Spend> = {},
): Spend {
  return {
    portfolio: portfolio.id,
    cycleId,
    chain,
    account: portfolio.account,
    asset,
    venue,
    bridge,
    turnover: 0n,
    gas: 0n,
    gasWei: 0n,
    pair: undefined,
    trades: [],
    at: now,
  }
}

/** What gas of this worth is in the chain's coin; nothing where the chain has no known coin. Rounded up. */
function weiWorth(market: Market, chain: string, gasUsd: Usd): bigint {
  const gas = market.gas.get(chain)
  if (!gas) return 0n
  return mulDiv(gasUsd, 10n ** BigInt(gas.nativeDecimals), priceIn(market, gas.nativeAsset), 'up')
}
