import { expect, test } from '@jest/globals'
import { FakeWorld } from '../../test/support/fake-world.js'
import { Died, Life } from '../../test/support/life.js'
import type { BreakerCode, Trip } from '../domain/policy/breakers.js'
import type { OperatingLevel } from '../domain/policy/operating.js'
import { Operations } from './operations.js'

function begin(world = new FakeWorld(), life = new Life()) {
  const { store, observer, tripBreaker } = world.start(life)
  const operations = new Operations({ store, clock: world.clock, observer, failpoints: life.failpoints() })
  const trip = (code: BreakerCode, level: Trip['level'] = 'halted') =>
    tripBreaker.run({ code, scope: 'portfolio:core', level, reason: 'Found.' })
  const level = async (): Promise<OperatingLevel | undefined> =>
    (await store.operatingStates()).find(({ scope }) => scope === 'portfolio:core')?.level
  return { world, store, observer, operations, trip, level }
}
const order = { scope: 'portfolio:core', reason: 'Looked at.', clear: [] } as const

test('pausing, halting and resuming are written down with scope, reason and time, and told', async () => {
  const { world, store, observer, operations } = begin()
  const since = world.clock.now()
  const paused = { scope: 'chain:alpha', level: 'paused_hard', reason: 'Lunch.', since, by: 'operator' }
  expect(await operations.pause('chain:alpha', 'paused_hard', 'Lunch.')).toEqual(paused)
  expect(await store.operatingStates()).toEqual([paused])
  world.clock.pass(5)
  const halted = { scope: 'all', level: 'halted', reason: 'Fire.', since: since + 5, by: 'operator' }
  expect(await operations.halt('all', 'Fire.')).toEqual(halted)
  expect(await operations.resume({ scope: 'all', reason: 'Out.', clear: [] })).toEqual({
    status: 'resumed',
    state: { ...halted, level: 'running', reason: 'Out.' },
    cleared: [],
  })
  expect(await store.operatingStates()).toEqual([paused])
  expect(observer.of('scope-changed').map(({ state: { scope, level } }) => [scope, level])).toEqual([
    ['chain:alpha', 'paused_hard'],
    ['all', 'halted'],
    ['all', 'running'],
  ])
})

test('a pause never loosens what is held harder', async () => {
  const { operations, level } = begin()
  await operations.halt('portfolio:core', 'Fire.')
  expect(await operations.pause('portfolio:core', 'paused_new', 'Lunch.')).toMatchObject({ level: 'halted' })
  expect(await level()).toBe('halted')
})

test('A-11: a resume lets go of nothing that was said after it was asked for', async () => {
  const { world, operations, level } = begin()
  const askedAt = world.clock.now()
  world.clock.pass(1)
  await operations.pause('portfolio:core', 'paused_hard', 'Wait.')
  expect(await operations.resume({ ...order, askedAt })).toMatchObject({
    status: 'resumed',
    state: { level: 'paused_hard', reason: 'Wait.' },
  })
  expect(await level()).toBe('paused_hard')
})

test.each(['B-01', 'B-02', 'B-12', 'B-13'] as const)('resuming clears %s with the reason', async (code) => {
  const { operations, observer, trip, level } = begin()
  await trip(code, 'paused_hard')
  expect(await operations.resume(order)).toMatchObject({
    status: 'resumed',
    cleared: [{ code, clearedBy: 'operator: Looked at.' }],
  })
  expect(await level()).toBeUndefined()
  expect(observer.of('breaker-cleared')).toMatchObject([{ code, scope: 'portfolio:core' }])
})

test.each(['B-03', 'B-04', 'B-08', 'B-15'] as const)(
  'F-79: resuming is refused while %s is open, and clears nothing, until it is named',
  async (code) => {
    const { operations, store, trip, level } = begin()
    await trip('B-12', 'paused_new')
    await trip(code)
    expect(await operations.resume(order)).toMatchObject({ status: 'refused', holding: [{ code }] })
    expect(await level()).toBe('halted')
    expect(await store.breakers({ isOpen: true, limit: 10 })).toHaveLength(2)
    expect(await operations.resume({ ...order, clear: [code] })).toMatchObject({ status: 'resumed' })
    expect(await level()).toBeUndefined()
  },
)

test('a grave breaker of another scope does not hold this one back', async () => {
  const { operations, trip } = begin()
  await trip('B-03')
  expect(await operations.resume({ ...order, scope: 'chain:alpha' })).toMatchObject({ status: 'resumed' })
})

test('D-01, C-55: a build that has not worked on these records yet is held until a person resumes it', async () => {
  const { operations, level } = begin()
  await operations.holdNewBuild('core', '2.0.0', '1.9.0')
  expect(await level()).toBe('paused_new')
  expect(await operations.resume(order)).toMatchObject({ status: 'resumed', state: { level: 'running' } })
  expect(await level()).toBeUndefined()
})

test('K-29: a pause that is stored holds whoever starts next, although its process died before it could say so', async () => {
  const life = new Life({ at: 'point', point: 'K-29', index: 0 })
  const { world, operations, observer } = begin(new FakeWorld(), life)
  await expect(operations.pause('all', 'paused_new', 'Lunch.')).rejects.toThrow(Died)
  expect(observer.events).toEqual([])
  expect(await world.start().store.operatingStates()).toMatchObject([{ scope: 'all', level: 'paused_new' }])
})
