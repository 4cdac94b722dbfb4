import { Button } from '@mantine/core'
import { useState } from 'react'
import { useMay } from '../../api/context.js'
import { useBreakers, useReadPages } from '../../api/queries.js'
import { ResumeDialog } from '../../frame/resume-dialog.js'
import { OperatingBadge, StateBadge } from '../../parts/badges.js'
import { CardTable, type Column } from '../../parts/card-table.js'
import { Ago, Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { scopeText } from '../../parts/scope-text.js'
import shared from '../../parts/shared.module.css'
import { Await, Empty } from '../../parts/states.js'
import type { Breaker, Breakers } from './api.js'
import { BREAKERS, releaseText } from './breaker-words.js'
import classes from './operations.module.css'

export function BreakersTab() {
  const read = useBreakers()
  const latest = useReadPages<Breakers>('/v1/breakers', { limit: 50 })
  return (
    <Await read={read}>
      {({ open }) => (
        <>
          <Panel title="Open">
            {open.length === 0 ? (
              <Empty title="No breaker is open">What people paused is told at the top of each page.</Empty>
            ) : (
              open.map((one) => <OpenBreaker key={one.id} breaker={one} />)
            )}
          </Panel>
          <Panel title="Latest">
            <PagedTable
              pages={latest}
              rowsOf={({ recent }) => recent}
              label="Breakers, newest first"
              columns={COLUMNS}
              keyOf={({ id }) => id}
              none={{ title: 'None has ever tripped', why: 'What trips is kept here.' }}
            />
          </Panel>
          <Panel title="What each of them means">
            <details className={shared.details}>
              <summary>All {Object.keys(BREAKERS).length} breakers</summary>
              <CardTable
                label="Breakers by code"
                columns={MEANINGS}
                rows={Object.keys(BREAKERS) as Breaker['code'][]}
                keyOf={(code) => code}
              />
            </details>
          </Panel>
        </>
      )}
    </Await>
  )
}

function OpenBreaker({ breaker }: { readonly breaker: Breaker }) {
  const { code, scope, level, reason, trippedAt } = breaker
  const { name, meaning, advice, release } = BREAKERS[code]
  const mayResume = useMay('resume:propose')
  const [isResuming, setResuming] = useState(false)
  return (
    <article className={classes.breaker} aria-label={`${code} ${name}`}>
      <div className={classes.breakerHead}>
        <h3>
          {code} {name}
        </h3>
        <OperatingBadge state={level} />
        <span>{scopeText(scope)}</span>
        <span className={shared.quiet}>
          <Moment at={trippedAt} />, <Ago at={trippedAt} />
        </span>
      </div>
      <p>{reason}</p>
      <p className={shared.quiet}>{meaning}</p>
      <p className={shared.quiet}>
        {advice} {releaseText(code)}
      </p>
      {release !== 'itself' && (
        <div className={shared.below}>
          {mayResume ? (
            <Button variant="default" onClick={() => setResuming(true)}>
              Resume {scopeText(scope)}…
            </Button>
          ) : (
            <span className={shared.quiet}>Resuming takes the scope resume:propose.</span>
          )}
        </div>
      )}
      {isResuming && <ResumeDialog scope={scope} onClose={() => setResuming(false)} />}
    </article>
  )
}

const COLUMNS: readonly Column<Breaker>[] = [
  { name: 'Tripped', of: ({ trippedAt }) => <Moment at={trippedAt} /> },
  {
    name: 'Breaker',
    of: ({ code }) => (
      <>
        <strong>{code}</strong> {BREAKERS[code].name}
      </>
    ),
  },
  { name: 'Holds', of: ({ scope }) => scopeText(scope) },
  { name: 'Reason', of: ({ reason }) => reason },
  {
    name: 'Cleared',
    of: ({ clearedAt, clearedBy }) =>
      clearedAt === null ? (
        <StateBadge tone="bad">open</StateBadge>
      ) : (
        <>
          <Moment at={clearedAt} /> {clearedBy !== null && <span className={shared.quiet}>by {clearedBy}</span>}
        </>
      ),
  },
]

const MEANINGS: readonly Column<Breaker['code']>[] = [
  { name: 'Code', of: (code) => <strong>{code}</strong> },
  { name: 'Means', of: (code) => BREAKERS[code].meaning },
  { name: 'Do', of: (code) => BREAKERS[code].advice },
  { name: 'Lets go', of: (code) => releaseText(code) },
]
