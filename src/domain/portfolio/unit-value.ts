import { type Address, type AssetKey, type ChainKey, sameAddress, type Token, tokenId } from '../assets.js'
import { DAY_MS, dayOf } from './price-table.js'
import type { NavFigures } from '../targets/target-input.js'
import { larger, mulDiv, RATIO_ONE } from '../units/ratio.js'
import { ONE_USD, type Price, type Usd } from '../units/usd.js'
import type { Snapshot } from './snapshot.js'

/** What the final book of the ledger says of one token of an account, in base units. */
export interface BookedFunds {
  readonly chain: ChainKey
  readonly token: Address
  /** In the wallet or crossing a bridge, without what was found and nobody has classified. */
  readonly owned: bigint
  /** What came in from outside so far: found at the opening or classified as a deposit. */
  readonly external: bigint
}

/** One token as the value of the fund counts it. */
export interface FundPart {
  /** As `tokenId` gives it. */
  readonly token: string
  readonly asset: AssetKey
  /** Base units. */
  readonly units: bigint
  /** Base units that came in from outside so far; less those that left, of a token that the ledger has not met. */
  readonly external: bigint
  readonly decimals: number
  readonly price: Price
}

/** The fund at the end of a UTC day, or now on the day that is not over. */
export interface UnitDay {
  /** Days since 1970. */
  readonly day: number
  /** Milliseconds since 1970. */
  readonly observedAt: number
  /** The day on which the series began: its unit was worth one before. */
  readonly since: number
  /** Value of one unit of the fund, scaled by 10^18. */
  readonly unit: bigint
  /** Value of all that is counted. */
  readonly nav: Usd
  /** What came in from outside since the day before in the series, at the prices of this observation; negative if it left. */
  readonly flow: Usd
  /** Tokens of every asset with a price, also of those that are not counted. */
  readonly parts: readonly FundPart[]
}

/** One unit at the start of a series. */
export const FIRST_UNIT: bigint = RATIO_ONE

/** Less than this has no return that means anything. */
const LEAST_NAV: Usd = ONE_USD

/** Assets of which the fund consists, and the tokens they may be held in. */
export interface FundTokens {
  readonly tokens: readonly Token[]
  /** Those with a target; the tokens of others are kept in mind, for the day on which they get one. */
  readonly counted: ReadonlySet<AssetKey>
}

/**
 * What the fund consists of. Of a token that the ledger has met, the final book tells it, in transit included: what nobody
 * has classified is not in it, and neither is what has arrived and was not found yet. Of a token that the ledger has not met,
 * the balance does, and all of it came from outside, because nothing of ours has moved it.
 *
 * Undefined where the price of a counted asset is unknown, or the balance of a token of it that the ledger has not met.
 */
export function fundParts(
  { tokens, counted }: FundTokens,
  snapshot: Snapshot,
  booked: readonly BookedFunds[],
): readonly FundPart[] | undefined {
  const parts: FundPart[] = []
  for (const token of tokens) {
    const price = snapshot.prices.find(({ asset }) => asset === token.asset)
    const met = booked.find((one) => one.chain === token.chain && sameAddress(one.token, token.address))
    const held = met ? undefined : heldUnits(snapshot, token)
    const units = met?.owned ?? held
    if (price?.status !== 'known' || units === undefined) {
      if (counted.has(token.asset)) return undefined
      continue
    }
    const { asset, decimals } = token
    parts.push({
      token: tokenId(token),
      asset,
      units,
      external: met?.external ?? units,
      decimals,
      price: price.price,
    })
  }
  return parts
}

/** Base units of a token by its chain; undefined where the chain or the token did not answer. */
function heldUnits({ chains }: Snapshot, token: Token): bigint | undefined {
  const reading = chains.find(({ chain }) => chain === token.chain)
  if (reading?.status !== 'known' || reading.problems.some((one) => tokenId(one.token) === tokenId(token)))
    return undefined
  return reading.holdings.find((held) => tokenId(held.token) === tokenId(token))?.units
}

/** Of so many base units of a part, at its price. */
function worth(units: bigint, { decimals, price }: FundPart): Usd {
  return mulDiv(units, price, 10n ** BigInt(decimals), 'down')
}

/**
 * The value of one unit of the fund: that of the day before times what the day made of what was there before,
 *
 *     unit = unit before × (NAV − what came in) ÷ NAV before,
 *
 * rounded down. What came in is counted in base units and valued at today's prices, so that a deposit is neither gain nor
 * loss. Costs, fees and what was given up as lost are in it: the ledger calls a loss what left without our doing, so that
 * a withdrawal counts as one, unless the ledger has not met its token.
 *
 * A series begins with `FIRST_UNIT`, and begins anew where there was less than a dollar before or the unit is worth
 * nothing. An asset that gets its first target today counts as if it had had one yesterday; one that lost its target is
 * left out of both days. `before` is of an earlier day and of the same portfolio.
 */
export function unitDay(
  parts: readonly FundPart[],
  counted: ReadonlySet<AssetKey>,
  at: { readonly day: number; readonly observedAt: number },
  before: UnitDay | undefined,
): UnitDay {
  const earlier = new Map(before?.parts.map((part) => [part.token, part]))
  let [nav, base, flow] = [0n, 0n, 0n]
  for (const part of parts) {
    if (!counted.has(part.asset)) continue
    const last = earlier.get(part.token)
    nav += worth(part.units, part)
    base += last ? worth(last.units, last) : 0n
    flow += worth(part.external - (last?.external ?? 0n), part)
  }
  if (!before || base < LEAST_NAV || before.unit === 0n)
    return { ...at, since: at.day, unit: FIRST_UNIT, nav, flow: before ? flow : 0n, parts }
  const unit = mulDiv(before.unit, larger(0n, nav - flow), base, 'down')
  return { ...at, since: before.since, unit, nav, flow, parts }
}

/** A day of the series without what it was made of. */
export type UnitValue = Omit<UnitDay, 'parts'>

/**
 * What a floor is told by: the latest value, and the highest since the floor was set; values of earlier days are their
 * last ones. The value at the start is that of the day before the floor was set, so that it stays the same while that day
 * goes on; of the first day of the series where there is none before. `days` rise; undefined where there are none.
 */
export function navFigures(days: readonly UnitValue[], startedAt: number): NavFigures | undefined {
  const latest = days.at(-1)
  if (!latest) return undefined
  const series = days.filter(({ since }) => since === latest.since)
  const start = series.findLast(({ day }) => day < dayOf(startedAt)) ?? series[0]!
  const counted = series.filter(({ day }) => day >= start.day)
  return {
    value: numberOf(latest.unit),
    highWater: Math.max(...counted.map(({ unit }) => numberOf(unit))),
    startValue: numberOf(start.unit),
    startedAt: Math.max(startedAt, latest.since * DAY_MS),
  }
}

function numberOf(unit: bigint): number {
  return Number(unit) / Number(FIRST_UNIT)
}
