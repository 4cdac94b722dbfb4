import { Exact } from '../../parts/exact.js'
import { amountFigure } from '../../parts/figures.js'
import type { Cell } from './matrix.js'
import classes from './money.module.css'

/** What a cell holds token by token; exact, and in base units, on demand. */
export function TokenAmounts({ cell }: { readonly cell: Cell }) {
  return (
    <>
      {cell.positions.map(({ token, symbol, amount, units }) => {
        const { readable, exact } = amountFigure(amount, symbol)
        return (
          <div key={token} className={classes.amount}>
            <Exact readable={readable} exact={`${exact} (${units} base units)`} />
          </div>
        )
      })}
    </>
  )
}
