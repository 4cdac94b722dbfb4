import { NativeSelect, SegmentedControl } from '@mantine/core'
import { useId, useState } from 'react'
import type { State } from '../api/answers.js'
import { useMay } from '../api/context.js'
import { useConfig } from '../api/queries.js'
import { ConfirmAct } from '../parts/confirm-act.js'
import { scopeTitle } from '../parts/scope-text.js'
import { Notice } from '../parts/states.js'
import classes from './frame.module.css'
import { scopesIn } from './scopes.js'

const LEVELS = [
  { value: 'new', label: 'New work' },
  { value: 'hard', label: 'Hard' },
  { value: 'halt', label: 'Halt' },
] as const
type Level = (typeof LEVELS)[number]['value']

const MEANING: Readonly<Record<Level, string>> = {
  new: 'No leg begins. What is signed is finished, so that nothing is left half done.',
  hard: 'Nothing is signed but what cancels or takes an allowance back, and what is signed is cancelled where it still can be.',
  halt: 'Nothing is signed any more, whatever it is for. What is on its way stays on its way.',
}

/** For who has no hand to type with; each can be written on. */
const REASONS = ['Odd prices', 'Odd transaction', 'Incident at a venue', 'Maintenance']

const ENDS = [
  { value: '', label: 'until somebody resumes' },
  { value: '1', label: 'for 1 hour' },
  { value: '4', label: 'for 4 hours' },
  { value: '24', label: 'for 24 hours' },
]

/** Pauses at once. One person is enough for what makes things safer. */
export function PauseDialog({
  onClose,
  scope: first = 'all',
}: {
  readonly onClose: () => void
  readonly scope?: string
}) {
  const mayPause = useMay('pause')
  const config = useConfig()
  const levelId = useId()
  const [scope, setScope] = useState(first)
  const [level, setLevel] = useState<Level>('new')
  const [hours, setHours] = useState('')
  const groups = config.data ? scopesIn(config.data) : [{ group: 'Everything', scopes: ['all'] }]
  const expiry = () =>
    hours === '' ? {} : { expiresAt: new Date(Date.now() + Number(hours) * 3_600_000).toISOString() }
  return (
    <ConfirmAct<State>
      title="Pause"
      reason="required"
      reasons={REASONS}
      confirm={level === 'halt' ? 'Halt now' : 'Pause now'}
      color="red"
      isReady={mayPause}
      onClose={onClose}
      deed={(reason) => ({
        path: level === 'halt' ? '/v1/halt' : '/v1/pause',
        body: { scope, reason, ...(level !== 'halt' && { level }), ...expiry() },
      })}
    >
      {!mayPause && <Notice tone="warn" title="You lack the scope pause." />}
      <NativeSelect
        label="What"
        value={scope}
        onChange={(event) => setScope(event.currentTarget.value)}
        data={groups.map(({ group, scopes }) => ({
          group,
          items: scopes.map((value) => ({ value, label: scopeTitle(value) })),
        }))}
      />
      <div>
        <span id={levelId} className={classes.label}>
          How far
        </span>
        <SegmentedControl
          fullWidth
          aria-labelledby={levelId}
          data={[...LEVELS]}
          value={level}
          onChange={(value) => setLevel(value as Level)}
        />
        <p className={classes.meaning} aria-live="polite">
          {MEANING[level]}
        </p>
      </div>
      <NativeSelect
        label="How long"
        data={ENDS}
        value={hours}
        onChange={(event) => setHours(event.currentTarget.value)}
      />
    </ConfirmAct>
  )
}
