import type { AssetKey } from '../assets.js'
import type { CurveRecord } from '../planning/curve-record.js'
import type { Market } from '../planning/cost.js'
import { tradingCosts } from '../planning/trading-costs.js'
import type { Portfolio } from '../policy/portfolio.js'
import { ratioToNumber } from '../units/ratio.js'
import { BacktestError } from './backtest-error.js'
import type { HistoryAsset } from './history.js'
import type { CostModel } from './holdings.js'
import { points } from './points.js'

/** A market as a pool: `x` USD sold bring `γx/(1 + γx/D)` (planning theory, 2.3). */
export interface Depth {
  /** γ: what is left of a small sale after fees, above zero and at most one. */
  readonly gamma: number
  /** D in USD; infinite where size makes no difference. */
  readonly depth: number
  /** It was assumed, and no quote has told it. */
  readonly isAssumed: boolean
}

/** What trading is taken to cost in a backtest. What a leg costs whatever its size is a share of NAV and USD together. */
export type CostTerms = { readonly fixedShare: number; readonly fixedUsd: number } & (
  | { readonly kind: 'flat'; readonly rate: number }
  | { readonly kind: 'curve'; readonly depths: ReadonlyMap<AssetKey, Depth> }
)

/** Of a leg whatever its size, as a share of NAV, where nothing else is known. */
export const USUAL_FIXED_SHARE = 0.00002

/** No leg is taken to lose more than this share of itself. */
const MOST_LOSS = 0.5
/** Most that costs may be told to be: beyond it is a mistake. */
const [MOST_RATE, MOST_FIXED_SHARE, MOST_FIXED_USD] = [0.2, 0.01, 1e6]
/** D of markets nobody has quoted, by class. */
const ASSUMED_DEPTH = { stable: 1e8, major: 5e7, other: 5e6 } as const
/** Sizes at which quotes are read, as shares of NAV at the start: a small leg and a large one. */
const SIZES = [0.005, 0.05] as const

const FLAT = /^flat:(\d+(?:\.\d+)?)bp(?:\+(\d+(?:\.\d+)?)(bp|usd))?$/

/**
 * Reads `curve`, or flat costs: `flat:30bp` for 30 bps of what is traded and the usual fixed cost of a leg,
 * `flat:30bp+0.2bp` for one of 0.2 bps of NAV, `flat:30bp+3usd` for one of 3 USD. Throws BacktestError for anything else.
 */
export function readCosts(text: string): CostTerms | 'curve' {
  if (text === 'curve') return text
  const match = FLAT.exec(text)
  if (!match)
    throw new BacktestError(
      'bad-option',
      `Costs should be curve or such as flat:30bp, flat:30bp+0.2bp or flat:30bp+3usd, got ${text}.`,
    )
  const [, rate, fixed, unit] = match
  const terms: CostTerms = {
    kind: 'flat',
    rate: Number(rate) / 1e4,
    fixedShare: fixed === undefined ? USUAL_FIXED_SHARE : unit === 'bp' ? Number(fixed) / 1e4 : 0,
    fixedUsd: unit === 'usd' ? Number(fixed) : 0,
  }
  const isFine = terms.rate <= MOST_RATE && terms.fixedShare <= MOST_FIXED_SHARE && terms.fixedUsd <= MOST_FIXED_USD
  if (isFine) return terms
  throw new BacktestError(
    'bad-option',
    `Costs should be at most ${MOST_RATE * 1e4} bps of what is traded, and ${MOST_FIXED_SHARE * 1e4} bps of NAV or ${MOST_FIXED_USD} USD a leg, got ${text}.`,
  )
}

/**
 * Costs by what plans have learned about markets (see `tradingCosts`), read at a small and a large leg of a portfolio worth
 * `startValue`; where nothing is known the configured cost and an assumed depth. The whole history is traded in the
 * markets of today.
 */
