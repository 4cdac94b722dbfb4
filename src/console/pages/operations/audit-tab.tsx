import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useReadPages } from '../../api/queries.js'
import { type Tone, StateBadge } from '../../parts/badges.js'
import type { Column } from '../../parts/card-table.js'
import { Hex } from '../../parts/exact.js'
import { Moment } from '../../parts/moment.js'
import { NeedsScope } from '../../parts/needs-scope.js'
import { Panel } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import shared from '../../parts/shared.module.css'
import { StateSelect } from '../../parts/state-select.js'
import { Notice } from '../../parts/states.js'
import type { AuditPage, AuditRecord, AuditResult } from './api.js'
import { chainSeen } from './audit-chain.js'
import classes from './operations.module.css'

const RESULTS: Readonly<Record<AuditResult, { readonly label: string; readonly tone: Tone }>> = {
  allowed: { label: 'begun', tone: 'busy' },
  done: { label: 'done', tone: 'good' },
  failed: { label: 'failed', tone: 'bad' },
  denied: { label: 'refused', tone: 'warn' },
}

interface Wanted {
  readonly subject: string
  readonly action: string
  readonly result: string
}

const EVERYTHING: Wanted = { subject: '', action: '', result: '' }

export function AuditTab() {
  return (
    <NeedsScope scope="audit:read">
      <AuditLog />
    </NeedsScope>
  )
}

function AuditLog() {
  const [wanted, setWanted] = useState(EVERYTHING)
  const pages = useReadPages<AuditPage>('/v1/audit', {
    subject: wanted.subject || undefined,
    action: wanted.action || undefined,
    result: wanted.result || undefined,
    limit: 50,
  })
  const isFiltered = wanted !== EVERYTHING
  return (
    <Panel title="Audit log">
      <Filters wanted={wanted} onWant={setWanted} />
      <PagedTable
        pages={pages}
        rowsOf={({ records }) => records}
        label="Audit records, newest first"
        columns={COLUMNS}
        keyOf={bySequence}
        none={{ title: 'No record', why: isFiltered ? 'None is what you look for.' : 'Nothing was done yet.' }}
        above={(records) => !isFiltered && <ChainNotice records={records} />}
      />
    </Panel>
  )
}

function Filters({ wanted, onWant }: { readonly wanted: Wanted; readonly onWant: (wanted: Wanted) => void }) {
  const [subject, setSubject] = useState(wanted.subject)
  const [action, setAction] = useState(wanted.action)
  return (
    <form
      className={shared.filters}
      onSubmit={(event) => {
        event.preventDefault()
        onWant({ ...wanted, subject: subject.trim(), action: action.trim() })
      }}
    >
      <TextInput
        label="By"
        placeholder="a subject, whole"
        value={subject}
        onChange={(event) => setSubject(event.currentTarget.value)}
      />
      <TextInput
        label="Action"
        placeholder="pause, tx.cancel, …"
        value={action}
        onChange={(event) => setAction(event.currentTarget.value)}
      />
      <StateSelect
        label="Result"
        any="Every result"
        value={wanted.result}
        words={RESULTS}
        onChange={(result) => onWant({ subject: subject.trim(), action: action.trim(), result })}
      />
      <Button type="submit" variant="default">
        Search
      </Button>
      {wanted !== EVERYTHING && (
        <Button
          variant="subtle"
          onClick={() => {
            setSubject('')
            setAction('')
            onWant(EVERYTHING)
          }}
        >
          Show everything
        </Button>
      )}
    </form>
  )
}

function ChainNotice({ records }: { readonly records: readonly AuditRecord[] }) {
  const { newest, oldest, missing } = chainSeen(records)
  if (!newest) return null
  if (missing.length > 0)
    return (
      <Notice tone="bad" title={`Records are missing: ${missing.slice(0, 10).join(', ')}`}>
        Run <code>evenkeel audit verify</code> and find out who removed them.
      </Notice>
    )
  return (
    <p className={`${shared.quiet} ${shared.sub}`}>
      Records {oldest} to {newest.sequence} follow each other without a gap. The chain ends with{' '}
      <Hex value={newest.hash} label="hash of the last record" />; keep it elsewhere. Whether every hash is right is
      reckoned by <code>evenkeel audit verify</code>.
    </p>
  )
}

const bySequence = ({ sequence }: AuditRecord) => sequence

const COLUMNS: readonly Column<AuditRecord>[] = [
  { name: 'No.', of: ({ sequence }) => sequence },
  { name: 'When', of: ({ at }) => <Moment at={at} /> },
  {
    name: 'Who',
    of: ({ actor, subject }) => (
      <>
        {subject} {actor !== subject && <span className={shared.quiet}>{actor}</span>}
      </>
    ),
  },
  {
    name: 'What',
    of: ({ action, resource }) => (
      <>
        <strong>{action}</strong> <span className={shared.quiet}>{resource}</span>
      </>
    ),
  },
  {
    name: 'Result',
    of: ({ result }) => <StateBadge tone={RESULTS[result].tone}>{RESULTS[result].label}</StateBadge>,
  },
  { name: 'Details', of: (record) => <Details record={record} /> },
]

function Details({ record }: { readonly record: AuditRecord }) {
  const { sequence, detail, source, keyId, requestId, build, hash } = record
  return (
    <details className={classes.record}>
      <summary aria-label={`Details of record ${sequence}`}>show</summary>
      <pre className={shared.raw}>
        {JSON.stringify({ ...detail, from: source, keyId, requestId, build, hash }, null, 2)}
      </pre>
    </details>
  )
}
