import { expect, test } from '@jest/globals'
import { aCycle, aRun, aTransfer, NOW, sendingRun } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { FakeLease, RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryAuditLog } from '../../test/support/memory-access.js'
import { MemoryStore } from '../../test/support/memory-store.js'
import type { TransferState } from '../domain/execution/transfer.js'
import { daemonEntry } from '../domain/access/audit-entry.js'
import { FENCED_LEADER } from './end-fenced.js'
import { TellStanding } from './tell-standing.js'

function setUp() {
  const [store, lease, observer] = [new MemoryStore(), new FakeLease(), new RecordingObserver()]
  const audit = new MemoryAuditLog()
  const standing = new TellStanding({ store, audit, lease, clock: new FakeClock(NOW), observer })
  return { store, audit, lease, observer, standing }
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

test('late transfers that somebody looked into are told, and none when they are over', async () => {
  const { store, observer, standing } = setUp()
  const transfer = aTransfer(aCycle(), sendingRun(aRun()))
  const put = (state: TransferState) =>
    store.rows.cycles.set(transfer.cycleId, aCycle({ id: transfer.cycleId, transfers: [{ ...transfer, state }] }))
  put('late')
  await standing.look()
  await store.markInvestigated({ transferId: transfer.id, by: 'ada', reason: 'Asked.', note: undefined, at: NOW })
  await standing.look()
  put('full')
  await standing.look()
  const { id, bridge } = transfer
  expect(observer.of('investigations-seen').map(({ transfers }) => transfers)).toEqual([
    [],
    [{ id, bridge, state: 'late' }],
    [],
  ])
})

test('leaders that were fenced are told once each, and those of before this process never', async () => {
  const { audit, observer, standing } = setUp()
  const fence = () => audit.append(daemonEntry({ action: FENCED_LEADER, resource: 'signer', detail: {} }, '1.0.0'))
  await fence()
  await standing.look()
  expect(observer.of('leaders-fenced')).toEqual([])
  await fence()
  await fence()
  await standing.look()
  await standing.look()
  expect(observer.of('leaders-fenced')).toMatchObject([{ count: 2 }])
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
