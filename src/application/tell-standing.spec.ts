import { expect, test } from '@jest/globals'
import { NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryStore } from '../../test/support/memory-store.js'
import { TellStanding } from './tell-standing.js'

function setUp() {
  const [store, lease, observer] = [new MemoryStore(), new FakeLease(), new RecordingObserver()]
  return { store, lease, observer, standing: new TellStanding({ store, lease, clock: new FakeClock(NOW), observer }) }
}

test('what is stopped is told as the records have it, and the lease as this process knows it', async () => {
  const { store, lease, observer, standing } = setUp()
  await store.tripBreaker({ code: 'B-06', scope: 'chain:alpha', level: 'paused_new', reason: 'No block.' }, NOW)
  lease.isOurs = true
  await standing.look()
  lease.isOurs = false
  await store.clearBreakers('chain:alpha', undefined, 'ada', NOW)
  await standing.look()
  expect(observer.of('lease-seen').map(({ isHeld }) => isHeld)).toEqual([true, false])
  expect(observer.of('stops-seen')).toMatchObject([
    {
      states: [{ scope: 'chain:alpha', level: 'paused_new' }],
      trips: [{ code: 'B-06', scope: 'chain:alpha' }],
      at: NOW,
    },
    { states: [], trips: [], at: NOW },
  ])
})

test('the lease is told also where the records cannot be read, and the look is made again', async () => {
  const { store, observer, standing } = setUp()
  store.operatingStates = () => Promise.reject(new Error('down'))
  const end = new AbortController()
  const running = standing.run(end.signal)
  await Promise.resolve()
  end.abort()
  await running
  expect(observer.of('lease-seen')).toHaveLength(1)
  expect(observer.of('failed')).toMatchObject([{ isRetried: true }])
})
