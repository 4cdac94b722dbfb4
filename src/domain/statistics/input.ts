/** What is wrong with the numbers that were handed in. */
export type StatisticsErrorCode = 'price-not-positive' | 'days-not-rising' | 'not-a-number' | 'out-of-range' | 'shape'

/** Counted from zero, in the array that was handed in. */
export interface Place {
  readonly row?: number
  readonly column?: number
}

/** Numbers of which no statistic can be made. The message says what was expected, what came and what to do. */
export class StatisticsError extends Error {
  override readonly name = 'StatisticsError'

  constructor(
    readonly code: StatisticsErrorCode,
    message: string,
    readonly place: Place = {},
  ) {
    super(message)
  }
}

/** No two positive floats have a logarithmic return beyond this; sums of its square stay finite. */
export const MOST_RETURN = 2_000

/** Throws StatisticsError unless the value can be a logarithmic return. */
export function requireReturn(value: number, place: Place): void {
  if (Math.abs(value) <= MOST_RETURN) return
  throw new StatisticsError(
    'not-a-number',
    `Return${wordsOf(place)} should be a logarithmic return between ±${MOST_RETURN}, got ${value}. Leave out what is unknown.`,
    place,
  )
}

/** Throws StatisticsError unless every row has the same number of returns, at least one, and each can be one. */
export function requireReturns(rows: readonly (readonly number[])[]): void {
  const width = rows[0]?.length
  for (const [row, values] of rows.entries()) {
    if (values.length !== width || width === 0)
      throw new StatisticsError(
        'shape',
        `Row ${row} has ${values.length} returns, the first has ${width}; every row needs the same assets, at least one.`,
        { row },
      )
    for (let column = 0; column < width; column++) requireReturn(values[column]!, { row, column })
  }
}

/** Throws StatisticsError unless `isFine`; `expected` says what the parameter should be. */
export function requireParameter(name: string, value: number, isFine: boolean, expected: string): void {
  if (!isFine) throw new StatisticsError('out-of-range', `${name} should be ${expected}, got ${value}.`)
}

export function wordsOf({ row, column }: Place): string {
  return `${row === undefined ? '' : ` in row ${row}`}${column === undefined ? '' : `, column ${column}`}`
}
