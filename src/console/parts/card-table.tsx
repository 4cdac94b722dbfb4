import type { ReactNode } from 'react'
import classes from './card-table.module.css'

export interface Column<Row> {
  readonly name: string
  readonly of: (row: Row) => ReactNode
  /** Figures stand to the right, so that their digits are under each other. */
  readonly isFigure?: boolean
}

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
  return (
    <div className={classes.holder}>
      <table className={classes.table} aria-label={label}>
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
