import type { ReactNode } from 'react'
import type { ReadPages } from '../api/queries.js'
import { CardTable, type Column } from './card-table.js'
import shared from './shared.module.css'
import { Await, Empty, More } from './states.js'

interface PagedTableProps<Page, Row> {
  readonly pages: ReadPages<Page>
  readonly rowsOf: (page: Page) => readonly Row[]
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string | number
  /** What stands there without a row. */
  readonly none: { readonly title: string; readonly why: string }
  /** Above the table, of all rows that have come. */
  readonly above?: (rows: readonly Row[]) => ReactNode
}

/** A list that comes page by page, as a table with the way to more of it. */
export function PagedTable<Page, Row>(props: PagedTableProps<Page, Row>) {
  const { pages, rowsOf, label, columns, keyOf, none, above } = props
  return (
    <Await read={pages}>
      {({ pages: loaded }) => {
        const rows = loaded.flatMap((page) => rowsOf(page))
        if (rows.length === 0) return <Empty title={none.title}>{none.why}</Empty>
        return (
          <>
            {above?.(rows)}
            <CardTable label={label} columns={columns} rows={rows} keyOf={keyOf} />
            <div className={shared.below}>
              <More pages={pages} />
            </div>
          </>
        )
      }}
    </Await>
  )
}
