import type { CSSProperties } from 'react'
import type { Positions } from '../../api/answers.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Exact, Usd } from '../../parts/exact.js'
import { amountFigure } from '../../parts/figures.js'
import { IdLink } from '../../parts/id-link.js'
import { Ago, Moment, useNow } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { Empty } from '../../parts/states.js'
import { stepHref } from '../../parts/links.js'
import { TRANSFERS } from '../../parts/words.js'
import { flowsOf, isOverdue, type Transit } from './flow-lines.js'
import classes from './money.module.css'

/** What is under way as arrows over the columns of the chains. The table below says the same in words. */
export function FlowsPicture({
  inTransit,
  chains,
}: {
  readonly inTransit: readonly Transit[]
  readonly chains: readonly string[]
}) {
  const now = useNow()
  const flows = flowsOf(inTransit, chains)
  if (flows.length === 0) return null
  return (
    <div className={classes.flows} aria-hidden="true">
      {flows.map(({ transit, start, length, points }) => (
        <div
          key={transit.transfer + transit.amount.address}
          className={classes.flow}
          data-points={points}
          data-late={isOverdue(transit, now)}
          style={{ marginInlineStart: `${start * 100}%`, inlineSize: `${length * 100}%` } as CSSProperties}
        >
          <span className={classes.flowText}>
            <strong>{amountFigure(transit.amount.amount, transit.amount.symbol).readable}</strong> {transit.bridge},{' '}
            {dueText(transit, now)}
          </span>
          <span className={classes.flowLine} />
        </div>
      ))}
    </div>
  )
}

function dueText(transit: Transit, now: number): string {
  if (transit.state === 'seen') return 'arrived, not final yet'
  if (transit.isLate) return 'late'
  return isOverdue(transit, now) ? 'due' : `due in ${Math.ceil((Date.parse(transit.expectedAt) - now) / 1000)} s`
}

const COLUMNS: readonly Column<Transit>[] = [
  {
    name: 'Amount',
    of: ({ amount: { amount, symbol, units } }) => {
      const { readable, exact } = amountFigure(amount, symbol)
      return <Exact readable={readable} exact={`${exact} (${units} base units)`} />
    },
  },
  { name: 'Value', isFigure: true, of: ({ valueUsd }) => <Usd value={valueUsd} /> },
  {
    name: 'Way',
    of: ({ from, to, isInPositions }) => (
      <>
        {from} → {to}
        {isInPositions && <div className={classes.quiet}>still counted on {from}</div>}
      </>
    ),
  },
  { name: 'Bridge', of: ({ bridge }) => bridge },
  { name: 'Sent', of: ({ sentAt }) => <Moment at={sentAt} /> },
  {
    name: 'Expected',
    of: (transit) => <Expected transit={transit} />,
  },
  {
    name: 'State',
    of: ({ state }) => {
      const { label, tone, meaning } = TRANSFERS[state]
      return (
        <StateBadge tone={tone} title={meaning}>
          {label}
        </StateBadge>
      )
    },
  },
  { name: 'Follow', of: ({ transfer }) => <IdLink id={transfer} href={stepHref(null, transfer)} label="Transfer" /> },
]

function Expected({ transit }: { readonly transit: Transit }) {
  const isOver = isOverdue(transit, useNow())
  return (
    <>
      <Ago at={transit.expectedAt} />
      {transit.state !== 'seen' && isOver && !transit.isLate && (
        <div>
          <StateBadge tone="warn">due</StateBadge>
        </div>
      )}
    </>
  )
}

export function UnderWay({ positions: { inTransit } }: { readonly positions: Positions }) {
  return (
    <Panel title="Under way between chains">
      {inTransit.length === 0 ? (
        <Empty title="Nothing is under way" />
      ) : (
        <CardTable
          label="Under way between chains"
          columns={COLUMNS}
          rows={inTransit}
          keyOf={({ transfer, amount }) => transfer + amount.address}
        />
      )}
    </Panel>
  )
}
