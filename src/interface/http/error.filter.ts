import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common'
import type { Application, Request, Response } from 'express'
import type { Observer } from '../../ports/observer.js'
import type { AuditTrail } from './access/audit-trail.js'
import { callerOf } from './access/caller.js'
import { refusalOf } from './access/refusal.js'
import { requestIdOf } from './access/request.js'
import { Problem, type ProblemCode } from './problem.js'

/** The one place that turns failures into answers. What went wrong inside is logged, never told to the caller. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly observer: Observer,
    private readonly audit: Pick<AuditTrail, 'tryAppendFirst'>,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<Request>()
    const response = http.getResponse<Response>()
    const problem = this.problemOf(error, request)
    // Nobody else saw what was turned away before anybody was asked who they are.
    if (BEFORE_THE_GATE.has(problem.status) && !callerOf(request))
      void this.audit.tryAppendFirst(request, response, { status: problem.status })
    if (response.headersSent) {
      response.destroy()
      return
    }
    const { retryAfter, headers } = problem.extras
    response
      .status(problem.status)
      .set({ ...headers, ...(retryAfter !== undefined && { 'Retry-After': `${retryAfter}` }) })
      .type('application/problem+json')
      .send(JSON.stringify(problem.toJson(requestIdOf(response))))
  }

  private problemOf(error: unknown, request: Request): Problem {
    const status = statusOf(error)
    if (status === 404) return refusalOf(request) ?? notHere(request)
    const refusal = refusalIn(error)
    if (refusal) return refusal
    if (status === 503) return new Problem(503, 'unavailable', 'Not ready.')
    this.observer.notify({ type: 'failed', what: 'answering a request', isRetried: false, error })
    return new Problem(500, 'internal', 'The request could not be answered; the log says why.')
  }
}

const BEFORE_THE_GATE: ReadonlySet<number> = new Set([405, 413, 415])

const CODES: Readonly<Record<number, ProblemCode>> = {
  413: 'payload-too-large',
  415: 'unsupported-media-type',
}

/** What the caller did wrong, where the error says so. */
export function refusalIn(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  const status = statusOf(error)
  return status !== undefined && status < 500
    ? new Problem(status, CODES[status] ?? 'invalid-request', (error as Error).message)
    : undefined
}

/** Of the framework's errors, and of those of the body parser. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus()
  const isOfParser = error instanceof Error && 'expose' in error && 'statusCode' in error
  return isOfParser && typeof error.statusCode === 'number' ? error.statusCode : undefined
}

function notHere(request: Request): Problem {
  const methods = methodsAt(request.app as Application, request.path)
  if (methods.length === 0) return new Problem(404, 'not-found', 'No such path; the API lives under /v1.')
  const allow = methods.join(', ')
  return new Problem(405, 'method-not-allowed', `${request.path} takes ${allow}, not ${request.method}.`, [], {
    headers: { Allow: allow },
  })
}

/** Of a layer of the router; the declared type lacks how it tells whether a path is its own. */
interface Layer {
  readonly route?: { readonly stack: readonly { readonly method: string }[] }
  match(path: string): boolean
}

function methodsAt(app: Application, path: string): string[] {
  const layers = app.router.stack as unknown as readonly Layer[]
  const routes = layers.flatMap((layer) => (layer.route && layer.match(path) ? [layer.route] : []))
  const methods = new Set(routes.flatMap(({ stack }) => stack.map(({ method }) => method.toUpperCase())))
  return [...methods, ...(methods.has('GET') ? ['HEAD'] : [])]
}
