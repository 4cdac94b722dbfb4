import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useMay, useMe } from '../../api/context.js'
import type { Investigated, TransferDetail } from '../../api/cycles.js'
import { useRead } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { ConfirmAct } from '../../parts/confirm-act.js'
import { Amount, Hex, Unknown, Usd } from '../../parts/exact.js'
import { IdLink } from '../../parts/id-link.js'
import { cycleHref, stepHref, transferPath } from '../../parts/links.js'
import { Ago, Moment } from '../../parts/moment.js'
import { durationText } from '../../parts/moments.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Empty, Notice } from '../../parts/states.js'
import { EVENTS, TRANSFERS } from '../../parts/words.js'
import classes from './history.module.css'
import { RecordPage } from './record-page.js'
import { elapsedText } from './trail.js'

/** One crossing: what was sent, what is to arrive, what has. */
export function TransferView({ id }: { readonly id: string }) {
  const read = useRead<TransferDetail>(transferPath(id))
  return (
    <RecordPage
      kind="Transfer"
      id={id}
      read={read}
      leadOf={({ bridge, origin, destination }) => `${bridge} from ${origin.chain} to ${destination}`}
      cycleOf={({ cycleId }) => cycleId}
      actionsOf={(transfer) => <InvestigatedButton transfer={transfer} />}
    >
      {(transfer) => (
        <>
          <LateNotice transfer={transfer} />
          <Summary transfer={transfer} />
          <Panel title="What happened, in order">
            <Timeline transfer={transfer} />
          </Panel>
          <ArrivalsPanel transfer={transfer} />
        </>
      )}
    </RecordPage>
  )
}

function LateNotice({ transfer: { isLate, state, investigation, expectedAt } }: { readonly transfer: TransferDetail }) {
  return (
    <>
      {isLate && (
        <Notice tone={state === 'lost_suspected' ? 'bad' : 'warn'} title={TRANSFERS[state].label}>
          {TRANSFERS[state].meaning} It was expected <Ago at={expectedAt} />.
        </Notice>
      )}
      {investigation && (
        <Notice tone="quiet" title={`${investigation.by} has looked into it`}>
          <p>{investigation.reason}</p>
          {investigation.note !== null && <p>{investigation.note}</p>}
          <Moment at={investigation.at} />
        </Notice>
      )}
    </>
  )
}

function InvestigatedButton({ transfer }: { readonly transfer: TransferDetail }) {
  const mayMark = useMay('resume:propose')
  const takesTwo = useMe().approvals.resume === 2
  const [isAsking, setAsking] = useState(false)
  const [note, setNote] = useState('')
  if (!transfer.isLate || transfer.investigation) return null
  if (!mayMark) return <span className={shared.quiet}>Marking it takes the scope resume:propose.</span>
  return (
    <>
      <Button variant="light" onClick={() => setAsking(true)}>
        I have looked into it…
      </Button>
      {isAsking && (
        <ConfirmAct<Investigated>
          title="Mark as investigated?"
          deed={(reason) => ({
            path: `${transferPath(transfer.id)}/investigated`,
            body: { reason, ...(note.trim() !== '' && { note: note.trim() }) },
            lookedAt: transferPath(transfer.id),
          })}
          reason="required"
          confirm={takesTwo ? 'Propose the mark' : 'Mark as investigated'}
          onClose={() => setAsking(false)}
        >
          <p>
            Its bridge is not stopped any more for this transfer&apos;s being late. It stays in transit, is looked for
            as before, and nothing is written off.
            {takesTwo && ' It takes two people here: somebody else has to approve it within 15 minutes.'}
          </p>
          <Textarea
            label="What was found"
            description="A ticket of the bridge, a transaction. You may leave it out."
            rows={2}
            maxLength={2_000}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </ConfirmAct>
      )}
    </>
  )
}

