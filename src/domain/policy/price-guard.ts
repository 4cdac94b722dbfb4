import type { AssetKey } from '../assets.js'
import { divergenceOf, type PriceRules } from '../portfolio/prices.js'
import type { AssetPrice } from '../portfolio/snapshot.js'
import { absolute, basisPointsOf, mulDiv, pointsBeside, type Ratio, RATIO_ONE } from '../units/ratio.js'
import { ONE_USD, type Price, usdToText } from '../units/usd.js'

/** When an asset's price stops every leg that touches it (B-09). */
export interface PriceGuard {
  readonly asset: AssetKey
  readonly maxDivergence: PriceRules['maxDivergence']
  /** Largest change within `windowMs`, as a share of the earlier price (C-35). */
  readonly maxMove: Ratio
  readonly windowMs: number
  /** How long a change that was too large keeps the asset still. */
  readonly pauseMs: number
  /** Largest distance from one dollar; undefined for an asset that is none (C-36). */
  readonly maxOffPeg: Ratio | undefined
  /** Distance from one dollar from which on it is told, and nothing else; undefined for an asset that is none (C-36). */
  readonly warnOffPeg: Ratio | undefined
}

export interface PricePoint {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly price: Price
}

export interface PriceFinding {
  readonly rule: 'C-31' | 'C-35' | 'C-36'
  readonly detail: string
}

/**
 * What is wrong with a price: its sources differ, it moved too fast against any point of the window, or a stable asset is
 * off its peg; one that is held for it has to come back to half the distance. Undefined when nothing is, or when there is
 * no price for another reason, which stops the asset by itself.
 */
export function judgePrice(
  guard: PriceGuard,
  reading: AssetPrice,
  window: readonly PricePoint[],
  isHeld: boolean,
): PriceFinding | undefined {
  const { asset } = guard
  const divergence = divergenceOf(reading.sources)
  if (divergence !== undefined && divergence > guard.maxDivergence)
    return {
      rule: 'C-31',
      detail: `Sources of ${asset} differ by ${pointsBeside(divergence, guard.maxDivergence)} bps, policy allows ${pointsBeside(guard.maxDivergence, divergence)} bps. Check the sources.`,
    }
  if (reading.status === 'unknown') return undefined
  const { price } = reading
  for (const point of window) {
    const move = mulDiv(absolute(price - point.price), RATIO_ONE, point.price, 'up')
    if (move > guard.maxMove)
      return {
        rule: 'C-35',
        detail: `${asset} went from ${usdToText(point.price)} to ${usdToText(price)} USD within ${guard.windowMs / 1000} s, policy allows ${basisPointsOf(guard.maxMove)} bps.`,
      }
  }
  const off = offPeg(price, guard.maxOffPeg, isHeld)
  return off && { rule: 'C-36', detail: `${asset} is ${off.text}, policy allows ${off.allowed} bps.` }
}

/** What is to be told of a stable asset that is off its peg and still traded, by the same hysteresis. */
export function pegWarning(guard: PriceGuard, reading: AssetPrice, isTold: boolean): string | undefined {
  if (reading.status === 'unknown') return undefined
  const off = offPeg(reading.price, guard.warnOffPeg, isTold)
  return off && `${guard.asset} is ${off.text}, it is watched from ${off.allowed} bps on.`
}

/** How far a stable asset is from one dollar, and from where on that matters. */
export interface Peg {
  /** Undefined without a price; rounded up. */
  readonly distance: Ratio | undefined
  readonly warnsFrom: Ratio
  readonly stopsFrom: Ratio
}

/** Undefined for an asset that is no dollar. */
export function pegOf({ warnOffPeg, maxOffPeg }: PriceGuard, price: Price | undefined): Peg | undefined {
  if (warnOffPeg === undefined || maxOffPeg === undefined) return undefined
  return { distance: price === undefined ? undefined : offDollar(price), warnsFrom: warnOffPeg, stopsFrom: maxOffPeg }
}

function offDollar(price: Price): Ratio {
  return mulDiv(absolute(price - ONE_USD), RATIO_ONE, ONE_USD, 'up')
}

/** Undefined within the limit, or within half of it where it was beyond before. */
function offPeg(
  price: Price,
  limit: Ratio | undefined,
  wasBeyond: boolean,
): { readonly text: string; /** In basis points. */ readonly allowed: string } | undefined {
  if (limit === undefined) return undefined
  const distance = offDollar(price)
  const allowed = wasBeyond ? limit / 2n : limit
  if (distance <= allowed) return undefined
  return {
    text: `at ${usdToText(price)} USD, ${pointsBeside(distance, allowed)} bps off its peg`,
    allowed: pointsBeside(allowed, distance),
  }
}
