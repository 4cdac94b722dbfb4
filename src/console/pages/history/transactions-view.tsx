import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useReadPages } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import type { Column } from '../../parts/card-table.js'
import { IdLink } from '../../parts/id-link.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { ANY, StateSelect } from '../../parts/state-select.js'
import type { IntentLine, IntentsPage } from '../../api/cycles.js'
import shared from '../../parts/shared.module.css'
import { cycleHref, stepHref } from '../../parts/links.js'
import { INTENTS } from '../../parts/words.js'

const EVERYBODY = 'everybody'

export function TransactionsView({ portfolio }: { readonly portfolio: string }) {
  const [state, setState] = useState(ANY)
  const [of, setOf] = useState(portfolio)
  const pages = useReadPages<IntentsPage>('/v1/intents', {
    portfolio: of === EVERYBODY ? undefined : of,
    state: state === ANY ? undefined : state,
    limit: 50,
  })
  return (
    <Panel title="Transactions">
      <p className={shared.quiet}>One for each nonce that was taken, with the step it is for.</p>
      <div className={`${shared.filters} ${shared.sub}`}>
        <StateSelect value={state} words={INTENTS} onChange={setState} />
        <NativeSelect
          label="Of"
          value={of}
          data={[
            { value: portfolio, label: portfolio },
            { value: EVERYBODY, label: 'Every portfolio, and housekeeping' },
          ]}
          onChange={(event) => setOf(event.currentTarget.value)}
        />
      </div>
      <PagedTable
        pages={pages}
        rowsOf={({ intents }) => intents}
        label="Transactions, newest first"
        columns={COLUMNS}
        keyOf={({ id }) => id}
        none={{ title: 'No transaction', why: state === ANY ? 'Nothing was signed yet.' : 'None is in this state.' }}
      />
    </Panel>
  )
}

const COLUMNS: readonly Column<IntentLine>[] = [
  { name: 'Reserved', of: ({ reservedAt }) => <Moment at={reservedAt} /> },
  { name: 'Step', of: ({ kind }) => kind },
  { name: 'Chain', of: ({ chain }) => chain },
  { name: 'Nonce', isFigure: true, of: ({ nonce }) => nonce },
  {
    name: 'State',
    of: ({ state }) => (
      <StateBadge tone={INTENTS[state].tone} title={INTENTS[state].meaning}>
        {INTENTS[state].label}
      </StateBadge>
    ),
  },
  { name: 'Transaction', of: ({ id, cycleId }) => <IdLink id={id} href={stepHref(cycleId, id)} label="Transaction" /> },
  {
    name: 'Cycle',
    of: ({ cycleId }) =>
      cycleId === null ? 'housekeeping' : <IdLink id={cycleId} href={cycleHref(cycleId)} label="Cycle" />,
  },
]
