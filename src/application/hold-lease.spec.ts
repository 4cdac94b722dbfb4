import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { addressOf } from '../../test/support/builders.js'
import { FakeLease, FakeSigner, RecordingObserver } from '../../test/support/fake-ports.js'
import { BuildFenceError, StaleLeaseError } from '../ports/lease.js'
import { SignerError } from '../ports/signer.js'
import type { CompareWitnesses, NoncePlace } from './compare-witnesses.js'
import { HoldLease } from './hold-lease.js'

const PLACE: NoncePlace = { chain: 'alpha', account: addressOf(0xa) }

/** Runs for some looks at the lease; `happens` is told the number of each. */
async function hold(
  looks: number,
  happens: (look: number, lease: FakeLease) => void = () => undefined,
  {
    fence,
    compare,
    observe,
  }: {
    fence?: (epoch: number) => void
    compare?: (pass: number) => readonly NoncePlace[]
    observe?: (holding: HoldLease, when: string) => void
  } = {},
) {
  const [lease, clock, observer] = [new FakeLease(), new FakeClock(), new RecordingObserver()]
  const signer = new FakeSigner(PLACE.account)
  /** What was done in the name of the lease, in order. */
  const acts: string[] = []
  signer.fence = async (epoch) => {
    await Promise.resolve()
    acts.push(`fence ${epoch}`)
    observe?.(holding, 'fence')
    fence?.(epoch)
  }
  let passes = 0
  const compareWitnesses = {
    run: async (places: readonly NoncePlace[] | undefined) => {
      await Promise.resolve()
      acts.push(`compare ${places?.length ?? 'all'}`)
      observe?.(holding, 'compare')
      return compare?.(passes++) ?? []
    },
    haltForEpoch: async (epoch: number) => {
      await Promise.resolve()
      acts.push(`halt for epoch ${epoch}`)
    },
  } as unknown as CompareWitnesses
  const stopped: unknown[] = []
  const end = new AbortController()
  const waits: number[] = []
  clock.onPass((ms) => {
    waits.push(ms)
    happens(waits.length, lease)
    if (waits.length === looks) end.abort()
  })
  happens(0, lease)
  const stop = (error: unknown) => {
    stopped.push(error)
    end.abort()
  }
  const holding: HoldLease = new HoldLease({ lease, signer, compareWitnesses, clock, observer, renewMs: 5_000, stop })
  await holding.run(end.signal, () => {
    acts.push('taken')
    observe?.(holding, 'taken')
  })
  return { lease, observer, stopped, acts, waits }
}

