import { z } from 'zod'

/** What a problem can be, with what it is in words. A closed list: callers may tell them apart by it. */
const TITLES = {
  'invalid-request': 'The request is not valid',
  unauthorised: 'Authentication is required',
  forbidden: 'The caller may not do this',
  'not-found': 'There is no such thing',
  'method-not-allowed': 'The path does not take this method',
  'request-timeout': 'The request did not come in time',
  conflict: 'Something has to be put right first',
  'precondition-failed': 'It has changed since it was looked at',
  'payload-too-large': 'The request is too large',
  'unsupported-media-type': 'The body is of another type than JSON',
  'expectation-failed': 'What the request expects is not done',
  unprocessable: 'The request contradicts an earlier one',
  'rate-limited': 'There were too many requests',
  unavailable: 'A needed service does not answer',
  internal: 'Something went wrong on our side',
} as const

export type ProblemCode = keyof typeof TITLES

export interface ProblemExtras {
  /** Whole seconds until it is worth asking again. */
  readonly retryAfter?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Finding {
  /** JSON pointer (RFC 6901) into what was sent. */
  readonly pointer: string
  readonly detail: string
}

/** An error as RFC 9457 writes it, with a code from a closed list. Whoever throws one has written nothing down. */
export class Problem extends Error {
  override readonly name = 'Problem'
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    readonly detail: string,
    readonly errors: readonly Finding[] = [],
    readonly extras: ProblemExtras = {},
  ) {
    super(detail)
  }

  /** `instance` is the id of the request. */
  toJson(instance?: string): z.infer<typeof problemSchema> {
    const { retryAfter } = this.extras
    return {
      type: `urn:evenkeel:problem:${this.code}`,
      title: TITLES[this.code],
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...(instance !== undefined && { instance }),
      ...(this.errors.length > 0 && { errors: [...this.errors] }),
      ...(retryAfter !== undefined && { retryAfter }),
    }
  }
}

/** A JSON pointer (RFC 6901) to a member; to the whole where the path is empty. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Names every finding. */
export function invalidRequest(findings: readonly Finding[]): Problem {
  const told = findings.map(({ pointer, detail }) => (pointer === '' ? detail : `${pointer}: ${detail}`))
  return new Problem(400, 'invalid-request', told.join('; '), findings)
}

/** As every failed request is answered, in `application/problem+json`. */
export const problemSchema = z.strictObject({
  type: z.string().describe('Names the kind of problem: `urn:evenkeel:problem:<code>`.'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().describe('What was expected, what came, what to do.'),
  code: z.enum(Object.keys(TITLES) as [ProblemCode, ...ProblemCode[]]),
  instance: z.string().optional().describe('Id of the request, as in `X-Request-Id` and in the log.'),
  errors: z
    .array(z.strictObject({ pointer: z.string().describe('JSON pointer into what was sent.'), detail: z.string() }))
    .optional(),
  retryAfter: z.int().min(0).optional().describe('Seconds until it is worth asking again.'),
})
