import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import type { Request, Response } from 'express'
import { firstValueFrom, from, map, type Observable, throwError, timeout } from 'rxjs'
import { type Finding, invalidRequest, pointerTo, Problem } from '../problem.js'
import { etagOf } from './match.js'
import { isRead } from './request.js'
import { type RouteRules, rulesOf } from './route.js'
import type { ReadAnswer, SharedAnswers } from './shared-answers.js'

const ANSWER_TIMEOUT_MS = 10_000

/** Keeps what a read takes apart from what work needs. */
export type Aside = <T>(read: () => Promise<T>) => Promise<T>

/**
 * Refuses query parameters and bodies that a route does not declare. What is read carries a strong ETag, is given up
 * after ten seconds, and is shared by all who ask for it within a moment; what changes something is answered whenever it
 * is done.
 */
export class ExchangeInterceptor implements NestInterceptor {
  constructor(
    private readonly answers: SharedAnswers,
    private readonly aside: Aside = (read) => read(),
    private readonly answerTimeoutMs = ANSWER_TIMEOUT_MS,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp()
    const request = http.getRequest<Request>()
    const rules = rulesOf(context.getHandler())
    if (rules) refuseUndeclared(request, rules)
    if (!isRead(request) || rules?.isStream) return next.handle()
    const response = http.getResponse<Response>()
    const make = () => this.make(next)
    const answer = rules?.isPersonal ? make() : this.answers.of(request.originalUrl, make)
    return from(answer).pipe(
      map(({ text, etag }) => {
        response.type('json').set('ETag', etag)
        return text
      }),
    )
  }

  private make(next: CallHandler): Promise<ReadAnswer> {
    const read = () =>
      firstValueFrom(
        next.handle().pipe(
          timeout({ each: this.answerTimeoutMs, with: () => throwError(tookTooLong) }),
          map((answer: unknown) => {
            const text = JSON.stringify(answer ?? null)
            return { text, etag: etagOf(text) }
          }),
        ),
      )
    return this.aside(read)
  }
}

function tookTooLong(): Problem {
  return new Problem(503, 'unavailable', 'This took longer than ten seconds and was given up.', [], { retryAfter: 5 })
}

function refuseUndeclared({ query, body }: Request, rules: RouteRules): void {
  const errors: Finding[] = []
  if (!rules.query)
    for (const name of Object.keys(query))
      errors.push({ pointer: pointerTo([name]), detail: 'is not known here; leave it out' })
  if (!rules.body && isSomething(body)) errors.push({ pointer: '', detail: 'no body is expected' })
  if (errors.length > 0) throw invalidRequest(errors)
}

function isSomething(body: unknown): boolean {
  return typeof body === 'object' && body !== null ? Object.keys(body).length > 0 : body !== undefined
}