export function curveCosts(
  portfolio: Pick<Portfolio, 'assets' | 'policy' | 'assumedCost'>,
  curves: readonly CurveRecord[],
  market: Market,
  startValue: number,
): CostTerms {
  const readings = SIZES.map((share) => {
    const sizes = new Map(portfolio.policy.targets.map(({ asset }) => [asset, share * startValue]))
    return tradingCosts(portfolio, curves, market, sizes)
  })
  const [small, large] = [readings[0]!, readings[1]!]
  const depths = new Map<AssetKey, Depth>()
  for (const { asset } of portfolio.policy.targets) {
    const assetClass = portfolio.assets.find(({ key }) => key === asset)?.class ?? 'other'
    const depth = small.assumed.includes(asset)
      ? {
          gamma: 1 - Math.min(MOST_LOSS, ratioToNumber(portfolio.assumedCost)),
          depth: ASSUMED_DEPTH[assetClass],
          isAssumed: true,
        }
      : throughTwo(
          { size: SIZES[0] * startValue, loss: small.rates.get(asset) ?? 0 },
          { size: SIZES[1] * startValue, loss: large.rates.get(asset) ?? 0 },
        )
    depths.set(asset, depth)
  }
  return {
    kind: 'curve',
    depths,
    fixedShare: small.perLeg === undefined ? USUAL_FIXED_SHARE : 0,
    fixedUsd: small.perLeg ?? 0,
  }
}

interface Loss {
  readonly size: number
  /** Share of the size. */
  readonly loss: number
}

/** The pool that loses this at both sizes, by the line through r = x/f(x). A larger leg never loses a smaller share. */
function throughTwo(small: Loss, large: Loss): Depth {
  const r = ({ loss }: Loss) => 1 / (1 - Math.min(MOST_LOSS, Math.max(0, loss)))
  const slope = Math.max(0, (r(large) - r(small)) / (large.size - small.size))
  const origin = Math.max(1, r(small) - slope * small.size)
  return { gamma: 1 / origin, depth: slope > 0 ? 1 / slope : Infinity, isAssumed: false }
}

/** The terms as a simulation takes them, for assets in this order. */
export function costModelOf(terms: CostTerms, assets: readonly AssetKey[]): CostModel {
  const { fixedShare, fixedUsd } = terms
  if (terms.kind === 'flat') return { rate: () => terms.rate, fixedShare, fixedUsd }
  const depths = assets.map((asset) => terms.depths.get(asset) ?? { gamma: 1, depth: Infinity })
  const rate = (place: number, notional: number) => {
    const { gamma, depth } = depths[place]!
    const loss = 1 - 1 / (1 / gamma + Math.max(0, notional) / depth)
    return Math.min(MOST_LOSS, Math.max(0, loss))
  }
  return { rate, fixedShare, fixedUsd }
}

/**
 * Place of the asset through which money moves: the stable one that is cheapest to trade, of equally cheap ones a hub of
 * some chain, then the first. Undefined without a stable asset.
 */
export function hubOf(
  assets: readonly HistoryAsset[],
  costs: CostModel,
  startValue: number,
  hubs: readonly AssetKey[] = [],
): number | undefined {
  const rank = (place: number) => [
    costs.rate(place, SIZES[0] * startValue),
    hubs.includes(assets[place]!.key) ? 0 : 1,
    place,
  ]
  const stables = [...assets.keys()].filter((place) => assets[place]!.class === 'stable')
  return stables.toSorted((a, b) => {
    const [one, other] = [rank(a), rank(b)]
    return one[0]! - other[0]! || one[1]! - other[1]! || one[2]! - other[2]!
  })[0]
}

/** What trading costs, in a sentence or two. */
export function costWords(terms: CostTerms, assets: readonly AssetKey[], hub: AssetKey | undefined): string {
  const { fixedShare, fixedUsd } = terms
  const parts = [
    ...(fixedShare > 0 ? [`${points(fixedShare)} bps of NAV`] : []),
    ...(fixedUsd > 0 ? [`${Number(fixedUsd.toPrecision(3))} USD`] : []),
  ]
  const fixed = parts.length === 0 ? 'nothing more for a leg' : `${parts.join(' and ')} for a leg`
  const through = hub === undefined ? '' : ` ${hub}, through which the others are traded, costs nothing.`
  if (terms.kind === 'flat') return `${points(terms.rate)} bps of what is traded, and ${fixed}.${through}`
  const markets = assets.flatMap((asset) => {
    const depth = asset === hub ? undefined : terms.depths.get(asset)
    if (!depth) return []
    const size =
      depth.depth === Infinity ? 'any depth' : `a depth of ${Math.round(depth.depth).toLocaleString('en-US')} USD`
    return [`${asset} ${points(1 - depth.gamma)} bps at ${size}${depth.isAssumed ? ', assumed' : ', as quoted'}`]
  })
  return `By size in the markets of today: ${markets.join('; ')}; and ${fixed}.${through}`
}
