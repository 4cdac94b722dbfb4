/** The code of an answer that is not the daemon's. */
const NOT_UNDERSTOOD = 'unknown'

/** A refusal of the daemon, as RFC 9457 writes it; or no answer at all, which has the status 0. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly status: number
  /** From the API's closed list, `unknown`, or `no-answer`. */
  readonly code: string
  readonly title: string
  /** Id of the request, by which the daemon's log has it. */
  readonly instance: string | undefined
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
  /** Seconds until it is worth asking again. */
  readonly retryAfter: number | undefined

  constructor(told: ToldProblem) {
    super(told.detail)
    this.status = told.status
    this.code = told.code
    this.title = told.title
    this.instance = told.instance
    this.errors = told.errors ?? []
    this.retryAfter = told.retryAfter
  }

  get detail(): string {
    return this.message
  }

  /**
   * Whether the daemon has said what became of the call. Until it has, the call may be under way or done, and is to be
   * made again under the same key alone: nobody or a proxy answered, or it is to be asked again later.
   */
  get hasEnded(): boolean {
    return this.status > 0 && this.code !== NOT_UNDERSTOOD && this.retryAfter === undefined
  }
}

interface ToldProblem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly instance?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly retryAfter?: number
}

/** What went wrong, from an answer that is not a good one. A proxy in between may answer with something else than a problem. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const told: unknown = await response.json().catch(() => undefined)
  if (isTold(told)) return new ApiProblem(told)
  return new ApiProblem({
    status: response.status,
    code: NOT_UNDERSTOOD,
    title: 'The answer was not understood',
    detail: `Expected a problem in words, got status ${response.status} and something else. Is a proxy in between?`,
  })
}

export function noAnswer(cause: unknown): ApiProblem {
  return new ApiProblem({
    status: 0,
    code: 'no-answer',
    title: 'The daemon does not answer',
    detail: cause instanceof Error ? cause.message : String(cause),
  })
}

/** What is shown of anything that was thrown. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new ApiProblem({ status: 0, code: 'console', title: 'Something went wrong in this page', detail })
}

function isTold(value: unknown): value is ToldProblem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'status' in value &&
    typeof value.status === 'number' &&
    'code' in value &&
    'title' in value &&
    'detail' in value
  )
}
