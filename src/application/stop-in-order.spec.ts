import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { DRAIN_MS, StopInOrder } from './stop-in-order.js'

function start(underWay: string[]) {
  const [clock, observer] = [new FakeClock(), new RecordingObserver()]
  return { clock, observer, stop: new StopInOrder({ runCycle: { underWay: () => [...underWay] }, clock, observer }) }
}

describe('StopInOrder', () => {
  test('says that it begins before anything ends, and how long it waited for what was under way then', async () => {
    const underWay = ['core', 'fund']
    const { clock, observer, stop } = start(underWay)
    const end = async () => {
      expect(observer.events).toEqual([{ type: 'daemon-stopping', signal: 'SIGTERM', waitsFor: ['core', 'fund'] }])
      await Promise.resolve()
      underWay.length = 0
      clock.pass(1_250)
    }
    expect(await stop.run('SIGTERM', end)).toBe(true)
    expect(observer.events.slice(1)).toEqual([
      { type: 'daemon-stopped', waitedFor: ['core', 'fund'], seconds: 1.25, isComplete: true },
    ])
  })

  test('does not wait for ever, and says so', async () => {
    const { observer, stop } = start(['core'])
    expect(await stop.run('SIGINT', () => new Promise(() => undefined))).toBe(false)
    expect(observer.events.slice(1)).toEqual([
      { type: 'daemon-stopped', waitedFor: ['core'], seconds: DRAIN_MS / 1000, isComplete: false },
    ])
  })

  test('keeps what went wrong while it ended', async () => {
    const { stop } = start([])
    await expect(stop.run('SIGTERM', () => Promise.reject(new Error('The port is stuck.')))).rejects.toThrow('stuck')
  })
})
