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
/** In how many portions the reads of a minute are taken from the counter. */
const READ_PORTIONS = 60

/** How many waits, and how many callers, this process remembers. */
const MOST_REMEMBERED = 10_000
/** How long a caller who did not have to wait is taken for one who does not, whatever other processes count. */
const FREE_MS = 1_000

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
    preview: minute(20),
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
 * here, so that asking again reaches no counter; so is for a second who has not to. Reads are taken from the counter a
 * second's worth at a time and handed out here: with several processes a caller may have that much less. Callers are kept
 * as hashes.
 */
export class CountedLimits extends RateLimits {
  /** Until when a caller has to wait, by bucket and caller. */
  private readonly waits = new Map<string, number>()
  /** Until when nobody asks again whether a caller has to wait. */
  private readonly free = new Map<string, number>()
  /** Reads that are taken from the counter and not handed out yet, by caller. */
  private readonly reads = new Map<string, { left: number; readonly remaining: number; readonly until: number }>()
  /** Portions of reads that are being taken from the counter, by caller. */
  private readonly taking = new Map<string, Promise<unknown>>()

  constructor(private readonly counters: Counters) {
    super()
  }

  override async take(
    bucket: RateBucket,
    caller: string,
  ): Promise<{ readonly retryAfterMs: number | undefined; readonly standing: RateStanding }> {
    const key = keyOf(caller)
    const points = bucket === 'read' ? Math.max(1, Math.floor(this.counters.read.points / READ_PORTIONS)) : 1
    for (;;) {
      const remembered = this.remembered(bucket, key)
      if (remembered !== undefined) return this.refusal(bucket, remembered)
      const handed = bucket === 'read' ? this.handOut(key) : undefined
      if (handed) return handed
      const taking = this.taking.get(key)
      if (points === 1 || !taking) break
      // Whoever comes while a portion is being taken gets of that one.
      await taking
    }
    const taken = this.consume(bucket, key, points)
    if (points === 1) return taken
    this.taking.set(key, taken)
    return taken.finally(() => this.taking.delete(key))
  }

  private async consume(bucket: RateBucket, key: string, points: number) {
    this.free.delete(`${bucket}:${key}`)
    try {
      const { consumedPoints, remainingPoints, msBeforeNext } = await this.counters[bucket].consume(key, points)
      if (points > 1) this.keep(key, points - 1, remainingPoints, msBeforeNext)
      if (bucket === 'failed-login' && consumedPoints === this.counters[bucket].points) await this.shutOut(key)
      return { retryAfterMs: undefined, standing: this.standing(bucket, remainingPoints + points - 1, msBeforeNext) }
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      return this.refusal(bucket, this.remember(bucket, key, refusal.msBeforeNext))
    }
  }

  override async waiting(bucket: RateBucket, caller: string): Promise<number | undefined> {
    const key = keyOf(caller)
    const remembered = this.remembered(bucket, key)
    if (remembered !== undefined) return remembered
    const place = `${bucket}:${key}`
    if ((this.free.get(place) ?? 0) > Date.now()) return undefined
    const counted = await this.counters[bucket].get(key)
    if (!counted || counted.remainingPoints > 0) {
      if (this.free.size >= MOST_REMEMBERED) this.free.clear()
      this.free.set(place, Date.now() + FREE_MS)
      return undefined
    }
    return this.remember(bucket, key, counted.msBeforeNext)
  }

  /** One of the reads that are kept for this caller, if there are any. */
  private handOut(key: string) {
    const kept = this.reads.get(key)
    const resetMs = (kept?.until ?? 0) - Date.now()
    if (!kept || kept.left === 0 || resetMs <= 0) return undefined
    kept.left -= 1
    return { retryAfterMs: undefined, standing: this.standing('read', kept.remaining + kept.left, resetMs) }
  }

  private keep(key: string, left: number, remaining: number, resetMs: number): void {
    if (this.reads.size >= MOST_REMEMBERED) this.reads.clear()
    this.reads.set(key, { left, remaining, until: Date.now() + resetMs })
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
