import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import classes from './card-table.module.css'

export interface Column<Row> {
  readonly name: string
  readonly of: (row: Row) => ReactNode
  /** Figures stand to the right, so that their digits are under each other. */
  readonly isFigure?: boolean
}

/** A column needs so many pixels on the average; and a phone shows no table, however few it has. */
const COLUMN_WIDTH = 125
const LEAST_WIDTH = 640

/** A table; where it is too narrow for one, each row is a card with the names of its columns in it. */
export function CardTable<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string | number
}) {
  const holder = useRef<HTMLDivElement>(null)
  const [isNarrow, setNarrow] = useState(false)
  const least = Math.max(LEAST_WIDTH, columns.length * COLUMN_WIDTH)
  // Before the first picture, so that nothing jumps.
  useLayoutEffect(() => {
    const { current } = holder
    if (!current) return undefined
    const look = () => setNarrow(current.clientWidth < least)
    look()
    const watch = new ResizeObserver(look)
    watch.observe(current)
    return () => watch.disconnect()
  }, [least])
  return (
    <div ref={holder} className={classes.holder}>
      <table className={classes.table} data-cards={isNarrow || undefined} aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ name, isFigure }) => (
              <th key={name} scope="col" data-figure={isFigure}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, of, isFigure }) => (
                <td key={name} data-name={name} data-figure={isFigure}>
                  <div>{of(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
