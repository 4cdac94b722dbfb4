import type { TokenAmount } from '../domain/units/amount.js'
import { formatDecimal } from '../domain/units/decimal.js'
import { type Ratio, ratioToNumber } from '../domain/units/ratio.js'
import { type Usd, usdToNumber } from '../domain/units/usd.js'

/** Columns of the terminal the reports are written for. */
export const REPORT_WIDTH = 100

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

export const left = (title: string): Column => ({ title, align: 'left' })
export const right = (title: string): Column => ({ title, align: 'right' })

/**
 * Rows under a line of titles, each column as wide as its widest cell, two spaces apart. `below` puts lines beneath a row
 * that do not widen it.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  below: (row: number) => readonly string[] = () => [],
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((cells) => (cells[index] ?? '').length)),
  )
  const lineOf = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? ''
        return align === 'left' ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!)
      })
      .join('  ')
      .trimEnd()
  return [
    lineOf(columns.map(({ title }) => title)),
    ...rows.flatMap((cells, index) => [lineOf(cells), ...below(index)]),
  ]
}

/** Breaks a text between words where a line would grow over the width; a longer word keeps a line of its own. */
export function wrapped(text: string, indent: number, width = REPORT_WIDTH): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((one) => `${' '.repeat(indent)}${one}`)
}

export const dollars = (value: Usd) =>
  usdToNumber(value).toLocaleString('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 })
export const cents = (value: Usd) => usdToNumber(value).toLocaleString('en-US', { style: 'currency', currency: 'USD' })
export const percent = (value: Ratio) => `${(ratioToNumber(value) * 100).toFixed(2)} %`

/** Basis points of a value, with the first decimal; nothing of no value. */
export function pointsOf(part: Usd, whole: Usd): string {
  return whole > 0n ? ((usdToNumber(part) / usdToNumber(whole)) * 10_000).toFixed(1) : ''
}

/** To seven digits, for people: the exact amount is in the JSON. */
export function roughly({ units, token }: TokenAmount): string {
  const number = Number(formatDecimal(units, token.decimals))
  return `${number.toLocaleString('en-US', { maximumSignificantDigits: 7 })} ${token.symbol}`
}
