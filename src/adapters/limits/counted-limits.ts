import { createHash } from 'node:crypto'
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'
import { RATE_BUCKETS, type RateBucket, RateLimits, type RateStanding } from '../../ports/rate-limits.js'

export interface Limit {
  readonly points: number
  readonly seconds: number
}

/** What is counted: the buckets, and how often a caller was shut out for failed logins. */
export type Counted = RateBucket | 'shut-out'
export type Counters = Readonly<Record<Counted, RateLimiterAbstract>>

const DAY_SECONDS = 24 * 3_600
const FIRST_SHUT_OUT_SECONDS = 60
const LONGEST_SHUT_OUT_SECONDS = 3_600

/** How many waits this process remembers. */
const MOST_REMEMBERED = 10_000

/** One counter for each thing that is counted, with the limits of 5.3. */
export function countersOf(
  makeCounter: (counted: Counted, limit: Limit) => RateLimiterAbstract,
  reads: number,
): Counters {
  const minute = (points: number) => ({ points, seconds: 60 })
  const limits: Record<Counted, Limit> = {
    read: minute(reads),
    mutate: minute(10),
    approve: minute(5),
    pause: minute(30),
    'failed-login': minute(5),
    'shut-out': { points: Number.MAX_SAFE_INTEGER, seconds: DAY_SECONDS },
  }
  const counted: readonly Counted[] = [...RATE_BUCKETS, 'shut-out']
  return Object.fromEntries(counted.map((one) => [one, makeCounter(one, limits[one])])) as Record<
    Counted,
    RateLimiterAbstract
  >
}

/**
 * Counts requests in windows of a minute. The fifth failed login of a minute shuts its caller out for a minute, the next
 * time for two, then four, up to an hour; a day after the first time it begins anew. Whoever has to wait is remembered
 * here, so that asking again reaches no counter. Callers are kept as hashes.
 */
export class CountedLimits extends RateLimits {
  /** Until when a caller has to wait, by bucket and caller. */
  private readonly waits = new Map<string, number>()

  constructor(private readonly counters: Counters) {
    super()
  }

  override async take(
    bucket: RateBucket,
    caller: string,
  ): Promise<{ readonly retryAfterMs: number | undefined; readonly standing: RateStanding }> {
    const key = keyOf(caller)
    const remembered = this.remembered(bucket, key)
    if (remembered !== undefined) return this.refusal(bucket, remembered)
    try {
      const { consumedPoints, remainingPoints, msBeforeNext } = await this.counters[bucket].consume(key)
      if (bucket === 'failed-login' && consumedPoints === this.counters[bucket].points) await this.shutOut(key)
      return { retryAfterMs: undefined, standing: this.standing(bucket, remainingPoints, msBeforeNext) }
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      return this.refusal(bucket, this.remember(bucket, key, refusal.msBeforeNext))
    }
  }

  override async waiting(bucket: RateBucket, caller: string): Promise<number | undefined> {
    const key = keyOf(caller)
    const remembered = this.remembered(bucket, key)
    if (remembered !== undefined) return remembered
    const counted = await this.counters[bucket].get(key)
    if (!counted || counted.remainingPoints > 0) return undefined
    return this.remember(bucket, key, counted.msBeforeNext)
  }

  private async shutOut(key: string): Promise<void> {
    const { consumedPoints: times } = await this.counters['shut-out'].penalty(key)
    const seconds = Math.min(FIRST_SHUT_OUT_SECONDS * 2 ** (times - 1), LONGEST_SHUT_OUT_SECONDS)
    await this.counters['failed-login'].block(key, seconds)
    this.remember('failed-login', key, seconds * 1000)
  }

  private remembered(bucket: RateBucket, key: string): number | undefined {
    const left = (this.waits.get(`${bucket}:${key}`) ?? 0) - Date.now()
    return left > 0 ? left : undefined
  }

  /** Nothing is lost by forgetting: the counters know. */
  private remember(bucket: RateBucket, key: string, waitMs: number): number {
    if (this.waits.size >= MOST_REMEMBERED) this.waits.clear()
    this.waits.set(`${bucket}:${key}`, Date.now() + waitMs)
    return waitMs
  }

  private refusal(bucket: RateBucket, waitMs: number) {
    return { retryAfterMs: waitMs, standing: this.standing(bucket, 0, waitMs) }
  }

  private standing(bucket: RateBucket, remaining: number, resetMs: number): RateStanding {
    const { points: limit, msDuration: windowMs } = this.counters[bucket]
    return { limit, windowMs, remaining, resetMs }
  }
}

function keyOf(caller: string): string {
  return createHash('sha256').update(caller).digest('base64url')
}
