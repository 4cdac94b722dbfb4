import type { Cycle, LegRun } from './cycle.js'
import type { StepKind } from './intent.js'
import { type Market, priceIn, weiCost } from '../planning/cost.js'
import { bridgeOf } from '../planning/quote.js'
import { bridgeLimits, bridgeTermsOf } from '../policy/bridges.js'
import { type BudgetClaim, judgeSpend, type Spend } from '../policy/budgets.js'
import type { PaidGas } from '../policy/gas.js'
import type { Portfolio } from '../policy/portfolio.js'
import { tradesOf } from '../policy/sanity.js'
import { valueOf } from '../units/usd.js'

/** What one transaction of a leg is about to take from the budgets. */
export interface ClaimedStep extends Pick<PaidGas, 'gasWei' | 'gasUsd'> {
  readonly kind: StepKind
  /** Prices of this moment, with the gas prices of the decision. */
  readonly market: Market
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
    gasWei: step.gasWei,
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
 * The claim of taking back what a leg approved, with so much gas at the gas price of the decision: it counts, and no budget
 * keeps an allowance standing.
 */
export function revocationClaimFor(
  portfolio: Portfolio,
  cycle: Cycle,
  run: LegRun,
  { gasLimit, now }: { readonly gasLimit: bigint; readonly now: number },
): BudgetClaim {
  const { market } = cycle
  const { chain } = run.leg.sell.token
  const price = market.gas.get(chain)?.gasPrice
  const gasWei = price === undefined ? 0n : gasLimit * price
  const gasUsd = price === undefined ? 0n : weiCost(market, chain, gasWei)
  const { spend } = budgetClaimFor(portfolio, cycle, run, { kind: 'revoke', market, now, gasWei, gasUsd })
  return { spend, judge: () => undefined }
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
