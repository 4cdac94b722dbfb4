import type { Denial } from '../ports/denials.js'
import { left, table } from './text-table.js'

/** What a person should know who has just shut out another one. */
export const DENIAL_NOTICE = [
  'Nothing says whether the provider knows such a subject: compare it with "subject" in the audit log.',
  'Disable the person at the provider, too, and turn down what they proposed or approved and is still open.',
].join('\n')

export function denialListText(denials: readonly Denial[]): string {
  if (denials.length === 0) return 'Nobody is shut out.'
  return table(
    ['subject', 'since', 'reason'].map(left),
    denials.map(({ subject, since, reason }) => [subject, timeText(since), reason]),
  ).join('\n')
}

/** Times in UTC. */
export function denialListJson(denials: readonly Denial[]): string {
  const list = denials.map(({ subject, reason, since }) => ({ subject, reason, since: timeText(since) }))
  return JSON.stringify({ denied: list }, null, 2)
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}
