/** Decimal text as a whole number of units of 10^-places. Throws SyntaxError for what is no decimal number. */
function unitsOf(text: string, places: number): bigint {
  const isNegative = text.startsWith('-')
  const [whole = '', fraction = ''] = (isNegative ? text.slice(1) : text).split('.')
  const units = BigInt(whole + fraction.padEnd(places, '0'))
  return isNegative ? -units : units
}

function placesOf(text: string): number {
  return text.split('.')[1]?.length ?? 0
}

function decimalOf(units: bigint, places: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '')
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return units < 0n ? `-${text}` : text
}

/** One decimal number less the other, exactly. */
export function difference(minuend: string, subtrahend: string): string {
  const places = Math.max(placesOf(minuend), placesOf(subtrahend))
  return decimalOf(unitsOf(minuend, places) - unitsOf(subtrahend, places), places)
}

export function sum(texts: readonly string[]): string {
  const places = Math.max(0, ...texts.map(placesOf))
  return decimalOf(
    texts.reduce((total, text) => total + unitsOf(text, places), 0n),
    places,
  )
}

/** Base units as decimal text of the larger unit: of wei, 9 places give gwei, 18 the coin. */
export function fromUnits(units: string, places: number): string {
  return decimalOf(BigInt(units), places)
}
