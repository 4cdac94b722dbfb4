import { type AssetKey, tokenId } from '../assets.js'
import { type Market, priceIn } from '../planning/cost.js'
import type { Plan } from '../planning/plan.js'
import type { ChainReading } from '../portfolio/snapshot.js'
import type { Valuation } from '../portfolio/valuation.js'
import { absolute, basisPointsOf, mulDiv, type Ratio, RATIO_ONE } from '../units/ratio.js'
import { shareOf, type Usd, usdToNumber, valueOf } from '../units/usd.js'
import { capOf, type Limits, type Spend } from './budgets.js'
import type { Policy } from './policy.js'

/** An asset whose net change is a smaller share of all that is traded only passed money on. */
const PASSED_ON: Ratio = RATIO_ONE / 20n

/**
 * What is plainly wrong with a plan, whoever made it (C-54): it sells more than there is, its targets are no whole, a leg is
 * larger than a leg may be, or it trades more than the budgets have left. Nothing when it is sane.
 */
export function checkPlan(
  plan: Plan,
  context: {
    readonly valuation: Valuation
    readonly market: Market
    readonly policy: Policy
    readonly limits: Limits
    /** What may still be traded; undefined where no budgets are kept. */
    readonly turnoverLeft: Usd | undefined
  },
): string[] {
  const { valuation, market, policy, limits } = context
  const faults: string[] = []
  const weights = policy.targets.reduce((sum, { weight }) => sum + weight, 0n)
  if (weights !== RATIO_ONE) faults.push(`Targets sum to ${basisPointsOf(weights)} bps, expected 10000 bps.`)

  const held = new Map<string, bigint>()
  for (const asset of valuation.assets)
    if (asset.status === 'known')
      for (const { amount } of asset.positions) held.set(tokenId(amount.token), amount.units)
  const sold = new Map<string, bigint>()
  const most = capOf(limits.legShare, valuation.nav)
  let turnover = 0n
  for (const { id, kind, sell, funding } of plan.legs) {
    const value = valueOf(sell, priceIn(market, sell.token.asset), 'up')
    if (value > most)
      faults.push(
        `Leg ${id} is worth ${usd(value)}, no leg may be more than ${basisPointsOf(limits.legShare)} bps of NAV.`,
      )
    if (kind === 'swap') turnover += value
    const own = sell.units - funding.reduce((sum, { units }) => sum + units, 0n)
    const token = tokenId(sell.token)
    sold.set(token, (sold.get(token) ?? 0n) + own)
  }
  for (const [token, units] of sold)
    if (units > (held.get(token) ?? 0n))
      faults.push(`The plan sells ${units} base units of ${token}, the account holds ${held.get(token) ?? 0n}.`)
  if (context.turnoverLeft !== undefined && turnover > context.turnoverLeft)
    faults.push(`The plan would trade ${usd(turnover)}, the budgets have ${usd(context.turnoverLeft)} left.`)
  return faults.map((fault) => `C-54: ${fault}`)
}

/**
 * How far fresh balances are from those a plan was made on, as a share of NAV at the plan's prices (C-53). Only what both
 * know is compared: a chain that does not answer now shows nothing. Rounded up.
 */
export function balanceMove(valuation: Valuation, market: Market, chains: readonly ChainReading[]): Ratio {
  if (valuation.nav === 0n) return 0n
  const now = new Map<string, bigint>()
  for (const chain of chains)
    if (chain.status === 'known') for (const { token, units } of chain.holdings) now.set(tokenId(token), units)
  let moved = 0n
  for (const asset of valuation.assets) {
    if (asset.status === 'unknown') continue
    for (const { amount } of asset.positions) {
      const units = now.get(tokenId(amount.token))
      if (units === undefined) continue
      const change = { token: amount.token, units: absolute(units - amount.units) }
      moved += valueOf(change, priceIn(market, asset.asset), 'up')
    }
  }
  return shareOf(moved, valuation.nav, 'up')
}

/**
 * What a plan trades all in all, as seen from one of its trades: the pairs of what it sells and what it buys. A side of the
 * trade that only passes money on stands for everything on that side.
 */
export function tradesOf(
  plan: Plan,
  market: Market,
  [soldAsset, boughtAsset]: readonly [sold: AssetKey, bought: AssetKey],
): (readonly [sold: AssetKey, bought: AssetKey])[] {
  const flows = plan.legs
    .filter(({ sell, expectedOut }) => sell.token.asset !== expectedOut.token.asset)
    .map(({ sell, expectedOut }) => ({
      sold: sell.token.asset,
      bought: expectedOut.token.asset,
      value: valueOf(sell, priceIn(market, sell.token.asset), 'down'),
    }))
  const { sold, bought } = netOf(flows)
  const from = sold.includes(soldAsset) ? [soldAsset] : sold
  const to = bought.includes(boughtAsset) ? [boughtAsset] : bought
  return from.flatMap((one) => to.filter((other) => other !== one).map((other) => [one, other] as const))
}

/** The assets that trades sell and buy all in all; those that only pass money on are neither. */
export function netOf(trades: readonly { readonly sold: AssetKey; readonly bought: AssetKey; readonly value: Usd }[]): {
  sold: AssetKey[]
  bought: AssetKey[]
} {
  const net = new Map<AssetKey, Usd>()
  let all = 0n
  for (const { sold, bought, value } of trades) {
    net.set(sold, (net.get(sold) ?? 0n) - value)
    net.set(bought, (net.get(bought) ?? 0n) + value)
    all += value
  }
  const least = mulDiv(all, PASSED_ON, RATIO_ONE, 'up')
  return {
    sold: [...net].flatMap(([asset, value]) => (0n - value > least ? [asset] : [])),
    bought: [...net].flatMap(([asset, value]) => (value > least ? [asset] : [])),
  }
}

/** Whether one of the trades is the other way round of what any of the cycles did all in all (C-51). */
export function isUndone(
  flows: readonly { readonly cycle: string; readonly sold: AssetKey; readonly bought: AssetKey; readonly value: Usd }[],
  trades: Spend['trades'],
): boolean {
  return [...new Set(flows.map(({ cycle }) => cycle))].some((id) => {
    const net = netOf(flows.filter(({ cycle }) => cycle === id))
    return trades.some(([sold, bought]) => net.sold.includes(bought) && net.bought.includes(sold))
  })
}

const usd = (value: Usd) => `${usdToNumber(value).toFixed(2)} USD`
