import { useMediaQuery } from '@mantine/hooks'
import type { Positions } from '../../api/answers.js'
import { usePortfolio, usePositions } from '../../api/queries.js'
import { useChosenPortfolio } from '../../frame/portfolio.js'
import { Hex, Usd } from '../../parts/exact.js'
import { Ago } from '../../parts/moment.js'
import { Fact, Facts, Page, Panel } from '../../parts/page.js'
import { Await, Empty, Notice } from '../../parts/states.js'
import { UnderWayFigure } from '../../parts/under-way-figure.js'
import { ChainCards } from './chain-cards.js'
import { Derivatives } from './derivatives.js'
import { FlowsPicture, UnderWay } from './flows.js'
import { MatrixTable } from './matrix-table.js'
import { isApart, matrixOf } from './matrix.js'
import classes from './money.module.css'
import { Unattributed } from './unattributed.js'

/** Below this a matrix is no longer readable. */
const NARROW = '(max-width: 760px)'

export default function Money() {
  const { id } = useChosenPortfolio()
  const read = usePositions(id)
  return (
    <Page title="Where the money is" lead="By asset and chain as of the last cycle; what is under way as of now.">
      <Await read={read}>{(positions) => <Shown positions={positions} />}</Await>
    </Page>
  )
}

function Shown({ positions }: { readonly positions: Positions }) {
  const isNarrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false })
  const portfolio = usePortfolio(positions.portfolio)
  const matrix = matrixOf(positions, portfolio.data?.chains?.map(({ chain }) => chain) ?? [])
  return (
    <>
      <Unattributed portfolio={positions.portfolio} found={positions.unattributed} />
      <UnknownNotice positions={positions} />
      <Panel title="Assets by chain">
        <Figures positions={positions} />
        {matrix.rows.length === 0 ? (
          <div className={classes.below}>
            <Nothing isMeasured={positions.cycleId !== null} />
          </div>
        ) : isNarrow ? (
          <ChainCards matrix={matrix} />
        ) : (
          <MatrixTable
            matrix={matrix}
            navUsd={positions.navUsd}
            picture={<FlowsPicture inTransit={positions.inTransit} chains={matrix.chains.map(({ chain }) => chain)} />}
          />
        )}
        {isApart(matrix.totalUsd, positions.navUsd) && (
          <p className={classes.note}>
            NAV is as of the last cycle. What has arrived since is in it, and in no cell until the next one.
          </p>
        )}
      </Panel>
      <UnderWay positions={positions} />
      <Derivatives positions={positions} />
    </>
  )
}

function Figures({ positions: { navUsd, measuredAt, inTransit, account } }: { readonly positions: Positions }) {
  return (
    <Facts>
      <Fact name="NAV">
        <Usd value={navUsd} />
      </Fact>
      <Fact name="Measured">{measuredAt === null ? 'not yet' : <Ago at={measuredAt} />}</Fact>
      <Fact name="Under way now">
        <UnderWayFigure inTransit={inTransit} />
      </Fact>
      <Fact name="Account">
        <Hex value={account} label="account" />
      </Fact>
    </Facts>
  )
}

function Nothing({ isMeasured }: { readonly isMeasured: boolean }) {
  return isMeasured ? (
    <Empty title="There is nothing in the account">
      Nothing of any asset of the portfolio lies on any of its chains.
    </Empty>
  ) : (
    <Empty title="Nothing has been measured yet">The first cycle reads every balance on every chain.</Empty>
  )
}

function UnknownNotice({ positions: { unknown, isComplete, cycleId } }: { readonly positions: Positions }) {
  const { chains, assets, derivatives } = unknown
  if (chains.length === 0 && assets.length === 0 && derivatives === null && (isComplete || cycleId === null))
    return null
  return (
    <Notice tone="warn" title="Not everything is known">
      <p>NAV is the sum of what has a value. What is unknown is not counted as nothing, and is not traded.</p>
      <ul className={classes.reasons}>
        {chains.map(({ chain, reason }) => (
          <li key={chain}>
            What lies on {chain}: {reason}
          </li>
        ))}
        {assets.map(({ asset, reason }) => (
          <li key={asset}>
            What {asset} is worth: {reason}
          </li>
        ))}
        {derivatives !== null && <li>Derivatives: {derivatives}</li>}
      </ul>
    </Notice>
  )
}
