/** What a request counts as. */
export const RATE_BUCKETS = ['read', 'mutate', 'approve', 'pause', 'preview', 'failed-login'] as const
export type RateBucket = (typeof RATE_BUCKETS)[number]

/** What a caller may still do, for the headers of the answer. */
export interface RateStanding {
  /** Requests in one window. */
  readonly limit: number
  readonly windowMs: number
  readonly remaining: number
  /** Until the window begins anew. */
  readonly resetMs: number
}

/** Counts requests, in one place for all processes. */
export abstract class RateLimits {
  /** Takes one from the bucket of this caller. `retryAfterMs` where none is left. */
  abstract take(
    bucket: RateBucket,
    caller: string,
  ): Promise<{ readonly retryAfterMs: number | undefined; readonly standing?: RateStanding }>
  /** How long a caller has to wait, without taking one. */
  abstract waiting(bucket: RateBucket, caller: string): Promise<number | undefined>
}