function Summary({ transfer }: { readonly transfer: TransferDetail }) {
  const { label, tone, meaning } = TRANSFERS[transfer.state]
  const { sent, expected, minimum, valueUsd, sentAt, expectedSeconds, expectedAt, origin, cycleId, intents } = transfer
  return (
    <Panel title="In short">
      <Facts>
        <Fact name="State">
          <StateBadge tone={tone} title={meaning}>
            {label}
          </StateBadge>
        </Fact>
        <Fact name="Sent">
          <Amount value={sent.amount} symbol={sent.symbol} />
        </Fact>
        <Fact name="Worth then">
          <Usd value={valueUsd} />
        </Fact>
        <Fact name="To arrive">
          <Amount value={expected.amount} symbol={expected.symbol} />
        </Fact>
        <Fact name="At least">
          <Amount value={minimum.amount} symbol={minimum.symbol} />
        </Fact>
        <Fact name="Sent at">
          <Moment at={sentAt} />
        </Fact>
        <Fact name={`Expected in ${durationText(expectedSeconds)}`}>
          {transfer.isOpen ? <Ago at={expectedAt} /> : <Moment at={expectedAt} />}
        </Fact>
        <Fact name="Sending transaction">
          <Hex value={origin.hash} label="hash" />
        </Fact>
        <Fact name="For">
          <IdLink id={cycleId} href={cycleHref(cycleId)} label="Cycle" />
        </Fact>
      </Facts>
      <p className={`${shared.quiet} ${shared.sub}`}>{meaning}</p>
      {intents.length > 0 && (
        <>
          <h3 className={shared.sub}>Transactions made for it</h3>
          <ul className={classes.steps}>
            {intents.map((one) => (
              <li key={one}>
                <IdLink id={one} href={stepHref(cycleId, one)} label="Transaction" />
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}

function Timeline({ transfer: { timeline } }: { readonly transfer: TransferDetail }) {
  if (timeline.length === 0) return <Empty title="Nothing was written yet" />
  return (
    <ol className={classes.timeline}>
      {timeline.map(({ at, event, chain, hash, evidence, isAhead }, index) => (
        <li key={`${event} ${at} ${hash ?? ''}`} data-weight={isAhead ? 'ahead' : 'strong'}>
          <div className={classes.when}>
            <Moment at={at} />
            {index > 0 && <span>{elapsedText(timeline[index - 1]!.at, at)}</span>}
          </div>
          <StateBadge tone={EVENTS[event].tone}>{EVENTS[event].label}</StateBadge>{' '}
          {chain !== null && <span>on {chain}</span>} {isAhead && <span className={shared.quiet}>due then</span>}
          <div className={classes.evidence}>{evidence}</div>
          {hash !== null && !evidence.includes(hash) && <Hex value={hash} label="hash" />}
        </li>
      ))}
    </ol>
  )
}

type Arrival = TransferDetail['arrivals'][number]

const ARRIVAL_COLUMNS: readonly Column<Arrival>[] = [
  { name: 'Chain', of: ({ chain }) => chain },
  {
    name: 'Received',
    isFigure: true,
    of: ({ received }) => <Amount value={received.amount} symbol={received.symbol} />,
  },
  { name: 'What', of: ({ isRefund }) => (isRefund ? 'given back' : 'delivered') },
  { name: 'Block', isFigure: true, of: ({ block }) => block },
  { name: 'Final', of: ({ finalAt }) => (finalAt === null ? <Unknown>not yet</Unknown> : <Moment at={finalAt} />) },
  { name: 'Hash', of: ({ hash }) => <Hex value={hash} label="hash" /> },
]

function ArrivalsPanel({ transfer: { arrivals } }: { readonly transfer: TransferDetail }) {
  return (
    <Panel title="Arrivals">
      {arrivals.length === 0 ? (
        <Empty title="Nothing has arrived" />
      ) : (
        <CardTable
          label="Arrivals"
          columns={ARRIVAL_COLUMNS}
          rows={arrivals}
          keyOf={({ hash, received }) => `${hash} ${received.address} ${received.units}`}
        />
      )}
    </Panel>
  )
}
