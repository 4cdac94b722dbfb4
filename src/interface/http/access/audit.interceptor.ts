import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import type { Request, Response } from 'express'
import { catchError, mergeMap, type Observable } from 'rxjs'
import { Problem } from '../problem.js'
import { type AuditedRequest, auditedOf, type AuditTrail, bodyForAudit } from './audit-trail.js'
import { isRead, REPLAYED } from './request.js'
import { rulesOf } from './route.js'

const RETRY_SECONDS = 5

/**
 * Writes every call that changes something before it is done, and how it ended before it is answered. What cannot be
 * written is not done, except a pause: that is done while it is being written, goes through where it cannot be, and the
 * daemon's own log tells of it (5.2).
 */
export class AuditInterceptor implements NestInterceptor {
  constructor(private readonly audit: AuditTrail) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp()
    const request = http.getRequest<Request>()
    if (isRead(request)) return next.handle()
    const response = http.getResponse<Response>()
    const rules = rulesOf(context.getHandler())
    const asked = auditedOf(request, response, rules)
    const isPause = rules?.bucket === 'pause'
    const detail = { path: request.path.slice(0, 1_000), body: bodyForAudit(request) }
    const allowed = { result: 'allowed', detail, isPause } as const
    const written = isPause ? this.audit.tryAppend(asked, allowed) : undefined
    if (!isPause) await this.audit.append(asked, allowed).catch((error: unknown) => this.refuse(asked, error))
    const end = async (result: 'done' | 'failed', how: Record<string, unknown>) => {
      await written
      await this.audit.tryAppend(asked, { result, detail: how, isPause })
    }
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await end('done', response.hasHeader(REPLAYED) ? { isReplay: true } : {})
        return answer
      }),
      catchError(async (error: unknown) => {
        await end('failed', detailOf(error))
        throw error
      }),
    )
  }

  private refuse(asked: AuditedRequest, error: unknown): never {
    this.audit.tell(asked, error)
    throw new Problem(
      503,
      'unavailable',
      'The audit log cannot be written, so nothing was done. Pause and halt work without it.',
      [],
      { retryAfter: RETRY_SECONDS },
    )
  }
}

function detailOf(error: unknown): Record<string, unknown> {
  if (error instanceof Problem) return { status: error.status, code: error.code, detail: error.detail.slice(0, 1_000) }
  return { status: 500, code: 'internal' }
}
