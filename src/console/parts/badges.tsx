import type { ReactNode } from 'react'
import type { OperatingLevel } from '../api/answers.js'
import classes from './parts.module.css'

/** How a state reads at a glance; the word in it says the same, so that colour is never alone. */
export type Tone = 'good' | 'quiet' | 'busy' | 'warn' | 'bad'

export function StateBadge({
  tone,
  children,
  title,
}: {
  readonly tone: Tone
  readonly children: ReactNode
  readonly title?: string
}) {
  return (
    <span className={classes.badge} data-tone={tone} title={title}>
      {children}
    </span>
  )
}

export const LEVELS: Readonly<Record<OperatingLevel, { label: string; tone: Tone; meaning: string }>> = {
  running: { label: 'Running', tone: 'good', meaning: 'It trades whenever its policy says so.' },
  paused_new: { label: 'Paused', tone: 'warn', meaning: 'Nothing new begins; what is signed is finished.' },
  paused_hard: {
    label: 'Paused hard',
    tone: 'bad',
    meaning: 'Nothing is signed but what cancels or takes an allowance back.',
  },
  halted: { label: 'Halted', tone: 'bad', meaning: 'Nothing is signed any more, whatever it is for.' },
}

export function OperatingBadge({ state }: { readonly state: OperatingLevel }) {
  const { label, tone, meaning } = LEVELS[state]
  return (
    <StateBadge tone={tone} title={meaning}>
      {label}
    </StateBadge>
  )
}
