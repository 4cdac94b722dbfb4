/** A place in a plot, in its pixels. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A line with gaps: unknown where it is interrupted. */
export type Series = readonly (Point | undefined)[]

/**
 * The runs of known points with no more than four of each column of pixels: the first, the highest, the lowest and the
 * last, in the order of time. Drawn as lines they cover the same pixels as all points would.
 */
export function extremesByColumn(series: Series, columnWidth: number): Point[][] {
  return runsOf(series).map((run) =>
    columnsOf(run, columnWidth).flatMap((column) => {
      let [highest, lowest] = [0, 0]
      for (const [place, { y }] of column.entries()) {
        if (y < column[highest]!.y) highest = place
        if (y > column[lowest]!.y) lowest = place
      }
      const kept = new Set([0, highest, lowest, column.length - 1])
      return [...kept].toSorted((a, b) => a - b).map((place) => column[place]!)
    }),
  )
}

/** The runs of known points with one of each column, the last, and the first of all. */
export function lastByColumn(series: Series, columnWidth: number): Point[][] {
  return runsOf(series).map((run) => {
    const lasts = columnsOf(run, columnWidth).map((column) => column.at(-1)!)
    return lasts[0] === run[0] ? lasts : [run[0]!, ...lasts]
  })
}

/** One of each column: the one that `isBefore` puts before all others. */
export function bestByColumn<T extends { readonly x: number }>(
  marks: readonly T[],
  columnWidth: number,
  isBefore: (a: T, b: T) => boolean,
): T[] {
  return columnsOf(marks, columnWidth).map((column) => column.reduce((best, one) => (isBefore(one, best) ? one : best)))
}

function runsOf(series: Series): Point[][] {
  const runs: Point[][] = []
  let isOpen = false
  for (const point of series) {
    if (point === undefined) isOpen = false
    else if (isOpen) runs.at(-1)!.push(point)
    else {
      runs.push([point])
      isOpen = true
    }
  }
  return runs
}

/** Stretches of points, in order, whose x lies in the same column. */
function columnsOf<T extends { readonly x: number }>(points: readonly T[], columnWidth: number): T[][] {
  const columns: T[][] = []
  let [begin, end] = [0, 0]
  for (const point of points) {
    if (point.x >= begin && point.x < end) columns.at(-1)!.push(point)
    else {
      columns.push([point])
      begin = Math.floor(point.x / columnWidth) * columnWidth
      end = begin + columnWidth
    }
  }
  return columns
}
