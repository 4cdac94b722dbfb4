import { NativeSelect, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { pathOf } from '../../api/client.js'
import type { CostGroup, CostGrouping, Costs } from '../../api/cycles.js'
import { useRead } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Usd } from '../../parts/exact.js'
import { useNow } from '../../parts/moment.js'
import { NeedsScope } from '../../parts/needs-scope.js'
import { Fact, Facts, Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty } from '../../parts/states.js'
import { costBars, firstDay, inOrder, verdictOf } from './cost-bars.js'
import classes from './history.module.css'

const GROUPINGS: readonly { readonly value: CostGrouping; readonly label: string }[] = [
  { value: 'day', label: 'Day' },
  { value: 'venue', label: 'Venue' },
  { value: 'chain', label: 'Chain' },
  { value: 'bridge', label: 'Bridge' },
  { value: 'asset', label: 'Asset sold' },
]

export function CostsView({ portfolio }: { readonly portfolio: string }) {
  return (
    <Panel title="Realised against expected cost">
      <NeedsScope scope="ledger:read">
        <Report portfolio={portfolio} />
      </NeedsScope>
    </Panel>
  )
}

function Report({ portfolio }: { readonly portfolio: string }) {
  const [by, setBy] = useState<CostGrouping>('day')
  const [days, setDays] = useState(30)
  const from = firstDay(useNow(), days)
  const read = useRead<Costs>(pathOf(`/v1/portfolios/${encodeURIComponent(portfolio)}/costs`, { from, by }))
  return (
    <>
      <div className={shared.filters}>
        <NativeSelect
          label="By"
          value={by}
          data={GROUPINGS.map(({ value, label }) => ({ value, label }))}
          onChange={(event) =>
            setBy(GROUPINGS.find(({ value }) => value === event.currentTarget.value)?.value ?? 'day')
          }
        />
        <SegmentedControl
          aria-label="Period"
          value={String(days)}
          data={['7', '30', '90', '365'].map((value) => ({ value, label: `${value} d` }))}
          onChange={(value) => setDays(Number(value))}
        />
      </div>
      <Await read={read}>
        {(costs) =>
          costs.groups.length === 0 ? (
            <Empty title="Nothing was traded in this period">
              {by === 'bridge' ? 'No crossing ended in it.' : 'Costs are those of legs that ended in it.'}
            </Empty>
          ) : (
            <Comparison costs={costs} />
          )
        }
      </Await>
    </>
  )
}

function Comparison({ costs: { groups, total, by } }: { readonly costs: Costs }) {
  const ordered = inOrder(groups, by)
  const bars = costBars(ordered)
  return (
    <>
      <Facts>
        <Fact name="Moved">
          <Usd value={total.notionalUsd} />
        </Fact>
        <Fact name="Expected cost">
          <Usd value={total.expected.totalUsd} />
        </Fact>
        <Fact name="Realised cost">
          <Usd value={total.realised.totalUsd} />
        </Fact>
        <Fact name="Altogether">
          <Verdict total={total.total} />
        </Fact>
        <Fact name="Legs">{total.legs}</Fact>
      </Facts>
      <ul className={classes.bars}>
        {ordered.map((group, index) => {
          const bar = bars[index]!
          return (
            <li key={group.key}>
              <div className={classes.groupHead}>
                <strong>{group.key}</strong>
                <Verdict total={group.total} />
              </div>
              <Bar name="expected" length={bar.expected} usd={group.expected.totalUsd} />
              <Bar name="realised" length={bar.realised} usd={group.realised.totalUsd} />
            </li>
          )
        })}
      </ul>
      <details className={shared.details}>
        <summary>Every component as a table</summary>
        <CardTable label="Costs by component" columns={COLUMNS} rows={ordered} keyOf={({ key }) => key} />
      </details>
    </>
  )
}

function Verdict({ total }: { readonly total: CostGroup['total'] }) {
  const isWorse = Number(total.differenceUsd) > 0
  return <StateBadge tone={isWorse ? 'warn' : 'good'}>{verdictOf(total)}</StateBadge>
}

function Bar({
  name,
  length,
  usd,
}: {
  readonly name: 'expected' | 'realised'
  readonly length: number
  readonly usd: string
}) {
  return (
    <div className={classes.bar}>
      <span className={shared.quiet}>{name}</span>
      <div className={classes.track} aria-hidden="true">
        <div className={classes.fill} data-kind={name} style={{ width: `${length * 100}%` }} />
      </div>
      <Usd value={usd} />
    </div>
  )
}

const component = (
  name: string,
  key: 'slippageUsd' | 'feesUsd' | 'gasUsd' | 'bridgeUsd' | 'totalUsd',
): Column<CostGroup> => ({
  name,
  isFigure: true,
  of: ({ expected, realised }) => (
    <>
      <Usd value={expected[key]} /> → <Usd value={realised[key]} />
    </>
  ),
})

const COLUMNS: readonly Column<CostGroup>[] = [
  { name: 'Of', of: ({ key }) => key },
  { name: 'Legs', isFigure: true, of: ({ legs }) => legs },
  { name: 'Moved', isFigure: true, of: ({ notionalUsd }) => <Usd value={notionalUsd} /> },
  component('Slippage', 'slippageUsd'),
  component('Fees', 'feesUsd'),
  component('Gas', 'gasUsd'),
  component('Bridge', 'bridgeUsd'),
  component('Total', 'totalUsd'),
]
