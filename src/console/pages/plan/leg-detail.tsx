import { CardTable, type Column } from '../../parts/card-table.js'
import { difference } from '../../parts/decimals.js'
import { Exact, Share, Unknown, Usd } from '../../parts/exact.js'
import { amountFigure } from '../../parts/figures.js'
import { Moment } from '../../parts/moment.js'
import { durationText } from '../../parts/moments.js'
import { Fact, Facts } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Notice } from '../../parts/states.js'
import { Tool } from '../../parts/tool.js'
import type { Cost, Cycle, Leg, PlannedLeg } from './api.js'
import { costParts } from './comparison.js'
import { LegCalls } from './leg-calls.js'
import classes from './plan.module.css'

/** All that is known of a leg. */
export function LegDetail({
  leg,
  legs,
  cycle,
}: {
  leg: PlannedLeg
  legs: readonly PlannedLeg[]
  cycle: Cycle | undefined
}) {
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
      <Funding leg={leg} legs={legs} hasEnded={cycle !== undefined && cycle.outcome !== null} />
      <CostTable expected={leg.cost} realised={run?.realisedCost} />
      <Alternatives leg={leg} />
      <LegCalls cycle={cycle} leg={leg} />
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
          <Tool name={run.tool} /> by {run.venue}
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

function Funding({
  leg: { funding, sell },
  legs,
  hasEnded,
}: {
  leg: PlannedLeg
  legs: readonly PlannedLeg[]
  hasEnded: boolean
}) {
  if (funding.length === 0) return null
  const paid = funding.map(({ leg, units }) => {
    const ordinal = legs.findIndex(({ id }) => id === leg) + 1
    const part = Number(units) / Number(sell.units)
    return `leg ${ordinal} (${Math.round(part * 100)} %)`
  })
  return (
    <p className={shared.quiet}>
      {hasEnded ? 'It was to sell' : 'It waits for'} the proceeds of {paid.join(' and ')}.
    </p>
  )
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
    {
      name: 'Instead',
      of: ({ venue, tool }) => (
        <>
          <Tool name={tool} /> by {venue}
        </>
      ),
    },
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
      <h3 className={shared.sub}>Other ways that were considered</h3>
      {leg.alternatives.length === 0 ? (
        <p className={shared.quiet}>There was no other offer for this leg.</p>
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
