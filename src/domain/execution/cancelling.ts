import type { AssetKey } from '../assets.js'
import { ownMinimumOut } from '../policy/limits.js'
import { maySign, type OperatingLevel } from '../policy/operating.js'
import { formatAmount, scaleAmount } from '../units/amount.js'
import { RATIO_ONE } from '../units/ratio.js'
import type { Price } from '../units/usd.js'
import { type LegRun, owedOut } from './cycle.js'
import type { Intent } from './intent.js'

/** What decides whether a signed step that no block has taken yet is still wanted. */
export interface Circumstances {
  readonly level: OperatingLevel
  /** Milliseconds since 1970. */
  readonly now: number
  /** The leg it belongs to; undefined for housekeeping. */
  readonly run: LegRun | undefined
  /** Fresh prices of our own; undefined when they were not asked for. */
  readonly prices: ReadonlyMap<AssetKey, Price> | undefined
}

/**
 * Why the nonce of an unmined step is to be consumed by a cancel instead (4.6): work is stopped, the step cannot succeed
 * any more, or its guaranteed minimum has become worse than our own prices demand by more than the leg may lose.
 * Undefined while the step is wanted. Taking an allowance back is always wanted.
 */
export function reasonToCancel(intent: Intent, { level, now, run, prices }: Circumstances): string | undefined {
  if (intent.kind === 'revoke' || !maySign(level, 'cancel')) return undefined
  if (!maySign(level, 'replacement')) return `Work is ${level}.`
  if (intent.expiresAt !== undefined && now > intent.expiresAt) return 'The deadline in its calldata has passed.'
  if (intent.kind === 'approve' || !run?.offer || !prices) return undefined
  const { sell } = run.offer
  const guaranteed = owedOut(run.offer)
  if (!prices.has(sell.token.asset) || !prices.has(guaranteed.token.asset)) return undefined
  const market = { prices, gas: new Map() }
  const own = ownMinimumOut(market, sell, guaranteed.token, run.leg.maxLoss)
  if (own.units <= scaleAmount(guaranteed, RATIO_ONE + run.leg.maxLoss, 'up').units) return undefined
  return `It guarantees ${formatAmount(guaranteed)}; our own prices demand ${formatAmount(own)}.`
}
