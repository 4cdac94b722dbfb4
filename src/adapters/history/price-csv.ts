import { open } from 'node:fs/promises'
import { CsvError, parse } from 'csv-parse/sync'
import type { AssetKey } from '../../domain/assets.js'
import { DAY_MS, dayText, LEAST_PRICE, MOST_PRICE, type PriceTable } from '../../domain/portfolio/price-table.js'
import { type Price, USD_DECIMALS } from '../../domain/units/usd.js'
import type { ImportedPrice } from '../../ports/history.js'
import { PriceFileError } from './price-file-error.js'

export interface PriceFile {
  /** Rising days, one row for each. */
  readonly table: PriceTable
  /** Names of all columns of prices in the file, those that were not asked for included. */
  readonly columns: readonly string[]
}

/** The same to be written down. */
export interface ExactPriceFile extends Pick<PriceFile, 'columns'> {
  /** By rising day, then in the order of `assets`. */
  readonly prices: readonly ImportedPrice[]
  /** Those that have a column. */
  readonly assets: readonly AssetKey[]
}

/** Far above a century of daily prices of fifty assets. */
const MOST_BYTES = 32 * 1024 * 1024
const SEPARATORS = ',;\t'

/**
 * Reads the file at `path`; see `readPrices`. Throws PriceFileError as that does, and for a file that cannot be opened, is
 * larger than 32 MiB or is not text in UTF-8.
 */
export async function readPriceFile(path: string, assets?: readonly AssetKey[]): Promise<PriceFile> {
  return readPrices(await textAt(path), assets)
}

/** The same by `readExactPrices`. */
export async function readExactPriceFile(path: string, assets?: readonly AssetKey[]): Promise<ExactPriceFile> {
  return readExactPrices(await textAt(path), assets)
}

async function textAt(path: string): Promise<string> {
  let bytes: Buffer
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > MOST_BYTES) throw tooLarge(size)
      bytes = await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof PriceFileError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new PriceFileError(`The prices cannot be read: ${reason}.`, {}, { cause: error })
  }
  // A pipe has no size beforehand.
  if (bytes.length > MOST_BYTES) throw tooLarge(bytes.length)
  return textOf(bytes)
}

/**
 * Daily prices in USD from CSV: a header of `date` and the names of assets, then a row for each UTC day. Dates are
 * `yyyy-mm-dd`, or times with their zone, which stand for the UTC day they lie in. A field that is empty is unknown. Commas,
 * semicolons or tabs separate, as after `date` in the header; rows come in any order, fields may be quoted, lines end as
 * they like, and a byte order mark is skipped.
 *
 * Only the columns of `assets` are read, all of them without it; of the others only the names. Throws PriceFileError naming
 * row and column for anything else: prices that are not plain positive numbers (no decimal commas, no thousands
 * separators), two rows of one day, columns named twice, rows of another width, no rows.
 */
export function readPrices(text: string, assets?: readonly AssetKey[]): PriceFile {
  return readColumns(text, assets, priceOf)
}

/**
 * The same prices as they are written, to the nearest at the eighteenth decimal. Throws PriceFileError as `readPrices` does,
 * and naming day, row and column of a price that is not between 1e-12 and 1e12 USD.
 */
export function readExactPrices(text: string, assets?: readonly AssetKey[]): ExactPriceFile {
  const { table, columns } = readColumns(text, assets, exactPriceOf)
  const prices = table.days.flatMap((day, row) =>
    table.assets.flatMap((asset, place) => {
      const price = table.prices[row]![place]
      return price === undefined ? [] : [{ asset, day, price }]
    }),
  )
  return { prices, assets: table.assets, columns }
}

/** Where a price stands: the row counted from one, the name of the column, and the day since 1970. */
interface Cell {
  readonly row: number
  readonly column: string
  readonly day: number
}

interface Columns<T> {
  readonly table: Omit<PriceTable, 'prices'> & { readonly prices: readonly (readonly (T | undefined)[])[] }
  readonly columns: readonly string[]
}

function readColumns<T>(
  text: string,
  assets: readonly AssetKey[] | undefined,
  read: (text: string, cell: Cell) => T | undefined,
): Columns<T> {
  const separator = separatorOf(text)
  const [header, ...records] = recordsOf(text, separator)
  if (!header) throw new PriceFileError('A file of prices needs a header such as date,BTC,ETH; it is empty.')
  const columns = columnsOf(header)
  const wanted = columns.flatMap((name, place) =>
    !assets || assets.includes(name) ? [{ name, field: place + 1 }] : [],
  )
  const rowOfDay = new Map<number, number>()
  const days = records.map(({ fields, row }) => {
    if (fields.length !== columns.length + 1)
      throw new PriceFileError(
        `Row ${row} should have ${columns.length + 1} fields like the header, got ${fields.length}. Numbers with commas in them need quotes, and are not read even so.`,
        { row },
      )
    const day = dayOf(fields[0]!, row)
    const before = rowOfDay.get(day)
    if (before !== undefined)
      throw new PriceFileError(
        `Rows ${before} and ${row} are both of ${dayText(day)} by UTC; there is one price a day. Keep the last one of each day.`,
        { row, column: 'date' },
      )
    rowOfDay.set(day, row)
    return { day, prices: wanted.map(({ name, field }) => read(fields[field]!, { row, column: name, day })) }
  })
  if (days.length === 0) throw new PriceFileError('A file of prices needs rows below its header; there are none.')
  const sorted = days.toSorted((a, b) => a.day - b.day)
  return {
    table: {
      assets: wanted.map(({ name }) => name),
      days: sorted.map(({ day }) => day),
      prices: sorted.map(({ prices }) => prices),
    },
    columns,
  }
}

