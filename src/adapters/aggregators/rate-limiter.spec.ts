import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { NOW } from '../../../test/support/builders.js'
import { SteppedClock } from '../../../test/support/stepped-clock.js'
import { RateLimiter, RateLimiters } from './rate-limiter.js'

const after = (seconds: string) => new Headers({ 'ratelimit-remaining': '0', 'ratelimit-reset': seconds })

/** The time of admission after NOW in ms, or for how long the request is turned down. */
async function outcomeOf(clock: SteppedClock, limiter: RateLimiter, patienceMs = 0) {
  const tooEarly = await limiter.admit(clock.now() + patienceMs)
  return tooEarly ? { waitMs: tooEarly.waitMs } : { at: clock.now() - NOW }
}

describe('a rate limiter without a pace', () => {
  it('lets a request pass whatever time goes by while it is judged', async () => {
    const hurried = new SteppedClock()
    let now = NOW
    hurried.now = () => (now += 1)
    expect(await new RateLimiter(hurried).admit(NOW + 60_000)).toBeUndefined()
  })

  it('lets everything pass until an answer leaves no request, and then nothing until the reset', async () => {
    const clock = new SteppedClock()
    const limiter = new RateLimiter(clock)
    limiter.note(200, new Headers({ 'ratelimit-limit': '75', 'ratelimit-remaining': '1', 'ratelimit-reset': '9' }))
    expect(await limiter.admit(NOW)).toBeUndefined()
    limiter.note(200, after('30'))
    expect(await limiter.admit(NOW + 60_000)).toEqual({
      reason: 'its rate limit of 75 requests is used up',
      waitMs: 30_000,
    })
    await clock.pass(29_999)
    expect(await outcomeOf(clock, limiter)).toEqual({ waitMs: 1 })
    await clock.pass(1)
    expect(await outcomeOf(clock, limiter)).toEqual({ at: 30_000 })
  })

  it.each([
    ['the reset', { 'ratelimit-reset': '7' }, 7_000],
    ['retry-after in seconds', { 'retry-after': '12' }, 12_000],
    ['retry-after as a date', { 'retry-after': new Date(NOW + 5_000).toUTCString() }, 5_000],
    ['the later of both', { 'ratelimit-reset': '3', 'retry-after': '4' }, 4_000],
    ['a second when nothing is said', {}, 1_000],
    ['a second when nonsense is said', { 'retry-after': 'soon', 'ratelimit-reset': '-5' }, 1_000],
    ['two hours at most', { 'ratelimit-reset': '999999999' }, 7_200_000],
  ])('waits after a 429 for %s', async (_name, headers, waitMs) => {
    const clock = new SteppedClock()
    const limiter = new RateLimiter(clock)
    limiter.note(429, new Headers(headers))
    expect(await outcomeOf(clock, limiter)).toEqual({ waitMs })
  })

  it('keeps the longest wait of several answers', async () => {
    const clock = new SteppedClock()
    const limiter = new RateLimiter(clock)
    limiter.note(429, after('60'))
    limiter.note(200, after('2'))
    limiter.note(200, new Headers({ 'ratelimit-remaining': '40' }))
    expect(await outcomeOf(clock, limiter)).toEqual({ waitMs: 60_000 })
  })
})

