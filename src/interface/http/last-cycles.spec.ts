import { expect, jest, test } from '@jest/globals'
import { aCycle } from '../../../test/support/builders.js'
import { MemoryStore } from '../../../test/support/memory-store.js'
import { LastCycles } from './last-cycles.js'

test('a cycle is read once, its end and the next one are seen at once', async () => {
  const store = new MemoryStore()
  const read = jest.spyOn(store, 'cycle')
  const lastCycles = new LastCycles(store)
  expect(await lastCycles.of('core')).toBeUndefined()

  const first = aCycle({ id: 'one', portfolio: 'core', plan: undefined, legs: [] })
  await store.openCycle(first)
  expect(await lastCycles.of('core')).toMatchObject({ id: 'one', outcome: undefined, drift: first.drift })
  await store.closeCycle('one', 'traded', first.startedAt + 1)
  expect(await lastCycles.of('core')).toMatchObject({ id: 'one', outcome: 'traded' })
  expect(read).toHaveBeenCalledTimes(1)

  await store.openCycle(
    aCycle({ id: 'two', portfolio: 'core', plan: undefined, legs: [], startedAt: first.startedAt + 2 }),
  )
  expect(await lastCycles.of('core')).toMatchObject({ id: 'two', outcome: undefined })
  expect(read).toHaveBeenCalledTimes(2)
})
