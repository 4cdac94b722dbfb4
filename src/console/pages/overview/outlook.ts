import type { AmountOf, CycleForOutlook, PortfolioForOutlook } from './answers.js'

/** Legs that will change nothing any more, and whether they did. */
const OVER = new Set(['done', 'failed', 'skipped'])

export interface Outlook {
  /** Shares of NAV by asset, once everything that the cycle began has ended as planned. */
  readonly weights: ReadonlyMap<string, number>
  /** Nothing of the plan has begun; something is under way; everything is over. */
  readonly stage: 'planned' | 'under-way' | 'over'
}

/**
 * Where the weights will be. They were measured before the cycle traded, so what it has done counts as it came out, and
 * what is under way as it was planned. Undefined where the cycle changes no weight.
 */
export function outlookOf(
  { assets, navUsd }: PortfolioForOutlook,
  { outcome, legs: all, plan, prices }: CycleForOutlook,
  assetOf: (amount: AmountOf) => string | undefined,
): Outlook | undefined {
  const nav = Number(navUsd)
  if (!assets || !(nav > 0)) return undefined
  // What an ended cycle did not begin is not done any more: a dry run changes nothing.
  const legs = all.filter(({ state }) => outcome === null || OVER.has(state))
  const moved = new Map<string, number>()
  const move = (amount: AmountOf, sign: 1 | -1) => {
    const asset = assetOf(amount)
    const price = asset === undefined ? Number.NaN : Number(prices[asset])
    if (asset === undefined || Number.isNaN(price)) return
    moved.set(asset, (moved.get(asset) ?? 0) + sign * Number(amount.amount) * price)
  }
  const planned = new Map(plan?.legs.map((leg) => [leg.id, leg]))
  for (const { id, kind, state, sold, received } of legs) {
    if (kind === 'bridge') continue
    const leg = planned.get(id)
    const [out, back] = OVER.has(state) ? [sold, received] : [leg?.sell, leg?.expectedOut]
    if (!out || !back) continue
    move(out, -1)
    move(back, 1)
  }
  if (moved.size === 0) return undefined
  const total = nav + [...moved.values()].reduce((sum, usd) => sum + usd, 0)
  const weights = assets.map(
    ({ asset, valueUsd }) => [asset, (Number(valueUsd) + (moved.get(asset) ?? 0)) / total] as const,
  )
  return { weights: new Map(weights), stage: stageOf(legs) }
}

function stageOf(legs: CycleForOutlook['legs']): Outlook['stage'] {
  if (legs.every(({ state }) => OVER.has(state))) return 'over'
  return legs.every(({ state }) => state === 'waiting') ? 'planned' : 'under-way'
}
