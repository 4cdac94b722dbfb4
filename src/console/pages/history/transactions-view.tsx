import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useReadPages } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { IdLink } from '../../parts/id-link.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { Await, Empty, More } from '../../parts/states.js'
import type { IntentLine, IntentsPage } from './api.js'
import classes from './history.module.css'
import { cycleHref, stepHref } from './links.js'
import { INTENTS } from './words.js'

const ANY = ''
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
      <p className={classes.quiet}>One for each nonce that was taken, with the step it is for.</p>
      <div className={`${classes.filters} ${classes.sub}`}>
        <NativeSelect
          label="State"
          value={state}
          data={[
            { value: ANY, label: 'Every state' },
            ...Object.entries(INTENTS).map(([value, { label }]) => ({ value, label })),
          ]}
          onChange={(event) => setState(event.currentTarget.value)}
        />
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
      <Await read={pages}>
        {({ pages: loaded }) => {
          const intents = loaded.flatMap((page) => page.intents)
          return intents.length === 0 ? (
            <Empty title="No transaction">{state === ANY ? 'Nothing was signed yet.' : 'None is in this state.'}</Empty>
          ) : (
            <>
              <CardTable label="Transactions, newest first" columns={COLUMNS} rows={intents} keyOf={({ id }) => id} />
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
