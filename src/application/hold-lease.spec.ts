import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../../test/support/fake-ports.js'
import { StaleLeaseError } from '../ports/lease.js'
import { HoldLease } from './hold-lease.js'

/** Runs for some looks at the lease; `happens` is told the number of each. */
async function hold(looks: number, happens: (look: number, lease: FakeLease) => void = () => undefined) {
  const [lease, clock, observer] = [new FakeLease(), new FakeClock(), new RecordingObserver()]
  const stopped: unknown[] = []
  const end = new AbortController()
  const waits: number[] = []
  let taken = 0
  clock.onPass((ms) => {
    waits.push(ms)
    happens(waits.length, lease)
    if (waits.length === looks) end.abort()
  })
  happens(0, lease)
  const holding = new HoldLease({ lease, clock, observer, renewMs: 5_000, stop: (error) => stopped.push(error) })
  await holding.run(end.signal, () => (taken += 1))
  return { lease, observer, stopped, taken, waits }
}

describe('HoldLease', () => {
  test('takes the lease, says so once, renews it, and lets it go at the end', async () => {
    const { lease, observer, taken, stopped, waits } = await hold(3)
    expect(lease.calls).toEqual(['acquire', 'renew', 'renew', 'release'])
    expect(observer.events).toEqual([{ type: 'lease-taken', epoch: 1 }])
    expect([taken, stopped, waits]).toEqual([1, [], [5_000, 5_000, 5_000]])
  })

  test('a standby tries every second and takes over when it can', async () => {
    const { lease, taken, waits } = await hold(4, (look, one) => {
      one.isTaken = look < 2
    })
    expect(lease.calls).toEqual(['acquire', 'acquire', 'acquire', 'renew', 'release'])
    expect(taken).toBe(1)
    expect(waits).toEqual([1_000, 1_000, 5_000, 5_000])
  })

  test('losing the lease ends the process and nothing is released (B-14)', async () => {
    const { lease, observer, stopped } = await hold(5, (look, one) => {
      one.isTaken = look === 2
    })
    expect(stopped).toEqual([expect.any(StaleLeaseError)])
    expect(lease.calls).toEqual(['acquire', 'renew', 'renew'])
    expect(observer.of('lease-lost')).toMatchObject([{ reason: 'Another process has taken the lease.' }])
  })

  test('a database that does not answer is tried again; a lease that cannot be released is told', async () => {
    const { observer, stopped, taken } = await hold(3, (look, lease) => {
      if (look === 0) lease.release = () => Promise.reject(new Error('No answer.'))
      if (look === 1) lease.renew = () => Promise.reject(new Error('No answer.'))
    })
    expect([taken, stopped]).toEqual([1, []])
    expect(observer.of('failed').map(({ what, isRetried }) => [what, isRetried])).toEqual([
      ['holding the lease', true],
      ['holding the lease', true],
      ['releasing the lease', false],
    ])
  })
})
