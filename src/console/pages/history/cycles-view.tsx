import { Checkbox, NativeSelect } from '@mantine/core'
import { pathOf } from '../../api/client.js'
import type { CycleLine, CyclesPage } from '../../api/cycles.js'
import { useReadPages } from '../../api/queries.js'
import { StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { IdLink } from '../../parts/id-link.js'
import { cycleHref } from '../../parts/links.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty, More } from '../../parts/states.js'
import { OUTCOMES, outcomeWords, RUNNING } from '../../parts/words.js'
import { hrefOf, usePlace } from '../../routes.js'
import { type Choice, choiceOfParams, choiceToParams, choiceToQuery, hasTraded, whyLine } from './choose-cycles.js'
import { elapsedText } from './trail.js'

/** Each page of the list; what is wanted may be rare, so that much is asked for at once. */
const PER_PAGE = 50

export function CyclesView({ portfolio }: { readonly portfolio: string }) {
  const { query } = usePlace()
  const choice = choiceOfParams(query)
  const asked = choiceToQuery(choice)
  const pages = useReadPages<CyclesPage>('/v1/cycles', { portfolio, ...asked, limit: PER_PAGE })
  const choose = (change: Partial<Choice>) => {
    window.location.replace(pathOf(hrefOf('history'), choiceToParams({ ...choice, ...change })))
  }
  return (
    <Panel title="Cycles">
      <Filters choice={choice} onChoose={choose} />
      <Await read={pages}>
        {({ pages: loaded }) => {
          const all = loaded.flatMap(({ cycles }) => cycles)
          const chosen = choice.isTradedOnly ? all.filter(hasTraded) : all
          return (
            <>
              {all.length === 0 && Object.keys(asked).length === 0 ? (
                <Empty title="No cycle yet">The schedule begins the first one, or Plan does.</Empty>
              ) : chosen.length === 0 ? (
                <Empty title="No cycle is what you look for">
                  {all.length > 0 ? `Of the ${all.length} newest none traded.` : 'Choose another outcome or mode.'}
                </Empty>
              ) : (
                <CardTable label="Cycles, newest first" columns={COLUMNS} rows={chosen} keyOf={({ id }) => id} />
              )}
              <div className={shared.below}>
                <More pages={pages} />
                {all.length > 0 && (
                  <output className={shared.quiet}>
                    {choice.isTradedOnly && `${chosen.length} that traded of `}
                    {all.length} {all.length === 1 ? 'cycle' : 'cycles'}
                    {pages.hasNextPage ? '; there are older ones' : ''}.
                  </output>
                )}
              </div>
            </>
          )
        }}
      </Await>
    </Panel>
  )
}

const ANY = ''
const RUNS = 'running'

function Filters({
  choice,
  onChoose,
}: {
  readonly choice: Choice
  readonly onChoose: (change: Partial<Choice>) => void
}) {
  return (
    <div className={shared.filters}>
      <NativeSelect
        label="Outcome"
        value={choice.outcome === undefined ? ANY : (choice.outcome ?? RUNS)}
        data={[
          { value: ANY, label: 'Every outcome' },
          { value: RUNS, label: RUNNING.label },
          ...Object.entries(OUTCOMES).map(([value, { label }]) => ({ value, label })),
        ]}
        onChange={(event) => {
          const params = new URLSearchParams({ outcome: event.currentTarget.value })
          onChoose({ outcome: choiceOfParams(params).outcome })
        }}
      />
      <NativeSelect
        label="Mode"
        value={choice.mode ?? ANY}
        data={[
          { value: ANY, label: 'Live and dry' },
          { value: 'live', label: 'Live' },
          { value: 'dry-run', label: 'Dry run' },
        ]}
        onChange={(event) => {
          const params = new URLSearchParams({ mode: event.currentTarget.value })
          onChoose({ mode: choiceOfParams(params).mode })
        }}
      />
      <Checkbox
        label="Only those that traded"
        checked={choice.isTradedOnly}
        onChange={(event) => onChoose({ isTradedOnly: event.currentTarget.checked })}
      />
    </div>
  )
}

const COLUMNS: readonly Column<CycleLine>[] = [
  { name: 'Started', of: ({ startedAt }) => <Moment at={startedAt} /> },
  {
    name: 'Outcome',
    of: ({ outcome, mode }) => {
      const { label, tone, meaning } = outcomeWords(outcome)
      return (
        <>
          <StateBadge tone={tone} title={meaning}>
            {label}
          </StateBadge>
          {mode === 'dry-run' && <span className={shared.quiet}> dry run</span>}
        </>
      )
    },
  },
  { name: 'Why', of: (cycle) => whyLine(cycle) },
  { name: 'Legs', isFigure: true, of: ({ legs }) => legs },
  {
    name: 'Took',
    isFigure: true,
    of: ({ startedAt, endedAt }) => (endedAt === null ? '…' : elapsedText(startedAt, endedAt).slice(1)),
  },
  { name: 'Cycle', of: ({ id }) => <IdLink id={id} href={cycleHref(id)} label="Cycle" /> },
]
