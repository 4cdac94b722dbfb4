import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryDenials } from '../../test/support/memory-access.js'
import { Clock } from '../ports/clock.js'
import { DenyList } from './deny-list.js'

const ADA = { subject: 'ada', reason: 'Leaves.', since: 1 }

/** A fake time, and real sleeps. */
class PatientClock extends Clock {
  time = 1_000_000
  override now = () => this.time
  override sleep = (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined)
}

function setUp<C extends Clock>(clock: C) {
  const denials = new MemoryDenials()
  const observer = new RecordingObserver()
  return { clock, denials, observer, denyList: new DenyList({ denials, clock, observer }) }
}

describe('DenyList', () => {
  test('many who ask at once, and within five seconds, cost one read', async () => {
    const { denyList, denials, clock } = setUp(new FakeClock())
    await denials.deny(ADA)
    expect(await Promise.all(['ada', 'bea', 'ADA'].map((one) => denyList.has(one)))).toEqual([true, false, false])
    clock.pass(4_999)
    expect(await denyList.has('ada')).toBe(true)
    expect(denials.reads).toBe(1)
    clock.pass(1)
    await denials.allow('ada')
    expect(await denyList.has('ada')).toBe(false)
    expect(denials.reads).toBe(2)
  })

  test('a clock that was set back hides nobody who was shut out', async () => {
    const { denyList, denials, clock } = setUp(new FakeClock())
    expect(await denyList.has('ada')).toBe(false)
    await denials.deny(ADA)
    clock.pass(-3_600_000)
    expect(await denyList.has('ada')).toBe(true)
  })

  test('F-77: a read that hangs keeps nobody waiting, and counts once it comes', async () => {
    const { denyList, denials, clock } = setUp(new PatientClock())
    expect(await denyList.has('ada')).toBe(false)
    await denials.deny(ADA)
    let answer: () => void = () => undefined
    const hanging = new Promise<void>((resolve) => (answer = resolve))
    const list = denials.list.bind(denials)
    denials.list = async () => hanging.then(list)
    clock.time += 60_000
    const asked = performance.now()
    expect(await denyList.has('ada')).toBe(false)
    expect(performance.now() - asked).toBeLessThan(1_000)
    answer()
    await sleep(10)
    expect(await denyList.has('ada')).toBe(true)
  })

  test('of reads that fail one after another the first one is told', async () => {
    const { denyList, denials, clock, observer } = setUp(new FakeClock())
    for (const isDown of [false, true, true, false, true]) {
      denials.isDown = isDown
      clock.pass(30_000)
      expect(await denyList.has('ada')).toBe(false)
    }
    expect(observer.of('failed')).toMatchObject([
      { what: 'reading who is shut out', isRetried: true },
      { what: 'reading who is shut out', isRetried: true },
    ])
  })

  test('F-77: is known before anybody asks, and as it was when the records failed', async () => {
    const { denyList, denials, clock } = setUp(new FakeClock())
    const ending = new AbortController()
    clock.onPass(() => {
      if (denials.reads === 2) void denials.deny(ADA)
      if (denials.reads === 3) denials.isDown = true
      if (denials.reads === 5) ending.abort()
    })
    await denyList.run(ending.signal)
    expect([await denyList.has('ada'), await denyList.has('bea')]).toEqual([true, false])
  })
})
