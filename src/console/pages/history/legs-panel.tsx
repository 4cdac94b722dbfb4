import type { Cost, Cycle, Intent, LegState, Transfer } from '../../api/cycles.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { difference } from '../../parts/decimals.js'
import { Amount, Unknown, Usd } from '../../parts/exact.js'
import { usdFigure } from '../../parts/figures.js'
import { IdLink } from '../../parts/id-link.js'
import { stepHref } from '../../parts/links.js'
import { Moment } from '../../parts/moment.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Empty, Notice } from '../../parts/states.js'
import { Tool } from '../../parts/tool.js'
import { INTENTS, isLegOver, legWords, TRANSFERS, type Words } from '../../parts/words.js'
import classes from './history.module.css'
import { type LegTrail, legTrails, looseIntents } from './trail.js'

/** What the cycle carried out, leg by leg, each with its transactions and its transfer. */
export function LegsPanel({ cycle }: { readonly cycle: Cycle }) {
  const trails = legTrails(cycle)
  const loose = looseIntents(cycle)
  return (
    <Panel title="Legs and transactions">
      {trails.length === 0 && loose.length === 0 ? (
        <Empty title="Nothing was carried out">
          {cycle.plan ? 'The plan was not begun.' : 'There was no plan to carry out.'}
        </Empty>
      ) : (
        <div className={classes.legs}>
          {trails.map((trail, index) => (
            <LegCard key={trail.leg.id} trail={trail} ordinal={index + 1} of={trails.length} cycle={cycle} />
          ))}
          {loose.length > 0 && (
            <article className={classes.leg} aria-label="Other transactions">
              <h3 className={shared.sub}>Other transactions</h3>
              <Steps intents={loose} transfer={undefined} cycleId={cycle.id} />
            </article>
          )}
        </div>
      )}
    </Panel>
  )
}

function LegCard({
  trail,
  ordinal,
  of,
  cycle,
}: {
  readonly trail: LegTrail
  readonly ordinal: number
  readonly of: number
  readonly cycle: Cycle
}) {
  const { leg, planned, intents, transfer } = trail
  const [sell, buy] = [planned?.sell, planned?.expectedOut]
  const isOver = isLegOver(leg.state, cycle.outcome, transfer?.state)
  const nothing = <Unknown>{isOver ? 'nothing' : 'nothing yet'}</Unknown>
  const title = `${leg.kind === 'swap' ? 'Swap' : 'Bridge'} ${ordinal} of ${of}`
  return (
    <article className={classes.leg} aria-label={title}>
      <div className={classes.legHead}>
        <h3>{title}</h3>
        <Badge words={legWords(leg.state, cycle)} />
        {sell && buy && (
          <span>
            {sell.symbol} on {sell.chain} → {buy.symbol} on {buy.chain}
          </span>
        )}
        <span className={shared.quiet}>
          <Tool name={leg.tool} /> by {leg.venue}
        </span>
      </div>
      {leg.failure && (
        <Notice tone={leg.state === 'skipped' ? 'warn' : 'bad'} title={leg.failure.code}>
          {leg.failure.detail}
        </Notice>
      )}
      <Facts>
        <Fact name="Sold">{leg.sold ? <Amount value={leg.sold.amount} symbol={leg.sold.symbol} /> : nothing}</Fact>
        <Fact name="Received">
          {leg.received ? <Amount value={leg.received.amount} symbol={leg.received.symbol} /> : nothing}
        </Fact>
        {planned && (
          <>
            <Fact name="Planned">
              <Amount value={planned.sell.amount} symbol={planned.sell.symbol} /> →{' '}
              <Amount value={planned.expectedOut.amount} symbol={planned.expectedOut.symbol} />
            </Fact>
            <Fact name="At least">
              <Amount value={planned.minimumOut.amount} symbol={planned.minimumOut.symbol} />
            </Fact>
          </>
        )}
      </Facts>
      <CostTable
        expected={planned?.cost}
        realised={leg.realisedCost}
        unknown={cycle.outcome === null ? 'not known yet' : isBegun(leg.state) ? 'not known' : 'nothing'}
      />
      <Steps intents={intents} transfer={transfer} cycleId={cycle.id} />
    </article>
  )
}

const isBegun = (state: LegState) => state !== 'waiting' && state !== 'skipped'

interface CostRow {
  readonly name: string
  readonly expected: string | undefined
  readonly realised: string | undefined
  /** What stands where there is no realised figure. */
  readonly unknown: string
}

const COMPONENTS = [
  ['Slippage', 'slippageUsd'],
  ['Fees', 'feesUsd'],
  ['Gas', 'gasUsd'],
  ['Bridge', 'bridgeUsd'],
  ['Total', 'totalUsd'],
] as const

const COST_COLUMNS: readonly Column<CostRow>[] = [
  { name: 'Cost', of: ({ name }) => (name === 'Total' ? <strong>{name}</strong> : name) },
  { name: 'Expected', isFigure: true, of: ({ expected }) => <Usd value={expected} /> },
  {
    name: 'Realised',
    isFigure: true,
    of: ({ realised, unknown }) => (realised === undefined ? <Unknown>{unknown}</Unknown> : <Usd value={realised} />),
  },
  {
    name: 'Difference',
    isFigure: true,
    of: ({ expected, realised }) =>
      expected === undefined || realised === undefined ? (
        <Unknown>–</Unknown>
      ) : (
        <Usd value={difference(realised, expected)} isSigned />
      ),
  },
]

function CostTable({
  expected,
  realised,
  unknown,
}: {
  readonly expected: Cost | undefined
  readonly realised: Cost | null
  readonly unknown: string
}) {
  if (!expected && !realised) return null
  const [total, compared] = [realised?.totalUsd, expected?.totalUsd]
  return (
    <details className={shared.details}>
      <summary>
        Cost: expected {compared === undefined ? 'unknown' : usdFigure(compared).readable}, realised{' '}
        {total === undefined ? unknown : usdFigure(total).readable}
      </summary>
      <CardTable
        label="Expected and realised cost"
        columns={COST_COLUMNS}
        rows={COMPONENTS.map(([name, key]) => ({
          name,
          expected: expected?.[key],
          realised: realised?.[key],
          unknown,
        }))}
        keyOf={({ name }) => name}
      />
    </details>
  )
}

function Steps({
  intents,
  transfer,
  cycleId,
}: {
  readonly intents: readonly Intent[]
  readonly transfer: Transfer | undefined
  readonly cycleId: string
}) {
  if (intents.length === 0 && !transfer) return null
  return (
    <ul className={classes.steps}>
      {intents.map(({ id, kind, chain, nonce, state, reservedAt }) => (
        <li key={id}>
          <Badge words={INTENTS[state]} />
          <span>
            {kind} on {chain}, nonce {nonce}
          </span>
          <IdLink id={id} href={stepHref(cycleId, id)} label="Transaction" />
          <span className={shared.quiet}>
            <Moment at={reservedAt} />
          </span>
        </li>
      ))}
      {transfer && (
        <li>
          <Badge words={TRANSFERS[transfer.state]} />
          <span>
            {transfer.bridge} from {transfer.origin.chain} to {transfer.destination}
          </span>
          <IdLink id={transfer.id} href={stepHref(cycleId, transfer.id)} label="Transfer" />
          <span className={shared.quiet}>
            <Moment at={transfer.sentAt} />
          </span>
        </li>
      )}
    </ul>
  )
}

function Badge({ words: { label, tone, meaning } }: { readonly words: Words }) {
  return (
    <StateBadge tone={tone} title={meaning}>
      {label}
    </StateBadge>
  )
}