describe('a rate limiter with a pace', () => {
  it('lets requests wait for their turn, and turns down at once those whose turn comes too late', async () => {
    const clock = new SteppedClock()
    const limiter = new RateLimiter(clock)
    limiter.slowTo(2)
    const outcomes = Promise.all(Array.from({ length: 7 }, () => outcomeOf(clock, limiter, 2_500)))
    await clock.pass(10_000)
    expect(await outcomes).toEqual([
      { at: 0 },
      { at: 0 },
      { at: 1_050 },
      { at: 1_050 },
      { at: 2_100 },
      { at: 2_100 },
      { waitMs: 3_150 },
    ])
  })

  it('lets requests wait for a reset that comes in time', async () => {
    const clock = new SteppedClock()
    const limiter = new RateLimiter(clock)
    limiter.slowTo(5)
    limiter.note(200, after('1'))
    const outcomes = Promise.all([outcomeOf(clock, limiter, 2_000), outcomeOf(clock, limiter, 500)])
    await clock.pass(5_000)
    expect(await outcomes).toEqual([{ at: 1_000 }, { waitMs: 1_000 }])
  })

  it('turns down who is waiting already when the service closes for longer', async () => {
    const clock = new SteppedClock()
    const limiter = new RateLimiter(clock)
    limiter.slowTo(1)
    const outcomes = Promise.all([outcomeOf(clock, limiter, 3_000), outcomeOf(clock, limiter, 3_000)])
    await clock.pass(10)
    limiter.note(429, after('600'))
    await clock.pass(3_000)
    expect(await outcomes).toEqual([{ at: 0 }, { waitMs: 600_010 - 1_050 }])
  })

  it('keeps the slower of two paces, and knows paces of less than one', async () => {
    const clock = new SteppedClock()
    const limiter = new RateLimiter(clock)
    limiter.slowTo(0.5)
    limiter.slowTo(10)
    const outcomes = Promise.all([outcomeOf(clock, limiter, 5_000), outcomeOf(clock, limiter, 5_000)])
    await clock.pass(5_000)
    expect(await outcomes).toEqual([{ at: 0 }, { at: 2_050 }])
  })

  it('never lets more requests pass in any second than allowed, nor one after its end or out of turn', async () => {
    const arrivals = fc.array(
      fc.record({ pauseMs: fc.integer({ min: 0, max: 700 }), patienceMs: fc.integer({ min: 0, max: 4_000 }) }),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), arrivals, async (perSecond, calls) => {
        const clock = new SteppedClock()
        const limiter = new RateLimiter(clock)
        limiter.slowTo(perSecond)
        const admitted: { at: number; index: number }[] = []
        const settled: Promise<void>[] = []
        for (const [index, { pauseMs, patienceMs }] of calls.entries()) {
          const endsAt = clock.now() + patienceMs
          const settle = async () => {
            if (await limiter.admit(endsAt)) return
            expect(clock.now()).toBeLessThanOrEqual(endsAt)
            admitted.push({ at: clock.now(), index })
          }
          settled.push(settle())
          await clock.pass(pauseMs)
        }
        await clock.pass(10_000)
        await Promise.all(settled)
        expect(admitted.map(({ index }) => index)).toEqual(admitted.map(({ index }) => index).toSorted((a, b) => a - b))
        for (const { at } of admitted)
          expect(admitted.filter((other) => other.at >= at && other.at < at + 1_000).length).toBeLessThanOrEqual(
            perSecond,
          )
        // Nobody is turned down while the service is idle.
        expect(admitted.length).toBeGreaterThanOrEqual(Math.min(calls.length, perSecond))
      }),
      { numRuns: 60 },
    )
  })
})

describe('the rate limiters of a process', () => {
  it('are one for each origin and key', () => {
    const limiters = new RateLimiters(new SteppedClock())
    const one = limiters.of({ url: 'http://127.0.0.1:4010/v1', apiKey: 'a' })
    expect(limiters.of({ url: 'http://127.0.0.1:4010/v2', apiKey: 'a' })).toBe(one)
    expect(limiters.of({ url: 'http://127.0.0.1:4010/v1', apiKey: 'b' })).not.toBe(one)
    expect(limiters.of({ url: 'http://127.0.0.1:4010/v1' })).not.toBe(one)
    expect(limiters.of({ url: 'http://127.0.0.1:4011/v1', apiKey: 'a' })).not.toBe(one)
  })

  it('keep the slowest pace that anybody asked for', async () => {
    const clock = new SteppedClock()
    const limiters = new RateLimiters(clock)
    const service = { url: 'http://127.0.0.1:4010/v1' }
    for (const requestsPerSecond of [3, 1, 2]) limiters.of({ ...service, requestsPerSecond })
    expect(await outcomeOf(clock, limiters.of(service))).toEqual({ at: 0 })
    expect(await outcomeOf(clock, limiters.of(service))).toEqual({ waitMs: 1_050 })
  })
})
