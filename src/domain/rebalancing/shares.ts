import { InvariantError } from '../errors.js'
import type { Ratio } from '../units/ratio.js'

/** A share that was computed in floats, rounded down to a millionth of a millionth. Throws InvariantError for no number. */
export function ratioBelow(share: number): Ratio {
  if (!(Math.abs(share) <= 1_000)) throw new InvariantError(`A share of NAV is a small number, got ${share}.`)
  return BigInt(Math.floor(share * 1e12)) * 1_000_000n
}

/** A share in basis points with three digits, for sentences. */
export function pointsText(share: number): string {
  const points = share * 1e4
  if (points !== 0 && Math.abs(points) < 0.0005) return 'less than 0.001'
  return Math.abs(points) >= 1_000 ? Math.round(points).toString() : Number(points.toPrecision(3)).toString()
}
