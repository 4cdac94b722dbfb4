import { InvariantError } from '../errors.js'

/** Direction in which a quotient that is not whole is rounded: toward minus infinity, plus infinity, or zero. */
export type Rounding = 'down' | 'up' | 'zero'

/** `a × b ÷ divisor` in whole numbers, rounded as named. Throws InvariantError when the divisor is not positive. */
export function mulDiv(a: bigint, b: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor <= 0n) throw new InvariantError(`mulDiv needs a positive divisor, got ${divisor}.`)
  const product = a * b
  const quotient = product / divisor // bigint division truncates toward zero
  const remainder = product % divisor
  if (remainder === 0n || rounding === 'zero') return quotient
  if (rounding === 'down') return product < 0n ? quotient - 1n : quotient
  return product > 0n ? quotient + 1n : quotient
}

/** A share, scaled by 10^18: 1 is `RATIO_ONE`, one basis point is 10^14. Signed where it is a difference. */
export type Ratio = bigint & { readonly unit?: 'ratio' }

export const RATIO_ONE: Ratio = 10n ** 18n
const RATIO_PER_BASIS_POINT = 10n ** 14n
const ONE = Number(RATIO_ONE)

export function ratioOfBasisPoints(basisPoints: number): Ratio {
  if (!Number.isInteger(basisPoints)) throw new InvariantError(`Basis points are whole numbers, got ${basisPoints}.`)
  return BigInt(basisPoints) * RATIO_PER_BASIS_POINT
}

/** Whole basis points, rounded toward zero, so that a deviation is never reported larger than it is. */
export function basisPointsOf(ratio: Ratio): number {
  return Number(ratio / RATIO_PER_BASIS_POINT)
}

/** Decimal places of a basis point that a ratio can hold. */
const PLACES = 14

/**
 * Basis points of a ratio that stands in a text beside another one: whole ones where these differ in size, else with as
 * many places as tell the two apart, so that no text says "50, allowed 50" of what is more. Rounded toward zero.
 */
export function pointsBeside(ratio: Ratio, other: Ratio): string {
  const [size, otherSize] = [absolute(ratio), absolute(other)]
  let unit = RATIO_PER_BASIS_POINT
  let places = 0
  for (; places < PLACES && size !== otherSize && size / unit === otherSize / unit; places++) unit /= 10n
  const digits = (size / unit).toString().padStart(places + 1, '0')
  const [whole, part] = [digits.slice(0, digits.length - places), digits.slice(digits.length - places)]
  const text = places === 0 ? whole : `${whole}.${part}`.replace(/\.?0+$/, '')
  return ratio < 0n && size / unit > 0n ? `-${text}` : text
}

/** For display and metrics only: the nearest float. */
export function ratioToNumber(ratio: Ratio): number {
  return Number(ratio) / ONE
}

export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