describe('HoldLease', () => {
  test('takes the lease, says so once, renews it, and lets it go at the end', async () => {
    const { lease, observer, stopped, waits } = await hold(3)
    expect(lease.calls).toEqual(['acquire', 'renew', 'renew', 'release'])
    expect(observer.events).toEqual([{ type: 'lease-taken', epoch: 1 }])
    expect([stopped, waits]).toEqual([[], [5_000, 5_000, 5_000]])
  })

  test('4.11, R-15: the signer is fenced and the witnesses are compared before anything is done under the lease', async () => {
    const { acts } = await hold(3)
    expect(acts).toEqual(['fence 1', 'compare all', 'taken'])
  })

  test('a standby tries every second and takes over when it can (G-09)', async () => {
    const { lease, acts, waits } = await hold(4, (look, one) => {
      one.isTaken = look < 2
    })
    expect(lease.calls).toEqual(['acquire', 'acquire', 'acquire', 'renew', 'release'])
    expect(acts).toEqual(['fence 1', 'compare all', 'taken'])
    expect(waits).toEqual([1_000, 1_000, 5_000, 5_000])
  })

  test('F-51: what stopped while the lease was let go by itself is taken up again when it is renewed', async () => {
    const { acts, lease } = await hold(4, (look, one) => {
      if (look === 1) one.isOurs = false
      if (look === 2) one.isOurs = true
    })
    expect(acts).toEqual(['fence 1', 'compare all', 'taken', 'taken'])
    expect(lease.calls).toEqual(['acquire', 'renew', 'renew', 'renew', 'release'])
  })

  test('4.14: from taking the lease until the witnesses were compared it says that it is not ready to work', async () => {
    const seen: string[] = []
    await hold(2, undefined, {
      observe: (holding, when) => seen.push(`${when}: ${holding.isPreparing()}`),
    })
    expect(seen).toEqual(['fence: true', 'compare: true', 'taken: false'])
  })

  test('losing the lease ends the process and nothing is released (B-14)', async () => {
    const { lease, observer, stopped } = await hold(5, (look, one) => {
      one.isTaken = look === 2
    })
    expect(stopped).toEqual([expect.any(StaleLeaseError)])
    expect(lease.calls).toEqual(['acquire', 'renew', 'renew'])
    expect(observer.of('lease-lost')).toMatchObject([{ reason: 'Another process has taken the lease.' }])
  })

  test('F-56: an older build ends beside a newer one, and does nothing', async () => {
    const { lease, stopped, acts } = await hold(3, (_look, one) => {
      one.acquire = () => Promise.reject(new BuildFenceError('Build 2.0.0 holds the lease.'))
    })
    expect(stopped).toEqual([expect.any(BuildFenceError)])
    expect([lease.calls, acts]).toEqual([[], []])
  })

  test('a database that does not answer is tried again; a lease that cannot be released is told', async () => {
    const { observer, stopped, acts } = await hold(3, (look, lease) => {
      if (look === 0) lease.release = () => Promise.reject(new Error('No answer.'))
      if (look === 1) lease.renew = () => Promise.reject(new Error('No answer.'))
    })
    expect(stopped).toEqual([])
    expect(acts).toContain('taken')
    expect(observer.of('failed').map(({ what, isRetried }) => [what, isRetried])).toEqual([
      ['holding the lease', true],
      ['holding the lease', true],
      ['releasing the lease', false],
    ])
  })

  test('R-15: work begins when the witnesses were compared once; silent chains are compared until they answer', async () => {
    const { acts } = await hold(8, undefined, { compare: (pass) => (pass < 2 ? [PLACE] : []) })
    expect(acts).toEqual(['fence 1', 'compare all', 'taken', 'compare 1', 'compare 1'])
  })

  test('D-35: a signer or database that does not answer keeps everybody waiting, while the lease is renewed', async () => {
    const answers = [new SignerError('unavailable', 'No journal.'), undefined]
    const { acts, lease, observer } = await hold(8, undefined, {
      fence: () => {
        const failure = answers.shift()
        if (failure) throw failure
      },
      compare: (pass) => {
        if (pass === 0) throw new Error('No database.')
        return []
      },
    })
    expect(acts).toEqual(['fence 1', 'fence 1', 'compare all', 'compare all', 'taken'])
    expect(observer.of('failed').map(({ what, isRetried }) => [what, isRetried])).toEqual([
      ['preparing to lead', true],
      ['preparing to lead', true],
    ])
    expect(lease.calls.filter((call) => call === 'renew').length).toBeGreaterThan(1)
  })

  test('B-14: a signer that serves a later leader ends a process whose lease was taken', async () => {
    let one: FakeLease | undefined
    const { acts, stopped } = await hold(5, (_look, lease) => (one = lease), {
      fence: () => {
        one!.isTaken = true
        throw new SignerError('fenced', 'The signer serves epoch 2.')
      },
    })
    expect(stopped).toEqual([expect.any(StaleLeaseError)])
    expect(acts).toEqual(['fence 1'])
  })

  test('F-49: a signer that serves a later epoch than the database ever gave halts, and nobody works', async () => {
    const { acts, stopped } = await hold(5, undefined, {
      fence: () => {
        throw new SignerError('fenced', 'The signer serves epoch 9.')
      },
    })
    expect(stopped).toEqual([])
    expect(acts.slice(0, 2)).toEqual(['fence 1', 'halt for epoch 1'])
    expect(acts).not.toContain('taken')
  })
})
