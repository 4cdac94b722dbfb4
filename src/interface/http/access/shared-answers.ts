import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import type { Request } from 'express'
import { finalize, type Observable } from 'rxjs'
import { isRead } from './request.js'

/** How old the answer to a read may be. */
const SHARED_MS = 500

/** The answer to a read as it is sent. */
export interface ReadAnswer {
  readonly text: string
  readonly etag: string
}

/**
 * Answers to reads, which everybody shares who asks the same within half a second: however many people look, the
 * records are read twice a second. Failures are shared by those who wait for them alone.
 */
export class SharedAnswers {
  private readonly kept = new Map<string, { readonly begunAt: number; readonly answer: Promise<ReadAnswer> }>()

  constructor(
    private readonly sharedMs = SHARED_MS,
    private readonly now = () => performance.now(),
  ) {}

  /** `asked` names all that the answer depends on. */
  of(asked: string, make: () => Promise<ReadAnswer>): Promise<ReadAnswer> {
    const begunAt = this.now()
    this.drop(begunAt - this.sharedMs)
    const known = this.kept.get(asked)
    if (known) return known.answer
    const answer = make()
    this.kept.set(asked, { begunAt, answer })
    answer.catch(() => this.kept.get(asked)?.answer === answer && this.kept.delete(asked))
    return answer
  }

  forget(): void {
    this.kept.clear()
  }

  /** They were put in by age. */
  private drop(before: number): void {
    for (const [asked, { begunAt }] of this.kept) {
      if (begunAt > before) return
      this.kept.delete(asked)
    }
  }
}

/** Whoever was told that a change is done sees it in the next read of this process. */
export class FreshnessInterceptor implements NestInterceptor {
  constructor(private readonly answers: SharedAnswers) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (isRead(context.switchToHttp().getRequest<Request>())) return next.handle()
    return next.handle().pipe(finalize(() => this.answers.forget()))
  }
}
