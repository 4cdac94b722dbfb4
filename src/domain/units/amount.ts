import { type Token, tokenId } from '../assets.js'
import { InvariantError } from '../errors.js'
import { formatDecimal } from './decimal.js'
import { mulDiv, type Ratio, RATIO_ONE, type Rounding } from './ratio.js'

/** Base units of one token, never negative. An object, so that `+` on two amounts does not compile. */
export interface TokenAmount {
  readonly token: Token
  readonly units: bigint
}

export function amountOf(token: Token, units: bigint): TokenAmount {
  if (units < 0n) throw new InvariantError(`An amount of ${token.symbol} cannot be negative, got ${units} base units.`)
  return { token, units }
}

/** Throws InvariantError when the tokens differ. */
export function plus(a: TokenAmount, b: TokenAmount): TokenAmount {
  sameToken(a, b)
  return amountOf(a.token, a.units + b.units)
}

/** Throws InvariantError when the tokens differ or the result would be negative. */
export function minus(a: TokenAmount, b: TokenAmount): TokenAmount {
  sameToken(a, b)
  return amountOf(a.token, a.units - b.units)
}

export function scaleAmount(amount: TokenAmount, by: Ratio, rounding: Rounding): TokenAmount {
  return amountOf(amount.token, mulDiv(amount.units, by, RATIO_ONE, rounding))
}

/** Exact, for people: `1.5 WETH`. */
export function formatAmount(amount: TokenAmount): string {
  return `${formatDecimal(amount.units, amount.token.decimals)} ${amount.token.symbol}`
}

function sameToken(a: TokenAmount, b: TokenAmount): void {
  if (tokenId(a.token) !== tokenId(b.token))
    throw new InvariantError(`Amounts of ${tokenId(a.token)} and ${tokenId(b.token)} cannot be combined.`)
}
