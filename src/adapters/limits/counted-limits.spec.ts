import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { MemoryRateLimits } from '../../../test/support/memory-admin.js'
import type { RateBucket } from '../../ports/rate-limits.js'
import { CountedLimits, countersOf } from './counted-limits.js'

const NOW = Date.UTC(2026, 10, 20, 12)
const MINUTE = 60_000

describe('CountedLimits', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: NOW })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  const takenOf = async (limits: MemoryRateLimits, bucket: RateBucket, caller = 'ada') => {
    for (let taken = 0; ; taken += 1) {
      const { retryAfterMs } = await limits.take(bucket, caller)
      if (retryAfterMs !== undefined) return taken
    }
  }

  test.each([
    ['read', 600],
    ['mutate', 10],
    ['approve', 5],
    ['pause', 30],
    ['preview', 20],
  ] as const)('%s: %d a minute for each caller', async (bucket, most) => {
    const limits = new MemoryRateLimits()
    expect(await takenOf(limits, bucket)).toBe(most)
    expect(await limits.waiting(bucket, 'ada')).toBe(MINUTE)
    expect(await limits.waiting(bucket, 'bea')).toBeUndefined()
    jest.advanceTimersByTime(MINUTE - 1)
    expect((await limits.take(bucket, 'ada')).retryAfterMs).toBe(1)
    jest.advanceTimersByTime(1)
    expect(await limits.waiting(bucket, 'ada')).toBeUndefined()
    expect(await takenOf(limits, bucket)).toBe(most)
  })

  test('reads that come together use up no more than as many one after another', async () => {
    const limits = new MemoryRateLimits()
    const together = async (count: number) => {
      const all = await Promise.all(Array.from({ length: count }, () => limits.take('read', 'ada')))
      return all.filter(({ retryAfterMs }) => retryAfterMs === undefined).length
    }
    expect(await together(95)).toBe(95)
    expect(await together(600)).toBe(505)
    expect(await takenOf(limits, 'read')).toBe(0)
  })

  test('reads are limited as configured, and each answer says what is left', async () => {
    const limits = new MemoryRateLimits(2)
    const answers = [
      await limits.take('read', 'ada'),
      await limits.take('read', 'ada'),
      await limits.take('read', 'ada'),
    ]
    const standing = (remaining: number) => ({ limit: 2, windowMs: MINUTE, remaining, resetMs: MINUTE })
    expect(answers).toEqual([
      { retryAfterMs: undefined, standing: standing(1) },
      { retryAfterMs: undefined, standing: standing(0) },
      { retryAfterMs: MINUTE, standing: standing(0) },
    ])
  })

  test('reads are taken from the counter in portions: what is left is what the caller may still do', async () => {
    const limits = new MemoryRateLimits(120)
    const left: (number | undefined)[] = []
    for (let asked = 0; asked < 121; asked += 1) left.push((await limits.take('read', 'ada')).standing?.remaining)
    expect(left).toEqual([...Array.from({ length: 120 }, (_, index) => 119 - index), 0])
    jest.advanceTimersByTime(MINUTE)
    expect((await limits.take('read', 'ada')).standing?.remaining).toBe(119)
  })

  test('of two processes a caller has what is configured between them, but for a portion of each', async () => {
    const counters = countersOf((_, { points, seconds }) => new RateLimiterMemory({ points, duration: seconds }), 120)
    const [one, other] = [new CountedLimits(counters), new CountedLimits(counters)]
    let granted = 0
    for (let asked = 0; asked < 200; asked += 1)
      if ((await (asked % 2 ? one : other).take('read', 'ada')).retryAfterMs === undefined) granted += 1
    expect(granted).toBeGreaterThanOrEqual(118)
    expect(granted).toBeLessThanOrEqual(120)
  })

  test('a wait that another process decides on is seen within a second, one of its own at once (F-77)', async () => {
    const counters = countersOf((_, { points, seconds }) => new RateLimiterMemory({ points, duration: seconds }), 120)
    const [one, other] = [new CountedLimits(counters), new CountedLimits(counters)]
    expect(await one.waiting('failed-login', 'eve')).toBeUndefined()
    for (let failed = 0; failed < 5; failed += 1) await other.take('failed-login', 'eve')
    expect(await other.waiting('failed-login', 'eve')).toBe(MINUTE)
    jest.advanceTimersByTime(1_000)
    expect(await one.waiting('failed-login', 'eve')).toBe(MINUTE - 1_000)
  })

  test('F-77: nothing else uses up the pauses', async () => {
    const limits = new MemoryRateLimits()
    for (const bucket of ['read', 'mutate', 'approve', 'failed-login'] as const) await takenOf(limits, bucket)
    expect(await takenOf(limits, 'pause')).toBe(30)
  })

  test('the fifth failed login shuts out, each time for twice as long, up to an hour', async () => {
    const limits = new MemoryRateLimits()
    const waits: (number | undefined)[] = []
    for (let round = 0; round < 8; round += 1) {
      for (let failed = 0; failed < 5; failed += 1) {
        expect(await limits.waiting('failed-login', 'eve')).toBeUndefined()
        expect((await limits.take('failed-login', 'eve')).retryAfterMs).toBeUndefined()
      }
      const wait = (await limits.waiting('failed-login', 'eve')) ?? 0
      expect((await limits.take('failed-login', 'eve')).retryAfterMs).toBe(wait)
      waits.push(wait / MINUTE)
      jest.advanceTimersByTime(wait)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    expect(await limits.waiting('failed-login', 'ada')).toBeUndefined()
  })

  test('a day after the first time the waits begin anew', async () => {
    const limits = new MemoryRateLimits()
    const shutOut = async () => {
      await takenOf(limits, 'failed-login')
      return limits.waiting('failed-login', 'ada')
    }
    expect(await shutOut()).toBe(MINUTE)
    jest.advanceTimersByTime(MINUTE)
    expect(await shutOut()).toBe(2 * MINUTE)
    jest.advanceTimersByTime(24 * 60 * MINUTE)
    expect(await shutOut()).toBe(MINUTE)
  })

  test('forgets who waits when there are too many to remember, and not what was counted', async () => {
    const limits = new MemoryRateLimits(0)
    for (let index = 0; index < 10_001; index += 1) await limits.take('read', `caller-${index}`)
    expect((await limits.take('read', 'caller-0')).retryAfterMs).toBe(MINUTE)
  })
})
