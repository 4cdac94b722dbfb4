import { isSubject, isVisibleLine } from '../domain/access/subject.js'
import type { AuditLog } from '../ports/audit-log.js'
import type { Clock } from '../ports/clock.js'
import type { Denial, Denials } from '../ports/denials.js'
import { type AccessManager, auditedDeed } from './audited-deed.js'

const MOST_REASON = 500

/** Nothing in it was checked yet. */
export interface PersonWord {
  /** What the identity provider calls the person: `sub` of their tokens, to the letter. */
  readonly subject: string
  readonly reason: string
}

export type PersonChange =
  /** `unchanged`: it was so already. */
  { readonly status: 'done' | 'unchanged' } | { readonly status: 'refused'; readonly findings: readonly string[] }

/**
 * Shuts people out and lets them in again. Each deed is in the audit log before it is done, and its end after; where the
 * log cannot be written nothing is done.
 */
export class ManagePeople {
  constructor(private readonly deps: { denials: Denials; audit: AuditLog; clock: Clock }) {}

  deny(word: PersonWord, manager: AccessManager): Promise<PersonChange> {
    const { denials, clock } = this.deps
    return this.change('person.deny', word, manager, () => denials.deny({ ...word, since: clock.now() }))
  }

  allow(word: PersonWord, manager: AccessManager): Promise<PersonChange> {
    const { denials, clock } = this.deps
    return this.change('person.allow', word, manager, () => denials.allow(word.subject, word.reason, clock.now()))
  }

  list(): Promise<readonly Denial[]> {
    return this.deps.denials.list()
  }

  private async change(
    action: string,
    { subject, reason }: PersonWord,
    manager: AccessManager,
    deed: () => Promise<boolean>,
  ): Promise<PersonChange> {
    const findings: string[] = []
    if (!isSubject(subject))
      findings.push('subject: expected `sub` of the tokens of a person, 1 to 255 characters that can be seen')
    // The records take neither NUL nor halves of surrogate pairs, and terminals nothing that moves the cursor.
    if (!isVisibleLine(reason, MOST_REASON))
      findings.push(`reason: expected one line of 1 to ${MOST_REASON} characters that says why you do this`)
    if (findings.length > 0) return { status: 'refused', findings }
    const entry = { ...manager, action, resource: `person:${subject}`, detail: { reason } }
    return { status: (await auditedDeed(this.deps.audit, entry, deed)) ? 'done' : 'unchanged' }
  }
}
