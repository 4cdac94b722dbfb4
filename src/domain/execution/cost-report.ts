import { addCosts, type Cost, NO_COST } from '../planning/cost.js'
import { mulDiv } from '../units/ratio.js'
import { type Usd } from '../units/usd.js'

/** What costs may be put together by. */
export const COST_GROUPS = ['day', 'venue', 'chain', 'bridge', 'asset'] as const
export type CostGroup = (typeof COST_GROUPS)[number]

/** What some legs sold, what that was expected to cost, and what it cost. */
export interface CostSums {
  readonly legs: number
  /** Value of what was sold, at the prices of the decisions, each leg rounded down. */
  readonly notional: Usd
  /** Of swaps alone. */
  readonly swapNotional: Usd
  readonly expected: Cost
  readonly realised: Cost
}

export const NO_SUMS: CostSums = { legs: 0, notional: 0n, swapNotional: 0n, expected: NO_COST, realised: NO_COST }

export function addSums(a: CostSums, b: CostSums): CostSums {
  return {
    legs: a.legs + b.legs,
    notional: a.notional + b.notional,
    swapNotional: a.swapNotional + b.swapNotional,
    expected: addCosts(a.expected, b.expected),
    realised: addCosts(a.realised, b.realised),
  }
}

/**
 * What was expected of the part of a leg that was sold, in base units: its gas whole, the rest in proportion, rounded
 * toward zero. Nothing where nothing was sold.
 */
export function expectedOfSold(planned: Cost, plannedUnits: bigint, soldUnits: bigint): Cost {
  if (soldUnits <= 0n || plannedUnits <= 0n) return NO_COST
  const part = (of: Usd) => mulDiv(of, soldUnits, plannedUnits, 'zero')
  return { slippage: part(planned.slippage), fees: part(planned.fees), gas: planned.gas, bridge: part(planned.bridge) }
}

/** A cost in basis points of a value, in ten-thousandths of one, rounded toward zero; undefined of nothing. */
export function pointsOf(cost: Usd, of: Usd): bigint | undefined {
  return of <= 0n ? undefined : mulDiv(cost, 10n ** 8n, of, 'zero')
}
