import type { CSSProperties } from 'react'
import { Share, Unknown, Usd } from '../../parts/exact.js'
import type { Matrix, MatrixChain } from './matrix.js'
import classes from './money.module.css'
import { TokenAmounts } from './token-amounts.js'

/** The matrix where there is no room for one: a card for each chain. */
export function ChainCards({ matrix }: { readonly matrix: Matrix }) {
  const withoutValue = matrix.rows.filter(({ unknown, cells }) => unknown !== undefined && cells.size === 0)
  return (
    <div className={classes.cards}>
      {matrix.chains.map((chain) => (
        <ChainCard key={chain.chain} chain={chain} matrix={matrix} />
      ))}
      {withoutValue.length > 0 && (
        <section className={classes.card} aria-label="Without a value">
          <div className={classes.cardHead}>
            <h3>Without a value</h3>
          </div>
          <p>{withoutValue.map(({ asset }) => asset).join(', ')}</p>
        </section>
      )}
    </div>
  )
}

function ChainCard({ chain: { chain, valueUsd, unknown }, matrix }: { chain: MatrixChain; matrix: Matrix }) {
  const held = matrix.rows.flatMap((row) => {
    const cell = row.cells.get(chain)
    return cell ? [{ row, cell }] : []
  })
  return (
    <section className={classes.card} aria-label={chain}>
      <div className={classes.cardHead}>
        <h3>{chain}</h3>
        {unknown === undefined ? (
          <strong>
            <Usd value={valueUsd} />
          </strong>
        ) : (
          <span className={classes.unknownMark}>unknown</span>
        )}
      </div>
      {unknown !== undefined && <p className={classes.quiet}>{unknown}</p>}
      {unknown === undefined && held.length === 0 && <p className={classes.quiet}>Nothing lies here.</p>}
      {unknown === undefined && (
        <ul className={classes.cardRows}>
          {held.map(({ row: { asset, follows }, cell }) => (
            <li key={asset} className={classes.cell} style={{ '--heat': cell.heat } as CSSProperties}>
              <div className={classes.cellHead}>
                <span>
                  <strong>{asset}</strong>
                  {follows !== undefined && ` follows ${follows}`}
                </span>
                <span>
                  <strong>{cell.valueUsd === '' ? <Unknown /> : <Usd value={cell.valueUsd} />}</strong>{' '}
                  <Share value={cell.share} places={1} />
                </span>
              </div>
              <TokenAmounts cell={cell} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
