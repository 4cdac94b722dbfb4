import type { IntentDetail } from '../../api/cycles.js'
import { useRead } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CallPanel } from '../../parts/call-panel.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { fromUnits } from '../../parts/decimals.js'
import { Amount, Hex } from '../../parts/exact.js'
import { amountFigure } from '../../parts/figures.js'
import { IdLink } from '../../parts/id-link.js'
import { cycleHref, intentPath } from '../../parts/links.js'
import { Ago, Moment } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Empty } from '../../parts/states.js'
import { INTENTS } from '../../parts/words.js'
import { hrefOf } from '../../routes.js'
import { CancelButton, CancelNotice } from './cancel-intent.js'
import { CancelProposals } from './cancel-proposal.js'
import classes from './history.module.css'
import { RecordPage } from './record-page.js'
import { elapsedText, type Moment as Written, momentsOf } from './trail.js'

/** One transaction: what it is for, what it says, and everything that was written about it. */
export function IntentView({ id }: { readonly id: string }) {
  const read = useRead<IntentDetail>(intentPath(id))
  return (
    <RecordPage
      kind="Transaction"
      id={id}
      read={read}
      leadOf={({ kind, chain, nonce }) => `${kind} on ${chain}, nonce ${nonce}`}
      cycleOf={({ cycleId }) => cycleId}
      actionsOf={(intent) => <CancelButton intent={intent} />}
    >
      {(intent) => (
        <>
          <CancelNotice intent={intent} />
          <CancelProposals intentId={intent.id} />
          <Summary intent={intent} />
          <CallPanel call={intent.call} data={intent.data} />
          <Panel title="What happened, in order">
            <Timeline intent={intent} />
          </Panel>
          <AttemptsPanel intent={intent} />
          <BroadcastsPanel intent={intent} />
        </>
      )}
    </RecordPage>
  )
}

function Summary({ intent }: { readonly intent: IntentDetail }) {
  const { label, tone, meaning } = INTENTS[intent.state]
  const { inclusion, expiresAt, cycleId } = intent
  return (
    <Panel title="In short">
      <Facts>
        <Fact name="State">
          <StateBadge tone={tone} title={meaning}>
            {label}
          </StateBadge>
        </Fact>
        <Fact name="Account">
          <Hex value={intent.account} label="account" />
        </Fact>
        <Fact name="Calls">
          <Hex value={intent.to} label="contract" />
        </Fact>
        <Fact name="Coin sent">
          <Amount value={fromUnits(intent.valueWei, 18)} />
        </Fact>
        {inclusion && (
          <>
            <Fact name="In block">{inclusion.block}</Fact>
            <Fact name="Transaction">
              <Hex value={inclusion.hash} label="hash" />
            </Fact>
            <Fact name="Gas paid, coin">
              <Amount value={fromUnits(inclusion.gasPaidWei, 18)} />
            </Fact>
          </>
        )}
        {expiresAt !== null && (
          <Fact name="Calldata good until">{inclusion ? <Moment at={expiresAt} /> : <Ago at={expiresAt} />}</Fact>
        )}
        <Fact name="For">
          {cycleId === null ? 'housekeeping' : <IdLink id={cycleId} href={cycleHref(cycleId)} label="Cycle" />}
        </Fact>
      </Facts>
      <p className={`${shared.quiet} ${shared.sub}`}>
        {meaning} <a href={`${hrefOf('history')}?view=transactions`}>All transactions</a>
      </p>
    </Panel>
  )
}

function Timeline({ intent }: { readonly intent: IntentDetail }) {
  const moments = momentsOf(intent)
  if (moments.length === 0) return <Empty title="Nothing was written yet" />
  return (
    <ol className={classes.timeline}>
      {moments.map((one, index) => (
        <li key={`${one.type} ${one.at} ${index}`} data-weight={one.type === 'state' ? 'strong' : 'light'}>
          <div className={classes.when}>
            <Moment at={one.at} />
            {index > 0 && <span>{elapsedText(moments[index - 1]!.at, one.at)}</span>}
          </div>
          <Happened moment={one} />
        </li>
      ))}
    </ol>
  )
}

function Happened({ moment }: { readonly moment: Written }) {
  switch (moment.type) {
    case 'state': {
      const { label, tone, meaning } = INTENTS[moment.entry.state]
      return (
        <>
          <StateBadge tone={tone} title={meaning}>
            {label}
          </StateBadge>
          <div className={classes.evidence}>{moment.entry.evidence}</div>
          <span className={shared.quiet}>written under lease {moment.entry.epoch}</span>
        </>
      )
    }
    case 'attempt':
      return (
        <div>
          Attempt {moment.ordinal} signed, {moment.entry.payload === 'cancel' ? 'a cancel' : 'the step'}:{' '}
          <Hex value={moment.entry.hash} label="hash" />
        </div>
      )
    case 'broadcast':
      return (
        <div className={classes.evidence}>
          Sent to {moment.entries.map(({ endpoint, answer }) => `${endpoint}: ${answer}`).join('; ')}
        </div>
      )
  }
}

type Attempt = IntentDetail['attempts'][number]

const ATTEMPT_COLUMNS: readonly Column<Attempt>[] = [
  { name: 'Signed', of: ({ signedAt }) => <Moment at={signedAt} /> },
  { name: 'Does', of: ({ payload }) => (payload === 'cancel' ? 'cancels the nonce' : 'the step') },
  { name: 'Most per gas', isFigure: true, of: ({ maxFeePerGasWei }) => `${fromUnits(maxFeePerGasWei, 9)} gwei` },
  { name: 'Gas limit', isFigure: true, of: ({ gasLimit }) => amountFigure(gasLimit).readable },
  { name: 'Hash', of: ({ hash }) => <Hex value={hash} label="hash" /> },
]

function AttemptsPanel({ intent: { attempts } }: { readonly intent: IntentDetail }) {
  return (
    <Panel title="Attempts">
      {attempts.length === 0 ? (
        <Empty title="Nothing is signed" />
      ) : (
        <CardTable label="Signed transactions" columns={ATTEMPT_COLUMNS} rows={attempts} keyOf={({ hash }) => hash} />
      )}
    </Panel>
  )
}

interface Sent {
  readonly endpoint: string
  readonly records: IntentDetail['broadcasts']
}

const SENT_COLUMNS: readonly Column<Sent>[] = [
  { name: 'Endpoint', of: ({ endpoint }) => endpoint },
  { name: 'Times', isFigure: true, of: ({ records }) => records.length },
  { name: 'Last sent', of: ({ records }) => <Moment at={records.at(-1)!.at} /> },
  { name: 'Last answer', of: ({ records }) => records.at(-1)!.answer },
]

function BroadcastsPanel({ intent: { broadcasts } }: { readonly intent: IntentDetail }) {
  const endpoints = [...new Set(broadcasts.map(({ endpoint }) => endpoint))]
  const rows = endpoints.map((endpoint) => ({
    endpoint,
    records: broadcasts.filter((one) => one.endpoint === endpoint),
  }))
  return (
    <Panel title="Sent to">
      {rows.length === 0 ? (
        <Empty title="It was sent to nobody" />
      ) : (
        <CardTable
          label="Broadcasts by endpoint"
          columns={SENT_COLUMNS}
          rows={rows}
          keyOf={({ endpoint }) => endpoint}
        />
      )}
    </Panel>
  )
}
