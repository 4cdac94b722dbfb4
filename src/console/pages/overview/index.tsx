import { useRead, usePortfolio, usePositions } from '../../api/queries.js'
import { useChosenPortfolio } from '../../frame/portfolio.js'
import { Share, Unknown, Usd } from '../../parts/exact.js'
import { Ago } from '../../parts/moment.js'
import { Fact, Facts, Page, Panel } from '../../parts/page.js'
import { Await, Empty, Notice } from '../../parts/states.js'
import { UnderWayFigure } from '../../parts/under-way-figure.js'
import type { Portfolio } from '../../api/answers.js'
import { Alerts } from './alerts-panel.js'
import type { Cycle } from './answers.js'
import { Drift } from './drift.js'
import { LastDecision } from './last-decision.js'
import classes from './overview.module.css'
import { Standing } from './standing.js'

export default function Overview() {
  const { id } = useChosenPortfolio()
  const read = usePortfolio(id)
  return (
    <Page title="Overview">
      <Await read={read}>{(portfolio) => <Shown portfolio={portfolio} />}</Await>
    </Page>
  )
}

function Shown({ portfolio }: { readonly portfolio: Portfolio }) {
  const { lastCycle } = portfolio
  const cycle = useRead<Cycle>(lastCycle && `/v1/cycles/${encodeURIComponent(lastCycle.id)}`)
  return (
    <div className={classes.grid}>
      <div className={classes.wide}>
        <Panel title="Drift against band">
          {portfolio.assets && portfolio.assets.length > 0 ? (
            <Drift portfolio={portfolio} cycle={cycle.data} />
          ) : (
            <Empty title="Nothing has been measured yet">The first cycle measures every asset on every chain.</Empty>
          )}
        </Panel>
        <LastDecision portfolio={portfolio} cycle={cycle.data} />
      </div>
      <div>
        <Figures portfolio={portfolio} />
        <Alerts portfolio={portfolio} />
        <Standing portfolio={portfolio} />
      </div>
    </div>
  )
}

function Figures({ portfolio: { id, navUsd, drift, isComplete, measuredAt } }: { readonly portfolio: Portfolio }) {
  const positions = usePositions(id)
  return (
    <Panel title="Value">
      <div className={classes.nav}>
        <Usd value={navUsd} />
      </div>
      <Facts>
        <Fact name="Would have to trade">
          <Share value={drift} />
        </Fact>
        <Fact name="Measured">{measuredAt === undefined ? 'not yet' : <Ago at={measuredAt} />}</Fact>
        <Fact name="Under way now">
          {positions.data ? <UnderWayFigure inTransit={positions.data.inTransit} /> : <Unknown>not known</Unknown>}
        </Fact>
      </Facts>
      {isComplete === false && (
        <Notice tone="warn" title="Not everything has a value">
          This is the sum of what has one.
        </Notice>
      )}
    </Panel>
  )
}
