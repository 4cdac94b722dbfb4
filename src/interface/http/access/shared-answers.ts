import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import type { Request } from 'express'
import { finalize, type Observable } from 'rxjs'
import { isRead } from './request.js'

/** How old the answer to a read may be before it is made anew. Twice as old for those who ask while that is done. */
const SHARED_MS = 500

/** The answer to a read as it is sent. */
export interface ReadAnswer {
  readonly text: string
  readonly etag: string
}

interface Kept {
  readonly begunAt: number
  readonly answer: Promise<ReadAnswer>
  /** Set while a younger one is made. */
  next?: Promise<ReadAnswer>
}

/**
 * Answers to reads, which everybody shares who asks the same within half a second: however many people look, the
 * records are read twice a second. While an answer is made anew the last one is given for another half second, so that
 * what is asked for all the time is never waited for. Failures are shared by those who wait for them alone.
 */
export class SharedAnswers {
  /** In the order in which they were first given. */
  private readonly kept = new Map<string, Kept>()

  constructor(
    private readonly sharedMs = SHARED_MS,
    private readonly now = () => performance.now(),
  ) {}

  /** `asked` names all that the answer depends on. */
  of(asked: string, make: () => Promise<ReadAnswer>): Promise<ReadAnswer> {
    const now = this.now()
    this.drop(now - 2 * this.sharedMs)
    const known = this.kept.get(asked)
    if (!known || known.begunAt <= now - 2 * this.sharedMs) return this.keep(asked, { begunAt: now, answer: make() })
    if (known.begunAt <= now - this.sharedMs) this.renew(asked, known, make)
    return known.answer
  }

  forget(): void {
    this.kept.clear()
  }

  private keep(asked: string, made: Kept): Promise<ReadAnswer> {
    this.kept.delete(asked)
    this.kept.set(asked, made)
    made.answer.catch(() => this.kept.get(asked) === made && this.kept.delete(asked))
    return made.answer
  }

  /** What was forgotten meanwhile, or asked for again, is not replaced by it. */
  private renew(asked: string, known: Kept, make: () => Promise<ReadAnswer>): void {
    if (known.next) return
    const begunAt = this.now()
    const next = make()
    known.next = next
    next.then(
      () => {
        if (this.kept.get(asked) === known) void this.keep(asked, { begunAt, answer: next })
      },
      () => delete known.next,
    )
  }

  /** The oldest come first, but for those that took long to make. */
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
