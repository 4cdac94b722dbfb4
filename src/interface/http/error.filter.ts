import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common'
import type { Response } from 'express'
import type { Observer } from '../../ports/observer.js'
import { Problem } from './problem.js'

/** The one place that turns failures into answers. What went wrong inside is logged, never told to the caller. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly observer: Observer) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = this.problemOf(error)
    host
      .switchToHttp()
      .getResponse<Response>()
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problem.toJson()))
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error
    if (error instanceof HttpException) {
      const status = error.getStatus()
      if (status === 404) return new Problem(404, 'not-found', 'No such path; the API lives under /v1.')
      if (status < 500) return new Problem(status, 'invalid-request', error.message)
      if (status === 503) return new Problem(503, 'unavailable', 'Not ready.')
    }
    this.observer.notify({ type: 'failed', what: 'answering a request', isRetried: false, error })
    return new Problem(500, 'internal', 'The request could not be answered; the log says why.')
  }
}
