import { useState } from 'react'
import { useRead } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Amount, Exact, Hex, Share, Unknown, Usd } from '../../parts/exact.js'
import { amountFigure, usdFigure } from '../../parts/figures.js'
import { IdLink } from '../../parts/id-link.js'
import { Moment } from '../../parts/moment.js'
import { durationText } from '../../parts/moments.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import { Await, Notice } from '../../parts/states.js'
import { CallPanel } from '../history/call-panel.js'
import { difference } from '../history/exact.js'
import { intentPath, stepHref } from '../history/links.js'
import { INTENTS, LEGS } from '../history/words.js'
import type { Cost, Cycle, Intent, IntentDetail, Leg, PlannedLeg } from './api.js'
import { costParts } from './comparison.js'
import classes from './plan.module.css'
import { legTitle } from './words.js'

interface LegsListProps {
  readonly legs: readonly PlannedLeg[]
  /** The cycle that carries the plan out; undefined for a plan that nobody carries out. */
  readonly cycle: Cycle | undefined
  readonly open: ReadonlySet<string>
  readonly onToggle: (leg: string, isOpen: boolean) => void
}

/** Every leg in words, for whoever does not look at the picture, with all that is known of it. */
export function LegsList({ legs, cycle, open, onToggle }: LegsListProps) {
  return (
    <Panel title="Legs">
      <ol className={classes.legs}>
        {legs.map((leg, index) => (
          <li key={leg.id}>
            <details
              id={legElementId(leg.id)}
              className={classes.leg}
              open={open.has(leg.id)}
              onToggle={(event) => onToggle(leg.id, event.currentTarget.open)}
            >
              <LegSummary leg={leg} ordinal={index + 1} run={cycle?.legs.find(({ id }) => id === leg.id)} />
              {open.has(leg.id) && <LegDetail leg={leg} legs={legs} cycle={cycle} />}
            </details>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

export const legElementId = (leg: string) => `leg ${leg}`

function LegSummary({ leg, ordinal, run }: { leg: PlannedLeg; ordinal: number; run: Leg | undefined }) {
  const words = run && LEGS[run.state]
  return (
    <summary>
      <strong>
        {ordinal}. {legTitle(leg)}
      </strong>
      <span className={classes.legLine}>
        <span className={classes.quiet}>
          {leg.tool} by {leg.venue}
        </span>
        <span className={classes.quiet}>costs {usdFigure(leg.cost.totalUsd).readable}</span>
        {words && (
          <StateBadge tone={words.tone} title={words.meaning}>
            {words.label}
          </StateBadge>
        )}
      </span>
    </summary>
  )
}

function LegDetail({ leg, legs, cycle }: { leg: PlannedLeg; legs: readonly PlannedLeg[]; cycle: Cycle | undefined }) {
  const run = cycle?.legs.find(({ id }) => id === leg.id)
  return (
    <div className={classes.legBody}>
      {run?.failure && (
        <Notice tone={run.state === 'skipped' ? 'warn' : 'bad'} title={run.failure.code}>
          {run.failure.detail}
        </Notice>
      )}
      <p>{leg.reason}</p>
      <Amounts leg={leg} run={run} />
      <Funding leg={leg} legs={legs} />
      <CostTable expected={leg.cost} realised={run?.realisedCost} />
      <Alternatives leg={leg} />
      <Calls cycle={cycle} leg={leg} />
    </div>
  )
}

function Amounts({ leg, run }: { readonly leg: PlannedLeg; readonly run: Leg | undefined }) {
  const { sell, expectedOut, minimumOut, maxLoss, slice, quote } = leg
  return (
    <Facts>
      <Fact name="Sells">
        <TokenUnits of={sell} />
      </Fact>
      <Fact name="Expected">
        <TokenUnits of={expectedOut} />
      </Fact>
      <Fact name="At least">
        <TokenUnits of={minimumOut} />
      </Fact>
      <Fact name="Loses at most">
        <Share value={maxLoss} />
      </Fact>
      {run?.sold && (
        <Fact name="Sold">
          <TokenUnits of={run.sold} />
        </Fact>
      )}
      {run && run.sold && (run.venue !== leg.venue || run.tool !== leg.tool) && (
        <Fact name="In the end by">
          {run.tool} by {run.venue}
        </Fact>
      )}
      {run?.received && (
        <Fact name="Received">
          <TokenUnits of={run.received} />
        </Fact>
      )}
      {slice && (
        <Fact name={`Slice ${slice.index + 1} of ${slice.of}`}>
          not before <Moment at={slice.notBefore} />
        </Fact>
      )}
      <Fact name="Quote">
        {quote.block === null ? `${durationText(quote.ageMs / 1000)} old` : `of block ${quote.block}`}
      </Fact>
    </Facts>
  )
}

function TokenUnits({ of: { amount, symbol, units, address } }: { readonly of: PlannedLeg['sell'] }) {
  const { readable, exact } = amountFigure(amount, symbol)
  return <Exact readable={readable} exact={`${exact} (${units} base units of ${address})`} />
}

function Funding({ leg: { funding, sell }, legs }: { leg: PlannedLeg; legs: readonly PlannedLeg[] }) {
  if (funding.length === 0) return null
  const paid = funding.map(({ leg, units }) => {
    const ordinal = legs.findIndex(({ id }) => id === leg) + 1
    const part = Number(units) / Number(sell.units)
    return `leg ${ordinal} (${Math.round(part * 100)} %)`
  })
  return <p className={classes.quiet}>It waits for the proceeds of {paid.join(' and ')}.</p>
}

function CostTable({ expected, realised }: { readonly expected: Cost; readonly realised: Cost | null | undefined }) {
  const rows = [...costParts(expected), { name: 'Total', key: 'totalUsd', usd: expected.totalUsd } as const]
  return (
    <table className={`${classes.parts} ${classes.legCost}`} aria-label="Cost of the leg">
      <thead>
        <tr>
          <th scope="col">Cost</th>
          <th scope="col">Expected</th>
          {realised && <th scope="col">Realised</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, key, usd }) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            <td>
              <Usd value={usd} />
            </td>
            {realised && (
              <td>
                <Usd value={realised[key]} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Alternatives({ leg }: { readonly leg: PlannedLeg }) {
  const columns: readonly Column<PlannedLeg['alternatives'][number]>[] = [
    { name: 'Instead', of: ({ venue, tool }) => `${tool} by ${venue}` },
    {
      name: 'Cost',
      isFigure: true,
      of: ({ costUsd }) => (costUsd === null ? <Unknown>none</Unknown> : <Usd value={costUsd} />),
    },
    {
      name: 'Against this',
      isFigure: true,
      of: ({ costUsd }) =>
        costUsd === null ? <Unknown>–</Unknown> : <Usd value={difference(costUsd, leg.cost.totalUsd)} isSigned />,
    },
    {
      name: 'Why not',
      of: ({ refusal, costUsd }) =>
        refusal ?? (costUsd === null ? 'It made no offer.' : 'It is not cheaper for the plan.'),
    },
  ]
  return (
    <>
      <h3 className={classes.sub}>Other ways that were considered</h3>
      {leg.alternatives.length === 0 ? (
        <p className={classes.quiet}>There was no other offer for this leg.</p>
      ) : (
        <CardTable
          label="Other ways that were considered"
          columns={columns}
          rows={leg.alternatives}
          keyOf={({ venue, tool }) => `${venue} ${tool}`}
        />
      )}
    </>
  )
}

function Calls({ cycle, leg }: { readonly cycle: Cycle | undefined; readonly leg: PlannedLeg }) {
  if (!cycle) return null
  const intents = cycle.intents.filter(({ legId }) => legId === leg.id)
  return (
    <>
      <h3 className={classes.sub}>Transactions</h3>
      {intents.length === 0 ? (
        <p className={classes.quiet}>
          There is no calldata yet: a firm offer is asked for, decoded and judged when the leg begins, and none is taken
          that brings less than the least above.
        </p>
      ) : (
        intents.map((intent) => <Call key={intent.id} intent={intent} cycleId={cycle.id} />)
      )}
    </>
  )
}

function Call({ intent, cycleId }: { readonly intent: Intent; readonly cycleId: string }) {
  const { id, kind, chain, nonce, state, to, call } = intent
  const [isOpen, setOpen] = useState(false)
  const { label, tone, meaning } = INTENTS[state]
  return (
    <div className={classes.call}>
      <div className={classes.callHead}>
        <StateBadge tone={tone} title={meaning}>
          {label}
        </StateBadge>
        <span>
          {kind} on {chain}, nonce {nonce}
        </span>
        <IdLink id={id} href={stepHref(cycleId, id)} label="Transaction" />
      </div>
      <Said call={call} to={to} />
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={classes.more}>All of its calldata</summary>
        {isOpen && <WholeCall id={id} />}
      </details>
    </div>
  )
}

/** The call in a line, as the daemon's own code reads it from the bytes. */
function Said({ call: { means, function: name, reason }, to }: Pick<Intent, 'call' | 'to'>) {
  if (!means) return <p className={classes.quiet}>{reason ?? `It calls ${name ?? 'a function that is not known'}.`}</p>
  const { spender, takes, brings, receivers, bridge } = means
  return (
    <p className={classes.said}>
      {spender !== null ? (
        <>
          Lets <Hex value={spender} label="spender" /> take at most <CallAmount of={takes} />
        </>
      ) : (
        <>
          <Hex value={to} label="contract" /> takes <CallAmount of={takes} />
          {brings && (
            <>
              {' '}
              and brings at least <CallAmount of={brings} />
            </>
          )}
        </>
      )}
      {bridge && (
        <>
          {' '}
          over {bridge.name} to {bridge.destinationChain ?? `chain ${bridge.destinationChainId}`}
        </>
      )}
      {receivers.some(({ isOurs }) => !isOurs) && (
        <>
          {' '}
          <StateBadge tone="bad">to somebody else</StateBadge>
        </>
      )}
      .
    </p>
  )
}

function CallAmount({ of }: { readonly of: NonNullable<Intent['call']['means']>['takes'] }) {
  if (!of) return <>nothing</>
  if (of.units === null) return <>an amount that it does not guarantee</>
  if (of.amount !== null) return <Amount value={of.amount} symbol={of.symbol} />
  return (
    <>
      {of.units} base units of <Hex value={of.token} label="token" />
    </>
  )
}

function WholeCall({ id }: { readonly id: string }) {
  const read = useRead<IntentDetail>(intentPath(id))
  return <Await read={read}>{({ call, data }) => <CallPanel call={call} data={data} />}</Await>
}
