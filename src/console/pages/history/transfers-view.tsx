import { useState } from 'react'
import { useReadPages } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import type { Column } from '../../parts/card-table.js'
import { Amount, Usd } from '../../parts/exact.js'
import { IdLink } from '../../parts/id-link.js'
import { Ago, Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { ANY, StateSelect } from '../../parts/state-select.js'
import type { TransferLine, TransfersPage } from '../../api/cycles.js'
import shared from '../../parts/shared.module.css'
import { stepHref } from '../../parts/links.js'
import { TRANSFERS } from '../../parts/words.js'

export function TransfersView({ portfolio }: { readonly portfolio: string }) {
  const [state, setState] = useState(ANY)
  const pages = useReadPages<TransfersPage>('/v1/transfers', {
    portfolio,
    state: state === ANY ? undefined : state,
    limit: 50,
  })
  return (
    <Panel title="Transfers between chains">
      <div className={shared.filters}>
        <StateSelect value={state} words={TRANSFERS} onChange={setState} />
      </div>
      <PagedTable
        pages={pages}
        rowsOf={({ transfers }) => transfers}
        label="Transfers, newest first"
        columns={COLUMNS}
        keyOf={({ id }) => id}
        none={{ title: 'No transfer', why: state === ANY ? 'Nothing has crossed yet.' : 'None is in this state.' }}
      />
    </Panel>
  )
}

const COLUMNS: readonly Column<TransferLine>[] = [
  { name: 'Sent', of: ({ sentAt }) => <Moment at={sentAt} /> },
  {
    name: 'Way',
    of: ({ origin, destination, bridge }) => (
      <>
        {origin.chain} → {destination} <span className={shared.quiet}>by {bridge}</span>
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
        {investigation && <span className={shared.quiet}> looked into</span>}
      </>
    ),
  },
  { name: 'Expected', of: ({ expectedAt, isOpen }) => (isOpen ? <Ago at={expectedAt} /> : <Moment at={expectedAt} />) },
  { name: 'Transfer', of: ({ id, cycleId }) => <IdLink id={id} href={stepHref(cycleId, id)} label="Transfer" /> },
]
