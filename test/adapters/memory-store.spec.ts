import { expect, test } from '@jest/globals'
import { aCycle } from '../support/builders.js'
import { MemoryRecords } from '../support/memory-records.js'
import { MemoryRows, MemoryStore } from '../support/memory-store.js'
import { describeRecords } from '../support/records-contract.js'
import { describeStore } from '../support/store-contract.js'

describeStore('in memory', () => {
  const rows = new MemoryRows()
  return Promise.resolve({
    reopen: () => new MemoryStore(rows, undefined, () => Date.now()),
    close: () => Promise.resolve(),
  })
})

describeRecords('in memory', () => {
  const rows = new MemoryRows()
  return Promise.resolve({
    records: new MemoryRecords(rows),
    store: new MemoryStore(rows),
    close: () => Promise.resolve(),
  })
})

test.each(['before', 'after'] as const)('a store in memory can be made to die %s a change', async (moment) => {
  const rows = new MemoryRows()
  const dying = new MemoryStore(rows, (method, at) => {
    if (method === 'openCycle' && at === moment) throw new Error('killed')
  })
  const cycle = aCycle()
  await expect(dying.openCycle(cycle)).rejects.toThrow('killed')
  expect(await new MemoryStore(rows).cycle(cycle.id)).toBe(moment === 'after' ? cycle : undefined)
})
