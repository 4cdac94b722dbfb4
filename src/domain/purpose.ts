import type { ChainKey } from './assets.js'
import type { Intent } from './execution/intent.js'

/**
 * Parts of a cycle that take time and have no row of their own: the look at balances and prices, the decision, the plan
 * with its rounds of quotes, its solver and its joint simulations, and the offer for a leg.
 */
export const STAGES = ['look', 'balances', 'prices', 'decide', 'plan', 'quotes', 'solve', 'simulate', 'offer'] as const
export type Stage = (typeof STAGES)[number]

/** What work is done for: the rows it belongs to by their ids, and the stage it is at. Holds only what is known. */
export interface Purpose {
  readonly portfolio?: string
  /** Undefined inside what a cycle does for housekeeping, which no cycle asked for. */
  readonly cycleId?: string | undefined
  readonly legId?: string | undefined
  readonly intentId?: string
  readonly transferId?: string
  readonly stage?: Stage
  readonly chain?: ChainKey
}

/** Whose transaction something is about. Housekeeping has neither cycle nor leg. */
export interface OfIntent {
  readonly portfolio: string
  readonly cycleId: string | undefined
  readonly legId: string | undefined
  readonly intentId: string
  readonly chain: ChainKey
}

export function ofIntent(portfolio: string, { id, cycleId, legId, chain }: Intent): OfIntent {
  return { portfolio, cycleId, legId, intentId: id, chain }
}
