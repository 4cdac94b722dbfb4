import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useReadPages } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Amount, Usd } from '../../parts/exact.js'
import { IdLink } from '../../parts/id-link.js'
import { Ago, Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { Await, Empty, More } from '../../parts/states.js'
import type { TransferLine, TransfersPage } from './api.js'
import classes from './history.module.css'
import { stepHref } from './links.js'
import { TRANSFERS } from './words.js'

const ANY = ''

export function TransfersView({ portfolio }: { readonly portfolio: string }) {
  const [state, setState] = useState(ANY)
  const pages = useReadPages<TransfersPage>('/v1/transfers', {
    portfolio,
    state: state === ANY ? undefined : state,
    limit: 50,
  })
  return (
    <Panel title="Transfers between chains">
      <div className={classes.filters}>
        <NativeSelect
          label="State"
          value={state}
          data={[
            { value: ANY, label: 'Every state' },
            ...Object.entries(TRANSFERS).map(([value, { label }]) => ({ value, label })),
          ]}
          onChange={(event) => setState(event.currentTarget.value)}
        />
      </div>
      <Await read={pages}>
        {({ pages: loaded }) => {
          const transfers = loaded.flatMap((page) => page.transfers)
          return transfers.length === 0 ? (
            <Empty title="No transfer">{state === ANY ? 'Nothing has crossed yet.' : 'None is in this state.'}</Empty>
          ) : (
            <>
              <CardTable label="Transfers, newest first" columns={COLUMNS} rows={transfers} keyOf={({ id }) => id} />
              <div className={classes.below}>
                <More pages={pages} />
              </div>
            </>
          )
        }}
      </Await>
    </Panel>
  )
}

const COLUMNS: readonly Column<TransferLine>[] = [
  { name: 'Sent', of: ({ sentAt }) => <Moment at={sentAt} /> },
  {
    name: 'Way',
    of: ({ origin, destination, bridge }) => (
      <>
        {origin.chain} → {destination} <span className={classes.quiet}>by {bridge}</span>
      </>
    ),
  },
  { name: 'Amount', isFigure: true, of: ({ sent }) => <Amount value={sent.amount} symbol={sent.symbol} /> },
  { name: 'Worth', isFigure: true, of: ({ valueUsd }) => <Usd value={valueUsd} /> },
  {
    name: 'State',
    of: ({ state, investigation }) => (
      <>
        <StateBadge tone={TRANSFERS[state].tone} title={TRANSFERS[state].meaning}>
          {TRANSFERS[state].label}
        </StateBadge>
        {investigation && <span className={classes.quiet}> looked into</span>}
      </>
    ),
  },
  { name: 'Expected', of: ({ expectedAt, isOpen }) => (isOpen ? <Ago at={expectedAt} /> : <Moment at={expectedAt} />) },
  { name: 'Transfer', of: ({ id, cycleId }) => <IdLink id={id} href={stepHref(cycleId, id)} label="Transfer" /> },
]
