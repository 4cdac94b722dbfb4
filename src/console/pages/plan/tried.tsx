import type { ReactNode } from 'react'
import { useRead } from '../../api/queries.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { sum } from '../../parts/decimals.js'
import { Share, Unknown, Usd } from '../../parts/exact.js'
import { Ago } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Empty } from '../../parts/states.js'
import type { Cycle, Plan, Preview } from './api.js'
import { CostsPanel } from './costs-panel.js'
import { DrawnPlan } from './drawn-plan.js'
import { LeftOut } from './plan-view.js'
import classes from './plan.module.css'
import { useRecentPlan } from './recent-plan.js'

/** What came of trying, beside the plan that is proposed, runs, or ran last. */
export function Tried({ preview }: { readonly preview: Preview }) {
  const { plan } = preview
  return (
    <>
      <Panel title="What a cycle would do" actions={<Ago at={preview.previewedAt} />}>
        <Changes preview={preview} />
        <Beside preview={preview} />
        <Why preview={preview} />
      </Panel>
      {plan && (
        <>
          <CostsPanel plan={plan} />
          <DrawnPlan plan={plan} measured={preview} />
          <LeftOut plan={plan} />
        </>
      )}
    </>
  )
}

type Change = Preview['changes'][number]

const CHANGE_COLUMNS: readonly Column<Change>[] = [
  { name: 'Tried', of: ({ path }) => <code>{path}</code> },
  { name: 'Configured', of: ({ configured }) => configured ?? <Unknown>nothing</Unknown> },
  { name: 'Instead', of: ({ tried }) => tried ?? <Unknown>left out</Unknown> },
]

function Changes({ preview: { changes } }: { readonly preview: Preview }) {
  if (changes.length === 0) return <p>Everything as it is configured, on the market of now.</p>
  return <CardTable label="What was tried" columns={CHANGE_COLUMNS} rows={changes} keyOf={({ path }) => path} />
}

interface Row {
  readonly name: string
  readonly of: (plan: Plan, drift: string) => ReactNode
}

const ROWS: readonly Row[] = [
  { name: 'Legs', of: ({ legs }) => legs.length },
  { name: 'Cost', of: ({ cost }) => <Usd value={cost.totalUsd} /> },
  { name: 'Slippage', of: ({ cost }) => <Usd value={cost.slippageUsd} /> },
  { name: 'Fees', of: ({ cost }) => <Usd value={cost.feesUsd} /> },
  { name: 'Gas', of: ({ cost }) => <Usd value={cost.gasUsd} /> },
  { name: 'Bridge', of: ({ cost }) => <Usd value={cost.bridgeUsd} /> },
  { name: 'Would have to trade', of: (_, drift) => <Share value={drift} /> },
  { name: 'and after it', of: ({ expectedDrift }) => <Share value={expectedDrift} /> },
  {
    name: 'Left undone, sales and purchases together',
    of: ({ unmet }) => <Usd value={sum(unmet.map(({ valueUsd }) => valueUsd.replace('-', '')))} />,
  },
]

function Beside({ preview }: { readonly preview: Preview }) {
  const recent = useRecentPlan(preview.portfolio)
  const { data: cycle } = useRead<Cycle>(recent && `/v1/cycles/${encodeURIComponent(recent)}`)
  const current = cycle?.plan ? { plan: cycle.plan, drift: cycle.drift } : undefined
  const title = !cycle ? 'Plan' : cycle.outcome === null ? 'Plan that runs or waits' : 'Last plan'
  return (
    <div className={classes.beside}>
      <table className={classes.parts}>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col">Tried</th>
            <th scope="col">{title}</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(({ name, of }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{preview.plan ? of(preview.plan, preview.drift) : <Unknown>no plan</Unknown>}</td>
              <td>{current ? of(current.plan, current.drift) : <Unknown>none</Unknown>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {cycle && (
        <p className={shared.quiet}>
          The other plan is of a cycle that began <Ago at={cycle.startedAt} />, on the market of then.
        </p>
      )}
    </div>
  )
}

function Why({ preview: { decision, plan, planReasons, notes } }: { readonly preview: Preview }) {
  return (
    <>
      {!plan && (
        <Empty title={decision.act ? 'It would act, and finds no plan' : 'It would do nothing'}>
          {(planReasons.length > 0 ? planReasons : decision.reasons).slice(0, 3).map((one) => (
            <p key={one}>{one}</p>
          ))}
        </Empty>
      )}
      <details className={shared.details}>
        <summary>Why, and what is not known</summary>
        <ul className={classes.list}>
          {[...new Set([...decision.reasons, ...planReasons, ...notes])].map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </details>
    </>
  )
}
