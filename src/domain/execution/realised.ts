import { isNative } from '../assets.js'
import { type Cost, lossOf, priceIn, weiCost } from '../planning/cost.js'
import type { TokenAmount } from '../units/amount.js'
import { type Usd, valueOf } from '../units/usd.js'
import { type Cycle, lastIntent, type LegRun } from './cycle.js'

/**
 * What a leg really cost, at the prices of the decision: sold against received by the receipts, and the gas of every
 * transaction made for it, failed ones and approvals included. A leg that moved nothing cost
 * its gas, and so, as far as can be told, did one that received an asset without a price at decision time.
 */
export function realisedCost(cycle: Cycle, run: LegRun): Cost {
  const gas = cycle.intents
    .filter(({ legId }) => legId === run.leg.id)
    .reduce(
      (sum, intent) =>
        'inclusion' in intent ? sum + weiCost(cycle.market, intent.chain, intent.inclusion.gasPaid) : sum,
      0n,
    )
  const isPriced = (amount: TokenAmount | undefined) =>
    amount !== undefined && cycle.market.prices.has(amount.token.asset)
  if (!run.sold || !run.received || !isPriced(run.sold) || !isPriced(run.received))
    return { slippage: 0n, fees: 0n, gas, bridge: 0n }
  const loss = lossOf(cycle.market, run.sold, run.received) + paidOnTop(cycle, run)
  if (run.leg.kind === 'bridge') return { slippage: 0n, fees: 0n, gas, bridge: loss }
  const fees = run.offer?.namedFees ?? 0n
  return { slippage: loss - fees, fees, gas, bridge: 0n }
}

/** Value of the coin that went with the trade beyond what was sold: a bridge's or venue's fee on top. */
function paidOnTop(cycle: Cycle, run: LegRun): Usd {
  const trade = lastIntent(cycle, run, run.leg.kind)
  if (!trade || trade.call.value === 0n) return 0n
  const sold = run.sold && isNative(run.sold.token) ? run.sold.units : 0n
  return trade.call.value > sold ? weiCost(cycle.market, trade.chain, trade.call.value - sold) : 0n
}

/** Value sold, at the prices of the decision. */
export function notionalOf(cycle: Cycle, run: LegRun): Usd {
  return run.sold ? valueOf(run.sold, priceIn(cycle.market, run.sold.token.asset), 'down') : 0n
}
