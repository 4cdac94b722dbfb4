import type { Request, Response } from 'express'
import type { AuditEntry } from '../../../domain/access/audit-entry.js'
import type { Principal } from '../../../domain/access/principal.js'
import type { AuditLog } from '../../../ports/audit-log.js'
import type { Clock } from '../../../ports/clock.js'
import type { Observer } from '../../../ports/observer.js'
import { callerOf } from './caller.js'
import { FirstRefusals } from './first-refusals.js'
import { accountOf, isRead, PAUSE_PATIENCE_MS, requestIdOf, sourceOf } from './request.js'
import { actionOf, READ, type RouteRules } from './route.js'
import { within } from './within.js'

const LONGEST_RESOURCE = 300
const LONGEST_BODY = 4_000
/** Of refusals that cost nothing to repeat, how many a minute are written of callers, and how many of anybody else. */
const MOST_OF_CALLERS = 1_000
const MOST_OF_STRANGERS = 100
/** A request that reached no route, in the log. */
const REQUEST = 'request'

export type AuditedRequest = Omit<AuditEntry, 'result' | 'detail' | 'build'>

/**
 * Writes requests into the audit log. Those that were turned away are written one after another, so that a flood of them
 * takes one connection to the database and not all.
 */
export class AuditTrail {
  private turn: Promise<unknown> = Promise.resolve()
  private readonly ofCallers = new FirstRefusals(MOST_OF_CALLERS)
  private readonly ofStrangers = new FirstRefusals(MOST_OF_STRANGERS)

  constructor(private readonly deps: { log: AuditLog; observer: Observer; clock: Clock; build: string }) {}

  /** Rejects where it cannot be written. A pause is not kept waiting: for it that rejects soon. */
  async append(
    asked: AuditedRequest,
    { result, detail, isPause }: Pick<AuditEntry, 'result' | 'detail'> & { isPause: boolean },
  ): Promise<void> {
    const { log, build } = this.deps
    const write = () => log.append({ ...asked, result, detail, build })
    const work = result === 'denied' ? this.inTurn(write) : write()
    await (isPause ? within(PAUSE_PATIENCE_MS, 'The audit log', work) : work)
  }

  /** For what is done or refused already: a log that cannot be written changes nothing in that, and is told. */
  async tryAppend(...given: Parameters<AuditTrail['append']>): Promise<void> {
    await this.append(...given).catch((error: unknown) => this.tell(given[0], error))
  }

  /**
   * For a change that was turned away at no cost to whoever asks, as often as they like: of each caller the first one in a
   * minute by its status and action, of everybody else by its status and address. Reads are left out.
   */
  async tryAppendFirst(
    request: Request,
    response: Response,
    { rules, status }: { readonly rules?: RouteRules | undefined; readonly status: number },
  ): Promise<void> {
    if (isRead(request)) return
    const caller = callerOf(request)
    const asked = { ...auditedOf(request, response, rules), ...(!rules && { action: REQUEST }) }
    const kind = JSON.stringify([caller ? accountOf(caller) : sourceOf(request.ip), status, asked.action])
    const refusals = caller ? this.ofCallers : this.ofStrangers
    if (!refusals.isFirst(kind, this.deps.clock.now())) return
    const detail = { status, method: request.method }
    await this.tryAppend(asked, { result: 'denied', detail, isPause: rules?.bucket === 'pause' })
  }

  tell({ action, resource, subject }: AuditedRequest, error: unknown): void {
    const what = `writing "${action}" on ${resource} by ${subject} into the audit log`
    this.deps.observer.notify({ type: 'failed', what, isRetried: false, error })
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work)
    this.turn = mine.catch(() => undefined)
    return mine
  }
}

export function auditedOf(request: Request, response: Response, rules: RouteRules | undefined): AuditedRequest {
  const caller: Principal | undefined = callerOf(request)
  const { path, ip } = request
  const params = request.params as Record<string, string | undefined>
  const body: unknown = request.body
  return {
    actor: caller?.kind ?? 'anonymous',
    subject: caller?.subject ?? 'anonymous',
    keyId: caller?.keyId,
    source: ip,
    requestId: requestIdOf(response),
    action: rules ? actionOf(rules) : READ,
    resource: plainText(rules?.resource?.({ params, body }) ?? path, LONGEST_RESOURCE),
  }
}

/** As JSON text, so that whatever was sent can be stored and read as text. */
export function bodyForAudit({ body }: Request): string | null {
  return body === undefined ? null : JSON.stringify(body).slice(0, LONGEST_BODY)
}

/** Without control characters and halves of surrogate pairs, and cut. */
function plainText(text: string, longest: number): string {
  return text.slice(0, longest).replaceAll(/[\p{Cc}\p{Cs}]/gu, '�')
}
