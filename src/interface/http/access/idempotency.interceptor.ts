import { createHash } from 'node:crypto'
import { type CallHandler, type ExecutionContext, HttpException, type NestInterceptor } from '@nestjs/common'
import type { Request, Response } from 'express'
import { catchError, mergeMap, type Observable, of } from 'rxjs'
import { canonicalText } from '../../../domain/canonical-text.js'
import type { Clock } from '../../../ports/clock.js'
import type { Claim, Idempotency, StoredAnswer } from '../../../ports/idempotency.js'
import type { Observer } from '../../../ports/observer.js'
import { Problem, type ProblemCode } from '../problem.js'
import { callerOf } from './caller.js'
import { accountOf, isRead, REPLAYED } from './request.js'
import { rulesOf } from './route.js'

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/

/**
 * Does each call that changes something once, however often it is sent with the same `Idempotency-Key` (4.10, F-74): the
 * stored answer is given again. A refusal changed nothing and leaves the key free; of a call that failed in the middle, or
 * has no answer after a minute, nobody knows what it did: that is stored as its answer, and it is never begun anew. A pause
 * has no key: done twice it is the same pause, and somebody who asks for it again may ask after another one's resume.
 */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly deps: { idempotency: Idempotency; clock: Clock; observer: Observer }) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp()
    const request = http.getRequest<Request>()
    const caller = callerOf(request)
    if (isRead(request) || !caller) return next.handle()
    const rules = rulesOf(context.getHandler())
    if (rules?.bucket === 'pause') return next.handle()
    const key = keyOf(request)
    const claim = { subject: accountOf(caller), key, at: this.deps.clock.now() }
    const begun = await this.begin(claim, request)
    switch (begun.status) {
      case 'finished':
        return of(replay(begun.answer, http.getResponse<Response>()))
      case 'mismatch':
        throw new Problem(
          422,
          'unprocessable',
          `The Idempotency-Key ${key} was used for another request. Take a new one.`,
        )
      case 'running':
        throw new Problem(409, 'conflict', `The request with the Idempotency-Key ${key} is still running.`, [], {
          retryAfter: 1,
        })
      case 'left':
        await this.end(() => this.deps.idempotency.finish({ ...claim, at: begun.since }, UNKNOWN_ANSWER))
        throw UNKNOWN_END
      case 'begun':
        return this.once(claim, next, rules?.status ?? 200)
    }
  }

  private async begin(claim: Claim, request: Request) {
    const { idempotency, observer } = this.deps
    try {
      return await idempotency.begin({ ...claim, fingerprint: fingerprintOf(request) })
    } catch (error) {
      observer.notify({ type: 'failed', what: 'looking for an idempotency key', isRetried: false, error })
      throw new Problem(503, 'unavailable', 'Idempotency keys cannot be looked up, so nothing was done.', [], {
        retryAfter: 5,
      })
    }
  }

  private once(claim: Claim, next: CallHandler, status: number): Observable<unknown> {
    const { idempotency } = this.deps
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.end(() => idempotency.finish(claim, { status, body: JSON.stringify(answer ?? null) }))
        return answer
      }),
      catchError(async (error: unknown) => {
        await this.end(() =>
          changedNothing(error) ? idempotency.abandon(claim) : idempotency.finish(claim, UNKNOWN_ANSWER),
        )
        throw error
      }),
    )
  }

  /** The deed is done or not, whatever becomes of its key. */
  private async end(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.deps.observer.notify({ type: 'failed', what: 'storing the answer to a request', isRetried: false, error })
    }
  }
}

const UNKNOWN_END = new Problem(
  500,
  'internal',
  'What this request did is not known: it failed in the middle, or has not ended for a minute. Look at what is there, then send it with a new key.',
)
const UNKNOWN_ANSWER: StoredAnswer = { status: UNKNOWN_END.status, body: JSON.stringify(UNKNOWN_END.toJson()) }

function keyOf(request: Request): string {
  const key = request.header('idempotency-key')
  if (key !== undefined && IDEMPOTENCY_KEY.test(key)) return key
  const got = key === undefined ? 'none' : 'another text'
  const detail = `expected an Idempotency-Key header of 1 to 200 visible characters, got ${got}; make a new one for each deed and send the same one when you try it again`
  throw new Problem(400, 'invalid-request', detail)
}

function fingerprintOf({ method, originalUrl, body }: Request): string {
  return createHash('sha256')
    .update(canonicalText([method, originalUrl, body ?? null]))
    .digest('hex')
}

function changedNothing(error: unknown): boolean {
  return error instanceof Problem || (error instanceof HttpException && error.getStatus() < 500)
}

function replay({ status, body }: StoredAnswer, response: Response): unknown {
  response.set(REPLAYED, 'true')
  const answer: unknown = JSON.parse(body)
  if (status < 400) return answer
  const { code, detail } = answer as { code: ProblemCode; detail: string }
  throw new Problem(status, code, detail)
}