interface Line {
  readonly fields: readonly string[]
  /** Line of the file on which it ends, counted from one. */
  readonly row: number
}

function separatorOf(text: string): string {
  const head = /^\uFEFF?\s*"?date"?[ ]*([^\r\n]?)/i.exec(text)
  const separator = head?.[1] ?? ''
  if (head && separator !== '' && SEPARATORS.includes(separator)) return separator
  const start = text.slice(0, 40).split(/[\r\n]/)[0]
  throw new PriceFileError(
    `The header should begin with date and a comma, a semicolon or a tab, such as date,BTC,ETH; got ${JSON.stringify(start)}. Export the prices as CSV with a header.`,
    { row: 1, column: 'date' },
  )
}

function recordsOf(text: string, delimiter: string): Line[] {
  try {
    // With `info` every record comes with where it was read, which the types do not know.
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { record: string[]; info: { lines: number } }[]
    return records.map(({ record, info }) => ({ fields: record, row: info.lines }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const { lines } = error as { lines?: unknown }
    throw new PriceFileError(
      `The file is no CSV: ${error.message}. Look for a quote that is not closed.`,
      typeof lines === 'number' ? { row: lines } : {},
      { cause: error },
    )
  }
}

/** Names of the columns of prices. */
function columnsOf({ fields, row }: Line): string[] {
  const columns = fields.slice(1)
  const nameless = columns.indexOf('')
  if (nameless >= 0)
    throw new PriceFileError(`Column ${nameless + 2} has no name. Name it after its asset, or leave it out.`, { row })
  const again = columns.find((name, place) => columns.indexOf(name) !== place)
  if (again !== undefined)
    throw new PriceFileError(`There are two columns ${again}; there is one price a day. Leave one out.`, {
      row,
      column: again,
    })
  return columns
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/

/** Day since 1970. */
function dayOf(text: string, row: number): number {
  const match = DATE.exec(text)
  const [, year, month, date, time, zone] = match ?? []
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(date))
  const isDate = match && new Date(midnight).toISOString().startsWith(`${year}-${month}-${date}`)
  if (!isDate) throw badDate(text, row, 'Write dates as yyyy-mm-dd.')
  if (time === undefined) return midnight / DAY_MS
  if (zone === undefined) throw badDate(text, row, 'Say which zone the time is of, such as Z for UTC.')
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`
  const moment = Date.parse(`${year}-${month}-${date}T${time}${offset}`)
  if (Number.isNaN(moment)) throw badDate(text, row, 'There is no such time.')
  return Math.floor(moment / DAY_MS)
}

function badDate(text: string, row: number, advice: string): PriceFileError {
  return new PriceFileError(
    `The date in row ${row} should be such as 2024-12-31 or 2024-12-31T23:59:59Z, got ${JSON.stringify(text.slice(0, 40))}. ${advice}`,
    { row, column: 'date' },
  )
}

const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/

function priceOf(text: string, { row, column }: Cell): number | undefined {
  if (text === '') return undefined
  const price = NUMBER.test(text) ? Number(text) : NaN
  if (price > 0 && price < Infinity) return price
  throw new PriceFileError(
    `The price of ${column} in row ${row} should be a plain positive number such as 4285.08, got ${JSON.stringify(text.slice(0, 40))}. Write decimal points and no thousands separators, and leave empty what is unknown.`,
    { row, column },
  )
}

function exactPriceOf(text: string, cell: Cell): Price | undefined {
  const price = priceOf(text, cell)
  if (price === undefined) return undefined
  if (price >= LEAST_PRICE && price <= MOST_PRICE) return scaled(text)
  const { row, column, day } = cell
  throw new PriceFileError(
    `The price of ${column} on ${dayText(day)}, in row ${row}, should be between ${LEAST_PRICE} and ${MOST_PRICE} USD, got ${JSON.stringify(text.slice(0, 40))}. Correct it, or leave it empty if it is unknown.`,
    { row, column },
  )
}

/** A text that is a number as a price: every digit of it, to the nearest at the last decimal. */
function scaled(text: string): Price {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = BigInt(whole + fraction)
  const shift = USD_DECIMALS + Number(exponent) - fraction.length
  if (shift >= 0) return digits * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  return (2n * digits + divisor) / (2n * divisor)
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new PriceFileError(
      'The file should be text in UTF-8, and is not. Save it as CSV in UTF-8.',
      {},
      { cause: error },
    )
  }
}

function tooLarge(bytes: number): PriceFileError {
  return new PriceFileError(
    `A file of daily prices has at most ${MOST_BYTES} bytes, got ${bytes}. Keep one row a day and the assets you need.`,
  )
}
