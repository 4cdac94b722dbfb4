/** Stands where a number is unknown or none. */
export const NOTHING = '–'

/** With so many decimals and groups of thousands; NOTHING for what is no number or far from any that can be meant. */
export function fixed(value: number | undefined, decimals: number): string {
  if (value === undefined || !(Math.abs(value) < 1e15)) return NOTHING
  const rounded = Number(value.toFixed(decimals))
  // Adding zero makes a negative zero positive.
  return formatWith(decimals).format(rounded + 0)
}

const FORMATS = new Map<number, Intl.NumberFormat>()

function formatWith(decimals: number): Intl.NumberFormat {
  const known = FORMATS.get(decimals)
  if (known) return known
  const made = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
  FORMATS.set(decimals, made)
  return made
}

/** To three digits, or to the whole. */
export function roughly(value: number | undefined): string {
  if (value === undefined || !(Math.abs(value) < 1e15)) return NOTHING
  const size = Math.abs(value)
  if (size >= 100) return fixed(value, 0)
  return size < 1e-6 ? '0' : String(Number(value.toPrecision(3)))
}

/** A share as a percentage. */
export function percent(share: number | undefined, decimals = 1): string {
  const text = fixed(share === undefined ? undefined : share * 100, decimals)
  return text === NOTHING ? NOTHING : `${text} %`
}

/** A share in basis points, without the unit. */
export function points(share: number | undefined, decimals = 1): string {
  return fixed(share === undefined ? undefined : share * 1e4, decimals)
}

/** Basis points from low to high, without the unit. */
export function pointsRange(interval: { readonly low: number; readonly high: number } | undefined): string {
  return interval === undefined ? NOTHING : `${points(interval.low)} to ${points(interval.high)}`
}

export function dollars(value: number | undefined): string {
  const text = fixed(value === undefined ? undefined : Math.abs(value), 0)
  if (text === NOTHING) return NOTHING
  return `${value! < 0 && text !== '0' ? '-' : ''}$${text}`
}

/** Where a dial stands, with its unit. */
export function dialText(unit: string, value: number | undefined): string {
  switch (unit) {
    case 'share of NAV':
    case 'share of the target':
      return percent(value, 2)
    case 'per √year':
      return value === undefined ? NOTHING : `${points(value, 0)} bp`
    case 'days':
      return value === undefined ? NOTHING : `${roughly(value)} days`
    default:
      return roughly(value)
  }
}
