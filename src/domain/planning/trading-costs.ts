import { type AssetKey, type ChainKey, isNative, type Token } from '../assets.js'
import type { Portfolio } from '../policy/portfolio.js'
import { ratioToNumber } from '../units/ratio.js'
import { usdToNumber } from '../units/usd.js'
import { gasCost, type Market } from './cost.js'
import type { CurveRecord, CurveSample } from './curve-record.js'
import { fitCurve, receivedAt } from './curve.js'
import { arcKey } from './network.js'

export interface TradingCosts {
  /** What trading an asset costs one way at the given size, as a share of it. */
  readonly rates: ReadonlyMap<AssetKey, number>
  /** Gas of one more leg, in USD; undefined where no gas price is known. */
  readonly perLeg: number | undefined
  /** Assets of which no quote is known: their cost is the configured one. */
  readonly assumed: readonly AssetKey[]
}

/** Gas of a swap with its approval where no quote has told. */
const USUAL_GAS = 300_000n

/**
 * What trading costs by what earlier plans learned: of each asset the mean of its sale and its purchase against its hub, on
 * the chain where that is cheapest, at `sizes` USD; hubs cost nothing, money passes through them. Gas is the mean over
 * the chains whose gas price is known. Nothing is asked of anybody.
 */
export function tradingCosts(
  portfolio: Pick<Portfolio, 'assets' | 'policy' | 'assumedCost'>,
  curves: readonly CurveRecord[],
  market: Market,
  sizes: ReadonlyMap<AssetKey, number>,
): TradingCosts {
  const known = new Map(curves.map((record) => [record.key, record.samples]))
  const assumedCost = ratioToNumber(portfolio.assumedCost)
  const rates = new Map<AssetKey, number>()
  const assumed: AssetKey[] = []
  for (const { asset } of portfolio.policy.targets) {
    const pairs = pairsOf(portfolio, asset)
    if (pairs === 'hub') {
      rates.set(asset, 0)
      continue
    }
    const size = sizes.get(asset) ?? 0
    const costs = pairs.flatMap(([token, hub]) => {
      const ways = [arcKey('swap', token, hub), arcKey('swap', hub, token)].flatMap(
        (key) => lossAt(known.get(key) ?? [], size, assumedCost) ?? [],
      )
      return ways.length === 0 ? [] : [ways.reduce((sum, one) => sum + one, 0) / ways.length]
    })
    if (costs.length === 0) assumed.push(asset)
    rates.set(asset, costs.length === 0 ? assumedCost : Math.min(...costs))
  }
  return { rates, perLeg: gasPerLeg(curves, market), assumed }
}

/** Each token of the asset with what it trades against on its chain; `hub` for what others trade against everywhere. */
function pairsOf(
  { assets, policy }: Pick<Portfolio, 'assets' | 'policy'>,
  key: AssetKey,
): (readonly [Token, Token])[] | 'hub' {
  const tokensOf = (asset: AssetKey | undefined) => assets.find((one) => one.key === asset)?.tokens ?? []
  const own = tokensOf(policy.assetHubs[key])
  const tokens = tokensOf(key).filter((token) => !isNative(token))
  if (tokens.length > 0 && tokens.every(({ chain }) => policy.hubs[chain]?.asset === key)) return 'hub'
  return tokens.flatMap((token) => {
    const hub = own.find((one) => one.chain === token.chain && !isNative(one)) ?? policy.hubs[token.chain]
    return hub && hub.asset !== key ? [[token, hub] as const] : []
  })
}

/** Share lost at a size with the best venue; undefined without samples. The size is at least that of the smallest sample. */
function lossAt(samples: readonly CurveSample[], size: number, fee: number): number | undefined {
  const venues = new Set(samples.map(({ venue }) => venue))
  const losses = [...venues].flatMap((venue) => {
    const own = samples.filter((sample) => sample.venue === venue)
    const curve = fitCurve(own, { fee })
    if (!curve) return []
    const sent = Math.max(size, Math.min(...own.map((sample) => sample.sent)))
    return [1 - receivedAt(curve, sent) / sent]
  })
  return losses.length === 0 ? undefined : Math.max(0, Math.min(...losses))
}

function gasPerLeg(curves: readonly CurveRecord[], market: Market): number | undefined {
  const costs = [...market.gas.keys()].map((chain) => usdToNumber(gasCost(market, chain, unitsOn(curves, chain))))
  return costs.length === 0 ? undefined : costs.reduce((sum, one) => sum + one, 0) / costs.length
}

/** Median of what swaps on the chain were quoted to need. */
function unitsOn(curves: readonly CurveRecord[], chain: ChainKey): bigint {
  const units = curves
    .filter((record) => record.chain === chain && record.key.startsWith('swap '))
    .flatMap(({ samples }) => samples.map(({ gasUnits }) => gasUnits))
    .toSorted((a, b) => a - b)
  const median = units[units.length >> 1]
  return median === undefined ? USUAL_GAS : BigInt(Math.round(median))
}
