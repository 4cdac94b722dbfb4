import { Button } from '@mantine/core'
import { useState } from 'react'
import { useMay, useMe } from '../../api/context.js'
import { usePortfolio, useReadPages } from '../../api/queries.js'
import { useChosenPortfolio } from '../../frame/portfolio.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { ConfirmAct } from '../../parts/confirm-act.js'
import { Amount, Hex } from '../../parts/exact.js'
import { IdLink } from '../../parts/id-link.js'
import { stepHref } from '../../parts/links.js'
import { Moment } from '../../parts/moment.js'
import { NeedsScope } from '../../parts/needs-scope.js'
import { Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty, More } from '../../parts/states.js'
import type { Balance, Inflow, Ledger, Posting } from './api.js'
import { movedToFinal, postingCause } from './posting-cause.js'

export function LedgerTab() {
  const { id } = useChosenPortfolio()
  return (
    <NeedsScope scope="ledger:read">
      <Unattributed key={`inflows ${id}`} portfolio={id} />
      <Book key={`book ${id}`} portfolio={id} />
    </NeedsScope>
  )
}

/** Money that came in unannounced: nobody but a person can say whose it is. */
function Unattributed({ portfolio }: { readonly portfolio: string }) {
  const read = usePortfolio(portfolio)
  const found = read.data?.unattributed ?? []
  if (!read.error && found.length === 0) return null
  return (
    <Panel title="Came in unannounced">
      <p className={shared.quiet}>
        It is in no figure and is not traded until somebody says that it is the fund&apos;s own.
      </p>
      <Await read={read}>
        {() => (
          <CardTable
            label="Unattributed money"
            columns={[
              ...BALANCES,
              { name: 'Whose', of: (balance) => <Classify portfolio={portfolio} balance={balance} /> },
            ]}
            rows={found}
            keyOf={byToken}
          />
        )}
      </Await>
    </Panel>
  )
}

function Classify({ portfolio, balance }: { readonly portfolio: string; readonly balance: Balance }) {
  const mayClassify = useMay('resume:propose')
  const takesTwo = useMe().approvals.resume === 2
  const [isAsking, setAsking] = useState(false)
  if (!mayClassify) return <span className={shared.quiet}>Saying so takes the scope resume:propose.</span>
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setAsking(true)}>
        It is ours…
      </Button>
      {isAsking && (
        <ConfirmAct<Inflow>
          title="Take it for the fund's own?"
          deed={(reason) => ({
            path: `/v1/portfolios/${encodeURIComponent(portfolio)}/inflows`,
            body: { chain: balance.chain, token: balance.token, units: balance.units, reason },
          })}
          reason="required"
          confirm={takesTwo ? 'Propose it' : "It is the fund's own"}
          onClose={() => setAsking(false)}
        >
          <p>
            Everything unattributed of <Token balance={balance} /> on {balance.chain}: <Units of={balance} />. From then
            on it counts in NAV and weights, and is traded.
            {takesTwo && ' It takes two people here: somebody else has to approve it within 15 minutes.'}
          </p>
        </ConfirmAct>
      )}
    </>
  )
}

function Book({ portfolio }: { readonly portfolio: string }) {
  const pages = useReadPages<Ledger>(`/v1/portfolios/${encodeURIComponent(portfolio)}/ledger`, { limit: 50 })
  return (
    <Await read={pages}>
      {({ pages: loaded }) => {
        const [first] = loaded
        const postings = loaded.flatMap((page) => page.postings)
        const moved = movedToFinal(postings)
        return (
          <>
            <Panel title="What lies in the wallet, by the final book">
              {first && first.balances.length > 0 ? (
                <CardTable label="Balances" columns={BALANCES} rows={first.balances} keyOf={byToken} />
              ) : (
                <Empty title="Nothing is booked yet" />
              )}
              {first && (
                <p className={`${shared.quiet} ${shared.sub}`}>
                  Account <Hex value={first.account} label="account" />
                </p>
              )}
            </Panel>
            <Panel title="Postings">
              {postings.length === 0 ? (
                <Empty title="Nothing is booked yet" />
              ) : (
                <>
                  <CardTable
                    label="Postings, newest first"
                    columns={POSTINGS}
                    rows={postings.map((posting, index) => ({ posting, index, isMoved: moved.has(posting) }))}
                    keyOf={({ index }) => index}
                  />
                  <div className={shared.below}>
                    <More pages={pages} />
                  </div>
                </>
              )}
            </Panel>
          </>
        )
      }}
    </Await>
  )
}

const byToken = ({ chain, token }: Balance) => `${chain} ${token}`

function Token({ balance: { symbol, token } }: { readonly balance: Pick<Balance, 'symbol' | 'token'> }) {
  return symbol ?? <Hex value={token} label="token" />
}

function Units({ of: { amount, symbol, units } }: { readonly of: Pick<Balance, 'amount' | 'symbol' | 'units'> }) {
  return amount === null ? `${units} base units` : <Amount value={amount} symbol={symbol} />
}

function Cause({ cause, isMoved }: { readonly cause: string; readonly isMoved: boolean }) {
  const step = postingCause(cause)
  if (!step) return cause
  return (
    <>
      <IdLink id={step.stepId} href={stepHref(null, step.stepId)} label="Cause" />{' '}
      <span className={shared.quiet}>
        {isMoved ? step.what.replace('undone', 'moved to the final book') : step.what}
      </span>
    </>
  )
}

const BALANCES: readonly Column<Balance>[] = [
  { name: 'Chain', of: ({ chain }) => chain },
  {
    name: 'Token',
    of: (balance) => (
      <>
        {balance.symbol} <Hex value={balance.token} label="token" />
      </>
    ),
  },
  { name: 'Amount', isFigure: true, of: (balance) => <Units of={balance} /> },
]

const POSTINGS: readonly Column<{ readonly posting: Posting; readonly index: number; readonly isMoved: boolean }>[] = [
  { name: 'Booked', of: ({ posting }) => <Moment at={posting.bookedAt} /> },
  { name: 'Cause', of: ({ posting, isMoved }) => <Cause cause={posting.cause} isMoved={isMoved} /> },
  { name: 'Account', of: ({ posting }) => posting.account },
  { name: 'Chain', of: ({ posting }) => posting.chain },
  {
    name: 'Amount',
    isFigure: true,
    of: ({ posting }) => (
      <>
        <Units of={posting} /> {posting.symbol === null && <Hex value={posting.token} label="token" />}
      </>
    ),
  },
  {
    name: 'Book',
    of: ({ posting }) => <StateBadge tone={posting.book === 'final' ? 'good' : 'quiet'}>{posting.book}</StateBadge>,
  },
]
