import { requireParameter, requireReturn, StatisticsError, wordsOf } from './input.js'

/** A price is carried forward for so many days; after that its asset is unknown until it is observed again. */
export const MOST_CARRIED_DAYS = 2

/** Returns beyond so many standard deviations are brought back to there. */
export const WINSORISE_AT = 6

/** Daily prices of several assets. */
export interface PriceRows {
  /** Days since 1970, rising; a day without a row was not observed. */
  readonly days: readonly number[]
  /** One row for each day; undefined where nothing is known. */
  readonly prices: readonly (readonly (number | undefined)[])[]
}

/** Rows of returns in which every asset is known. */
export interface AlignedReturns {
  /** For each row, the place of the day on which it became known. */
  readonly at: readonly number[]
  readonly rows: readonly (readonly number[])[]
}

/**
 * Logarithmic return of each day over the day before; the first is undefined. `days` are whole numbers that rise; without
 * them each price is one day after the one before.
 *
 * An unknown price stands for the last known one for at most two days, with a return of zero; the next known price then
 * brings the return of all the days together, so that the mean square stays unbiased for a random walk. After a longer
 * gap the return is undefined. Looks only backwards. Throws StatisticsError naming the row (and `column`, if given) of a
 * price that is not positive and finite, or of a day that does not rise.
 */
export function logReturns(
  prices: readonly (number | undefined)[],
  days?: readonly number[],
  column?: number,
): (number | undefined)[] {
  const place = (row: number) => (column === undefined ? { row } : { row, column })
  if (days) requireDays(days, prices.length)
  let last: { day: number; logarithm: number } | undefined
  return Array.from(prices, (price, row) => {
    const day = days?.[row] ?? row
    const age = last === undefined ? Infinity : day - last.day
    if (price === undefined) return age <= MOST_CARRIED_DAYS ? 0 : undefined
    if (!(price > 0 && price < Infinity))
      throw new StatisticsError(
        'price-not-positive',
        `Price${wordsOf(place(row))} should be positive, got ${price}. Correct it, or leave it empty if it is unknown.`,
        place(row),
      )
    const before = last?.logarithm
    last = { day, logarithm: Math.log(price) }
    // A price carried for two days is the base of the third.
    return before === undefined || age > MOST_CARRIED_DAYS + 1 ? undefined : last.logarithm - before
  })
}

/** `logReturns` of each asset: one row of returns for each row of prices. Throws StatisticsError as that does. */
export function logReturnRows({ days, prices }: PriceRows): (number | undefined)[][] {
  const width = prices[0]?.length ?? 0
  const odd = prices.findIndex((row) => row.length !== width)
  if (odd >= 0)
    throw new StatisticsError(
      'shape',
      `Row ${odd} has ${prices[odd]!.length} prices, the first has ${width}; mark what is unknown as undefined.`,
      { row: odd },
    )
  requireDays(days, prices.length)
  const columns = Array.from({ length: width }, (_, column) =>
    logReturns(
      prices.map((row) => row[column]),
      days,
      column,
    ),
  )
  return prices.map((_, row) => columns.map((returns) => returns[row]))
}

/** Returns of the days on which all the assets have one; none where there are no assets. */
export function alignedReturns(table: PriceRows): AlignedReturns {
  const at: number[] = []
  const rows: number[][] = []
  for (const [place, row] of logReturnRows(table).entries()) {
    const known = row.filter((value) => value !== undefined)
    if (known.length === 0 || known.length < row.length) continue
    at.push(place)
    rows.push(known)
  }
  return { at, rows }
}

/**
 * The returns with those beyond `sigmas` standard deviations of the window around its mean brought back to there. The
 * window looks at all of itself: hand in only what was known. One value among n lies at most (n − 1)/√n deviations out,
 * so that nothing changes at six in fewer than 38.
 */
export function winsorise(returns: readonly number[], sigmas: number = WINSORISE_AT): number[] {
  requireParameter('sigmas', sigmas, sigmas > 0 && sigmas < Infinity, 'positive and finite')
  const mean = meanOf(returns)
  if (returns.length < 2) return [...returns]
  const squares = returns.reduce((total, value) => total + (value - mean) ** 2, 0)
  const most = sigmas * Math.sqrt(squares / (returns.length - 1))
  return returns.map((value) => Math.min(mean + most, Math.max(mean - most, value)))
}

/** Of the returns; zero for none. Throws StatisticsError for one that is none. */
function meanOf(returns: readonly number[]): number {
  let total = 0
  for (const [row, value] of returns.entries()) {
    requireReturn(value, { row })
    total += value
  }
  return returns.length === 0 ? 0 : total / returns.length
}

function requireDays(days: readonly number[], rows: number): void {
  if (days.length !== rows)
    throw new StatisticsError(
      'shape',
      `There are ${days.length} days and ${rows} rows of prices; each needs the other.`,
    )
  for (const [row, day] of days.entries())
    if (!Number.isSafeInteger(day) || (row > 0 && day <= days[row - 1]!))
      throw new StatisticsError(
        'days-not-rising',
        `Day in row ${row} should be a whole number after ${days[row - 1] ?? 'none'}, got ${day}. Sort the rows by day, one for each.`,
        { row },
      )
}
