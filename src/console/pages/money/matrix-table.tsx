import type { CSSProperties, ReactNode } from 'react'
import { Share, Unknown, Usd } from '../../parts/exact.js'
import { Scrolls } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import type { Matrix, MatrixChain, MatrixRow } from './matrix.js'
import classes from './money.module.css'
import { TokenAmounts } from './token-amounts.js'

/** Assets down, chains across; the more of NAV a cell is, the stronger its tint. */
export function MatrixTable({
  matrix,
  navUsd,
  picture,
}: {
  readonly matrix: Matrix
  readonly navUsd: string | null
  /** Drawn over the columns of the chains. */
  readonly picture: ReactNode
}) {
  const { chains, rows, totalUsd } = matrix
  return (
    <Scrolls label="Table of assets by chain">
      <div className={classes.wide} style={{ '--chains': chains.length } as CSSProperties}>
        {picture}
        <table className={classes.matrix}>
          <caption className={shared.hidden}>Value, amount and share of NAV by asset and chain</caption>
          <colgroup>
            <col className={classes.nameColumn} />
            {chains.map(({ chain }) => (
              <col key={chain} />
            ))}
            <col className={classes.sumColumn} />
            <col className={classes.sumColumn} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">Asset</th>
              {chains.map(({ chain, unknown }) => (
                <th key={chain} scope="col">
                  {chain}
                  {unknown !== undefined && <div className={classes.unknownMark}>unknown</div>}
                </th>
              ))}
              <th scope="col" className={classes.sum}>
                Under way
              </th>
              <th scope="col" className={classes.sum}>
                Total
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.asset} row={row} chains={chains} navUsd={navUsd} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Total</th>
              {chains.map(({ chain, valueUsd, unknown }) => (
                <td key={chain}>
                  {unknown === undefined ? (
                    <>
                      <Usd value={valueUsd} />
                      <ShareOf valueUsd={valueUsd} navUsd={navUsd} />
                    </>
                  ) : (
                    <Unknown />
                  )}
                </td>
              ))}
              <td className={classes.sum}>
                <UnderWay of={matrix} cells="cells" />
              </td>
              <td className={classes.sum}>
                <Usd value={totalUsd} />
              </td>
            </tr>
          </tfoot>
        </table>
      </div>
    </Scrolls>
  )
}

function Row({
  row,
  chains,
  navUsd,
}: {
  readonly row: MatrixRow
  readonly chains: readonly MatrixChain[]
  readonly navUsd: string | null
}) {
  const { asset, follows, cells, totalUsd, unknown } = row
  return (
    <tr>
      <th scope="row">
        {asset}
        {follows !== undefined && <div className={classes.quiet}>follows {follows}</div>}
      </th>
      {chains.map((chain) => (
        <MatrixCell key={chain.chain} row={row} chain={chain} />
      ))}
      <td className={classes.sum}>
        <UnderWay of={row} cells="its cell" />
      </td>
      <td className={classes.sum}>
        {unknown !== undefined && cells.size === 0 ? (
          <Unknown />
        ) : (
          <>
            <strong>
              <Usd value={totalUsd} />
            </strong>
            <ShareOf valueUsd={totalUsd} navUsd={navUsd} />
          </>
        )}
      </td>
    </tr>
  )
}

/** What is in no cell, and under it what still is. */
function UnderWay({
  of,
  cells,
}: {
  readonly of: Pick<MatrixRow, 'underWayUsd' | 'leftSinceUsd'>
  readonly cells: string
}) {
  const hasLeftSince = Number(of.leftSinceUsd) > 0
  return (
    <>
      {Number(of.underWayUsd) > 0 && <Usd value={of.underWayUsd} />}
      {Number(of.underWayUsd) === 0 && !hasLeftSince && <Nothing />}
      {hasLeftSince && (
        <div className={classes.quiet} title="Left after the last cycle had measured, so that it is counted there.">
          <Usd value={of.leftSinceUsd} /> in {cells}
        </div>
      )}
    </>
  )
}

function MatrixCell({ row, chain }: { readonly row: MatrixRow; readonly chain: MatrixChain }) {
  const cell = row.cells.get(chain.chain)
  if (chain.unknown !== undefined || (!cell && row.unknown !== undefined)) {
    return (
      <td className={classes.unknownCell}>
        <Unknown />
      </td>
    )
  }
  if (!cell) {
    return (
      <td>
        <Nothing />
      </td>
    )
  }
  return (
    <td className={classes.cell} style={{ '--heat': cell.heat } as CSSProperties}>
      <div className={classes.cellHead}>
        <strong>
          <Usd value={cell.valueUsd} />
        </strong>
        <span>
          <Share value={cell.share} places={1} />
        </span>
      </div>
      <TokenAmounts cell={cell} />
    </td>
  )
}

function ShareOf({ valueUsd, navUsd }: { readonly valueUsd: string; readonly navUsd: string | null }) {
  const nav = Number(navUsd)
  if (!(nav > 0)) return null
  return (
    <div className={classes.quiet}>
      <Share value={String(Number(valueUsd) / nav)} places={1} />
    </div>
  )
}

function Nothing() {
  return (
    <>
      <span aria-hidden="true" className={classes.quiet}>
        –
      </span>
      <span className={shared.hidden}>nothing</span>
    </>
  )
}
