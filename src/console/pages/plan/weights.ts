import { difference, fromUnits, sum } from '../../parts/decimals.js'
import type { PreviewOrder } from './api.js'

/** What a form has: an asset and its weight in per cent, as it was typed. */
export interface TypedWeight {
  readonly asset: string
  readonly percent: string
}

/** A share as per cent, exactly: `0.4` is `40`. */
export function percentOf(share: string): string {
  const [whole = '0', fraction = ''] = share.split('.')
  const digits = fraction.padEnd(2, '0')
  return plain(`${whole}${digits.slice(0, 2)}.${digits.slice(2)}`)
}

/** Per cent as a share, exactly; undefined for what is no number from 0 to 100. */
export function shareOf(percent: string): string | undefined {
  const text = percent.trim().replace(',', '.')
  if (!/^\d{1,3}(\.\d{1,16})?$/.test(text) || Number(text) > 100) return undefined
  const [whole = '', fraction = ''] = text.split('.')
  return fromUnits(BigInt(whole + fraction).toString(), fraction.length + 2)
}

/** What the weights are short of 100 per cent, negative where they are more; undefined while one is no number. */
export function missingPercent(weights: readonly TypedWeight[]): string | undefined {
  const shares = weights.map(({ percent }) => shareOf(percent))
  if (!shares.every((share) => share !== undefined)) return undefined
  const missing = difference('1', sum(shares))
  return missing.startsWith('-') ? `-${percentOf(missing.slice(1))}` : percentOf(missing)
}

/** The targets to try; undefined where they are those in force, or do not sum to 100 per cent. */
export function targetsOf(
  weights: readonly TypedWeight[],
  inForce: readonly TypedWeight[],
): PreviewOrder['targets'] | undefined {
  if (missingPercent(weights) !== '0') return undefined
  const isChanged = weights.some(
    ({ asset, percent }) => shareOf(percent) !== shareOf(inForce.find((one) => one.asset === asset)?.percent ?? ''),
  )
  return isChanged ? Object.fromEntries(weights.map(({ asset, percent }) => [asset, shareOf(percent)!])) : undefined
}

function plain(text: string): string {
  return sum([text.replace(/\.$/, '')])
}
