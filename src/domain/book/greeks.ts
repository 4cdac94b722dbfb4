import type { AssetKey } from '../assets.js'
import type { Valuation } from '../portfolio/valuation.js'
import type { RebalancingPolicy, PortfolioState } from '../rebalancing/rebalancing-policy.js'
import { mulDiv, type Ratio, RATIO_ONE } from '../units/ratio.js'
import { shareOf, type Usd } from '../units/usd.js'
import {
  type Bookkeeping,
  type BookPosition,
  followed,
  type PositionKind,
  positionsOf,
  type PositionsReading,
  pricesIn,
} from './positions.js'
import { type RuleConvexity, ruleConvexity } from './rule-convexity.js'

/** How the book depends on the price of one asset. USD; positive gains when the price rises. */
export interface AssetGreeks {
  readonly asset: AssetKey
  readonly isStable: boolean
  /** Exposure: the change of NAV for a move of the price by 100 %, at its present slope. */
  readonly delta: Usd
  /** The hundredth part of it, rounded toward zero: the change of NAV for a move by 1 %. */
  readonly deltaPerPercent: Usd
  /**
   * How many USD of exposure the positions by themselves gain for a move by +1 %, beyond growing with the price. Nothing
   * for what is held or staked, less than nothing for the liquidity of a pool.
   */
  readonly gammaPerPercent: Usd
  /** Positions that make up the delta. */
  readonly parts: readonly AssetPart[]
}

export interface AssetPart {
  readonly kind: PositionKind
  readonly position: string
  readonly delta: Usd
}

/** Delta and gamma of everything whose price is known. */
export interface BookGreeks {
  readonly nav: Usd
  /** Sum of the deltas of all assets that are not stable. */
  readonly netDelta: Usd
  /** The same as a share of NAV, rounded toward zero; undefined without any NAV. */
  readonly netDeltaShare: Ratio | undefined
  /** In the order of their names. */
  readonly assets: readonly AssetGreeks[]
  /** What is in none of the figures, and why; they are complete when there is nothing here. */
  readonly missing: readonly { readonly position: string; readonly reason: string }[]
}

export interface Greeks extends BookGreeks {
  /** Of the rebalancing rule; undefined where it cannot be asked. */
  readonly rule: RuleConvexity | undefined
}

export interface GreeksInput extends Omit<Bookkeeping, 'prices'> {
  readonly valuation: Valuation
  readonly derivatives: PositionsReading
  /** What is asked, in which state, and the NAV of that state; undefined where there is no state to ask in. */
  readonly rule: { readonly policy: RebalancingPolicy; readonly state: PortfolioState; readonly nav: Usd } | undefined
}

/** Greeks of what is held, of derivative positions, and of the rule that will trade them. */
export function greeksOf({ valuation, derivatives, rule, ...given }: GreeksInput): Greeks {
  const bookkeeping: Bookkeeping = { ...given, prices: pricesIn(valuation) }
  const known = derivatives.status === 'known' ? derivatives.positions : []
  const book = bookGreeks(valuation.nav, [...positionsOf(valuation, bookkeeping), ...known], bookkeeping)
  const unknown = [
    ...valuation.assets.flatMap((one) =>
      one.status === 'unknown' ? [{ position: one.asset, reason: one.reason }] : [],
    ),
    ...(derivatives.status === 'unknown' ? [{ position: 'derivatives', reason: derivatives.reason }] : []),
  ]
  return {
    ...book,
    missing: [...unknown, ...book.missing],
    rule:
      rule && rule.nav > 0n
        ? ruleConvexity({ ...rule, follows: (asset) => followed(asset, bookkeeping).asset })
        : undefined,
  }
}

/** A position with an underlying of unknown price counts in no figure. Amounts round toward zero. */
export function bookGreeks(nav: Usd, positions: readonly BookPosition[], bookkeeping: Bookkeeping): BookGreeks {
  const { assets, prices } = bookkeeping
  const unpriced = (one: BookPosition) => one.underlying.find(({ asset }) => !prices.has(asset))?.asset
  const found = new Map<AssetKey, { delta: Usd; gamma: Usd; parts: AssetPart[] }>()
  for (const one of positions) {
    if (unpriced(one) !== undefined) continue
    for (const { asset, unitsPerUnit, gamma = 0n } of one.underlying) {
      const price = prices.get(asset)!
      const worth = (rate: Ratio, parts: bigint): Usd =>
        mulDiv(one.units * rate, price, RATIO_ONE * RATIO_ONE * parts, 'zero')
      const sums = found.get(asset) ?? { delta: 0n, gamma: 0n, parts: [] as AssetPart[] }
      const delta = worth(unitsPerUnit, 1n)
      sums.delta += delta
      sums.gamma += worth(gamma, 100n)
      sums.parts.push({ kind: one.kind, position: one.asset, delta })
      found.set(asset, sums)
    }
  }
  const greeks = [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, { delta, gamma, parts }]): AssetGreeks => ({
      asset,
      isStable: assets.some(({ key, class: kind }) => key === asset && kind === 'stable'),
      delta,
      deltaPerPercent: delta / 100n,
      gammaPerPercent: gamma,
      parts,
    }))
  const netDelta = greeks.reduce((sum, { isStable, delta }) => (isStable ? sum : sum + delta), 0n)
  return {
    nav,
    netDelta,
    netDeltaShare: nav > 0n ? shareOf(netDelta, nav, 'zero') : undefined,
    assets: greeks,
    missing: positions.flatMap((one) => {
      const asset = unpriced(one)
      return asset === undefined ? [] : [{ position: one.asset, reason: `The price of ${asset} is unknown.` }]
    }),
  }
}
