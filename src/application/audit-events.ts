import { type AuditEntry, daemonEntry } from '../domain/access/audit-entry.js'
import type { Event } from '../domain/events.js'
import { BY_PERSON } from '../domain/policy/breakers.js'
import type { AuditLog } from '../ports/audit-log.js'
import type { Clock } from '../ports/clock.js'
import { Observer } from '../ports/observer.js'
import { WriteBehind } from './write-behind.js'

type Deed = Pick<AuditEntry, 'action' | 'resource' | 'detail'>

/**
 * Writes into the audit log what the daemon stops and lets go by itself (5.4). What somebody asked for is there already,
 * with whoever asked. Nothing is held up by it; an entry may be there twice where nobody knows whether it was written.
 */
export class AuditEvents extends Observer {
  private readonly behind: WriteBehind<Deed>

  constructor(
    private readonly deps: {
      audit: AuditLog
      clock: Clock
      build: string
      /** Must not lead back to here. */
      observer: Observer
    },
  ) {
    super()
    const { audit, clock, build, observer } = deps
    this.behind = new WriteBehind({
      what: 'writing the audit log of what the daemon did',
      place: 'audit',
      write: async ([deed]) => {
        await audit.append(daemonEntry(deed!, build))
      },
      batch: 1,
      gapOf: (count) => ({ action: 'audit.gap', resource: 'audit', detail: { count } }),
      clock,
      observer,
    })
  }

  override notify(event: Event): void {
    const deed = deedOf(event)
    if (deed) this.behind.add(deed)
  }

  settled(signal: AbortSignal): Promise<void> {
    return this.behind.settled(signal)
  }
}

/** By the names that the words of people on them have. */
const VOID_ACTIONS = {
  plan: 'plan.void',
  resume: 'resume.void',
  cancel: 'tx.cancel.void',
  investigation: 'transfer.investigated.void',
  inflow: 'inflow.classify.void',
} as const

function deedOf(event: Event): Deed | undefined {
  if (event.type === 'breaker-tripped') {
    const { code, scope, level, reason } = event.trip
    return event.isEarlier
      ? undefined
      : { action: 'breaker.trip', resource: scope, detail: { breaker: code, level, reason } }
  }
  if (event.type === 'breaker-cleared') {
    const { code, scope, by } = event
    return by.startsWith(BY_PERSON)
      ? undefined
      : { action: 'breaker.clear', resource: scope, detail: { breaker: code, by } }
  }
  if (event.type === 'approval-answered') {
    const { id, kind, state, reason, content } = event.proposal
    if (state !== 'void') return undefined
    const resource = kind === 'resume' ? String(content['scope']) : id
    return { action: VOID_ACTIONS[kind], resource, detail: { proposal: id, reason } }
  }
  if (event.type !== 'scope-changed' || event.isEarlier || event.isAudited) return undefined
  const { scope, level, reason, since } = event.state
  return { action: 'state.change', resource: scope, detail: { level, reason, since } }
}
