import type { Token } from '../assets.js'
import { amountOf, type TokenAmount } from './amount.js'
import { formatDecimal } from './decimal.js'
import { mulDiv, type Ratio, RATIO_ONE, type Rounding } from './ratio.js'

export const USD_DECIMALS = 18
/** A value in US dollars, scaled by 10^18. Signed where it is a difference or a cost. */
export type Usd = bigint & { readonly unit?: 'usd' }
/** US dollars for one whole token or asset, scaled by 10^18. Always positive. */
export type Price = bigint & { readonly unit?: 'price' }

export const ONE_USD: Usd = 10n ** 18n

export function valueOf(amount: TokenAmount, price: Price, rounding: Rounding): Usd {
  return mulDiv(amount.units, price, 10n ** BigInt(amount.token.decimals), rounding)
}

/** How much of `token` is worth `value` at `price`. Negative values give zero. */
export function amountWorth(value: Usd, token: Token, price: Price, rounding: Rounding): TokenAmount {
  if (value <= 0n) return amountOf(token, 0n)
  return amountOf(token, mulDiv(value, 10n ** BigInt(token.decimals), price, rounding))
}

export function shareOf(part: Usd, whole: Usd, rounding: Rounding): Ratio {
  return mulDiv(part, RATIO_ONE, whole, rounding)
}

/** For display and metrics only: the nearest float. */
export function usdToNumber(value: Usd): number {
  return Number(value / 10n ** 9n) / 1e9
}

/** Exact decimal text of the whole 18 places, for records and the API. */
export function usdToText(value: Usd | Price): string {
  return formatDecimal(value, USD_DECIMALS)
}
