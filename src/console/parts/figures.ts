/** A figure as it is read, and exactly. */
export interface Figure {
  readonly readable: string
  readonly exact: string
}

const grouped = (most: number, least = 0) =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: least, maximumFractionDigits: most })
const FOUR_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 })
const WHOLE = grouped(0)
const CENTS = grouped(2, 2)
const FOUR_PLACES = grouped(4)
const FOUR_PLACES_AT_LEAST = grouped(4, 4)

/** Smaller than this is not told apart from nothing at a glance. */
const TINY = 1e-8

/** An amount of a token: six digits or so, whatever it has. `text` is decimal text. */
export function amountFigure(text: string, symbol?: string): Figure {
  const unit = symbol === undefined ? '' : ` ${symbol}`
  return { readable: `${readableAmount(Number(text))}${unit}`, exact: `${text}${unit}` }
}

function readableAmount(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size < TINY) return `<${plain(TINY)}`
  return minus((size >= 10_000 ? grouped(1) : size >= 1 ? FOUR_PLACES : FOUR_DIGITS).format(value))
}

/** USD with cents, from a hundred thousand on without them. */
export function usdFigure(text: string, { isSigned = false } = {}): Figure {
  const value = Number(text)
  const size = Math.abs(value)
  const isDust = size > 0 && size < 0.01
  const digits = isDust ? '<$0.01' : `$${(size >= 100_000 ? WHOLE : CENTS).format(size)}`
  return { readable: `${isDust ? '' : sign(value, isSigned)}${digits}`, exact: `${text} USD` }
}

/** Below this a price has at least four places: a cent is one per cent of a dollar. */
const FINE_BELOW = 10

/** A price in USD: with cents, below ten dollars with four places, and below a tenth of one with four digits. */
export function priceFigure(text: string): Figure {
  const value = Number(text)
  const size = Math.abs(value)
  if (size === 0 || size >= FINE_BELOW) return usdFigure(text)
  const digits = size < TINY ? `<$${plain(TINY)}` : `$${(size < 0.1 ? FOUR_DIGITS : FOUR_PLACES_AT_LEAST).format(size)}`
  return { readable: `${size < TINY ? '' : sign(value, false)}${digits}`, exact: `${text} USD` }
}

/** A share as per cent with two places, or as few as it takes to show that it is not nothing. */
export function shareFigure(text: string, { isSigned = false, places = 2 } = {}): Figure {
  const percent = Number(text) * 100
  const size = Math.abs(percent)
  const least = 10 ** -places
  const isDust = size > 0 && size < least
  const digits = isDust ? `<${plain(least)}` : grouped(places, places).format(size)
  return { readable: `${isDust ? '' : sign(percent, isSigned)}${digits} %`, exact: `${text} of 1` }
}

/** `0x1234…cdef`; text that is short stays as it is. */
export function shortHex(text: string): string {
  return text.length <= 14 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`
}

function sign(value: number, isSigned: boolean): string {
  if (value < 0) return '−'
  return isSigned && value > 0 ? '+' : ''
}

/** A true minus sign is as wide as a plus, and is read out as one. */
function minus(text: string): string {
  return text.replace('-', '−')
}

function plain(value: number): string {
  return value.toFixed(10).replace(/0+$/, '')
}
