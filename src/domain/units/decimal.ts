/**
 * Reads a plain decimal number ("12", "0.5", "-3.25") as an integer scaled by 10^decimals. Returns undefined for
 * anything else: exponents, signs other than a leading minus, spaces, more fraction digits than fit.
 */
export function parseDecimal(text: string, decimals: number): bigint | undefined {
  const match = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const [, sign, whole = '0', fraction = ''] = match
  if (fraction.length > decimals) return undefined
  const scaled = BigInt(whole + fraction.padEnd(decimals, '0'))
  return sign === '-' ? -scaled : scaled
}

/** Writes a scaled integer exactly, without trailing zeros: the inverse of `parseDecimal`. */
export function formatDecimal(scaled: bigint, decimals: number): string {
  const sign = scaled < 0n ? '-' : ''
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`
}
