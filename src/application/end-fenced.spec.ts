import { expect, test } from '@jest/globals'
import { NOW } from '../../test/support/builders.js'
import { FakeClock } from '../../test/support/fake-clock.js'
import { MemoryAuditLog } from '../../test/support/memory-access.js'
import { EndFenced, FENCED_LEADER } from './end-fenced.js'

function setUp() {
  const audit = new MemoryAuditLog()
  const ends: unknown[] = []
  const end = new EndFenced({
    audit,
    clock: new FakeClock(NOW),
    build: '1.0.0',
    stop: (error) => void ends.push(error),
  })
  return { audit, ends, end }
}
const error = new Error('Epoch 2 leads.')

test('B-14: a fenced process leaves an entry, and ends behind it', async () => {
  const { audit, ends, end } = setUp()
  await end.run(error)
  expect(await audit.records({ action: FENCED_LEADER, limit: 2 })).toMatchObject([
    { actor: 'daemon', resource: 'signer', detail: { reason: 'Epoch 2 leads.' }, build: '1.0.0' },
  ])
  expect(ends).toEqual([error])
})

test.each([
  ['fails', () => Promise.reject(new Error('down'))],
  ['does not answer', () => new Promise<never>(() => undefined)],
])('it ends also where the audit log %s', async (_, append) => {
  const { audit, ends, end } = setUp()
  audit.append = append
  await end.run(error)
  expect(ends).toEqual([error])
})
