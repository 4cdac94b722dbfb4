import { describe, expect, test } from '@jest/globals'
import { CYCLE_ID, journey, openCycle } from '../../test/support/fake-legs.js'
import { aPortfolio, FakeWorld } from '../../test/support/fake-world.js'
import { Died, Life } from '../../test/support/life.js'
import type { BooksLook } from '../domain/execution/reconciliation.js'
import type { BreakerCode, Trip } from '../domain/policy/breakers.js'
import { OPERATOR, type OperatingLevel } from '../domain/policy/operating.js'
import { COOL_DOWN_MS } from '../domain/policy/resume.js'
import { HeldHereError, Operations } from './operations.js'
import { EndProposals } from './end-proposals.js'
import { WriteHolds } from './write-holds.js'

function begin(world = new FakeWorld(), life = new Life()) {
  const process = world.start(life)
  const { store, observer, tripBreaker } = process
  const { clock, proposals } = world
  const endProposals = new EndProposals({ store, proposals, clock, observer })
  const operations = new Operations({ store, clock, observer, failpoints: life.failpoints(), endProposals })
  const trip = (code: BreakerCode, level: Trip['level'] = 'halted') =>
    tripBreaker.run({ code, scope: 'portfolio:core', level, reason: 'Found.' })
  const coolDown = () => world.clock.pass(COOL_DOWN_MS)
  const look = (changes: Partial<BooksLook> = {}) =>
    store.noteReconciled({ portfolio: 'core', chain: 'alpha', at: world.clock.now(), isShort: false, ...changes })
  const level = async (): Promise<OperatingLevel | undefined> =>
    (await store.operatingStates()).find(({ scope }) => scope === 'portfolio:core')?.level
  return { world, process, store, observer, operations, trip, level, coolDown, look }
}
const ada = { kind: 'person', subject: 'ada' } as const
const order = { scope: 'portfolio:core', reason: 'Looked at.', clear: [] } as const

test('pausing, halting and resuming are written down with scope, reason and time, and told', async () => {
  const { world, store, observer, operations } = begin()
  const since = world.clock.now()
  const paused = { scope: 'chain:alpha', level: 'paused_hard', reason: 'Lunch.', since, by: 'operator', author: ada }
  expect(await operations.pause('chain:alpha', 'paused_hard', 'Lunch.', undefined, ada)).toEqual(paused)
  expect(await store.operatingStates()).toEqual([paused])
  world.clock.pass(5)
  const halted = { scope: 'all', level: 'halted', reason: 'Fire.', since: since + 5, by: 'operator', author: OPERATOR }
  expect(await operations.halt('all', 'Fire.')).toEqual(halted)
  expect(await operations.resume({ scope: 'all', reason: 'Out.', clear: [], author: ada })).toEqual({
    status: 'resumed',
    state: { ...halted, level: 'running', reason: 'Out.', author: ada },
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
  const { operations, observer, trip, level, coolDown } = begin()
  await trip(code, 'paused_hard')
  coolDown()
  expect(await operations.resume(order)).toMatchObject({
    status: 'resumed',
    cleared: [{ code, clearedBy: 'operator: Looked at.' }],
  })
  expect(await level()).toBeUndefined()
  expect(observer.of('breaker-cleared')).toMatchObject([{ code, scope: 'portfolio:core' }])
})

test.each(['B-03', 'B-04', 'B-08', 'B-15', 'B-16'] as const)(
  'F-79: resuming is refused while %s is open, and clears nothing, until it is named',
  async (code) => {
    const { operations, store, trip, level, coolDown, look } = begin()
    await trip('B-12', 'paused_new')
    await trip(code)
    coolDown()
    await look()
    expect(await operations.resume(order)).toMatchObject({
      status: 'refused',
      obstacle: { kind: 'unnamed', holding: [{ code }] },
    })
    expect(await level()).toBe('halted')
    expect(await store.breakers({ isOpen: true, limit: 10 })).toHaveLength(2)
    expect(await operations.resume({ ...order, clear: [code] })).toMatchObject({ status: 'resumed' })
    expect(await level()).toBeUndefined()
  },
)

describe('F-79: over B-03 a scope goes on', () => {
  const named = { ...order, clear: ['B-03'] } as const

  test('once the books were found right after it tripped, and nothing is given up by that', async () => {
    const { operations, store, trip, level, coolDown, look } = begin()
    await look()
    await trip('B-03')
    coolDown()
    // What was right before it tripped says nothing, and neither does another place.
    expect(await operations.resume(named)).toMatchObject({ status: 'refused', obstacle: { kind: 'short', places: [] } })
    await look({ isShort: true })
    await look({ chain: 'beta' })
    expect(await operations.resume(named)).toMatchObject({
      status: 'refused',
      obstacle: { kind: 'short', holding: [{ code: 'B-03' }], places: ['core on alpha'] },
    })
    expect(await level()).toBe('halted')
    expect(await store.breakers({ isOpen: true, limit: 10 })).toHaveLength(1)
    await look()
    expect(await operations.resume(named)).toMatchObject({ cleared: [{ clearedBy: 'operator: Looked at.' }] })
    expect(await level()).toBeUndefined()
  })

  test('when somebody gives up what is missing, who has to name it all the same', async () => {
    const { operations, trip, coolDown, look, level } = begin()
    await trip('B-03')
    coolDown()
    await look({ isShort: true })
    expect(await operations.resume({ ...order, acceptLoss: true })).toMatchObject({ obstacle: { kind: 'unnamed' } })
    expect(await operations.resume({ ...named, acceptLoss: true })).toMatchObject({
      cleared: [{ clearedBy: 'operator: accepts the loss: Looked at.' }],
    })
    expect(await level()).toBeUndefined()
  })
})

test('what a breaker holds is not resumed before it has cooled down, for as long as the last one takes', async () => {
  const { world, operations, trip, level } = begin()
  await trip('B-12', 'paused_new')
  world.clock.pass(COOL_DOWN_MS / 2)
  const until = world.clock.now() + COOL_DOWN_MS
  await trip('B-01', 'paused_new')
  world.clock.pass(COOL_DOWN_MS - 1)
  expect(await operations.resume(order)).toMatchObject({
    status: 'refused',
    obstacle: { kind: 'cooling', holding: [{ code: 'B-01' }], until },
  })
  expect(await level()).toBe('paused_new')
  // Another scope has nothing to do with it.
  expect(await operations.resume({ ...order, scope: 'chain:alpha' })).toMatchObject({ status: 'resumed' })
  world.clock.pass(1)
  expect(await operations.resume(order)).toMatchObject({
    status: 'resumed',
    cleared: [{ code: 'B-01' }, { code: 'B-12' }],
  })
})

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

describe('5.2: where the records cannot be written', () => {
  const broken = () => Promise.reject(new Error('cannot execute INSERT in a read-only transaction'))

  test('a pause holds in the process that was told, which signs nothing against it, and says so', async () => {
    const world = FakeWorld.drifted()
    const { process, operations } = begin(world)
    await openCycle(world, journey(world))
    process.store.setOperatingState = broken
    const refused = await operations.pause('all', 'paused_new', 'Odd quotes.').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(HeldHereError)
    expect(refused).toMatchObject({
      message: expect.stringContaining('all is paused_new in this process only; the record could not be written'),
      state: { scope: 'all', level: 'paused_new', reason: 'Odd quotes.' },
    })
    expect(process.observer.of('scope-changed')).toMatchObject([{ state: { scope: 'all', level: 'paused_new' } }])
    expect(await process.store.operatingStates()).toMatchObject([{ scope: 'all', level: 'paused_new' }])
    expect(await world.start().store.operatingStates()).toEqual([])
    await process.drive(aPortfolio(), CYCLE_ID)
    expect(world.signer.signed).toEqual([])
    expect([...world.rows.cycles.values()][0]!.legs[0]!.failure).toMatchObject({ code: 'PAUSED' })
  })

  test('a pause holds before its record is written, however long that takes', async () => {
    const { operations, store } = begin()
    let written = () => {}
    const write = store.setOperatingState.bind(store)
    store.setOperatingState = async (state) => {
      await new Promise<void>((resolve) => (written = resolve))
      return write(state)
    }
    const pausing = operations.halt('all', 'Fire.')
    expect(await store.operatingStates()).toMatchObject([{ scope: 'all', level: 'halted' }])
    written()
    expect(await pausing).toMatchObject({ level: 'halted' })
    expect(store.holds.all()).toEqual([])
  })

  test('it is written as soon as it can be, and let go by no resume that is not', async () => {
    const { world, store, observer, operations } = begin()
    const write = store.setOperatingState.bind(store)
    store.setOperatingState = broken
    await expect(operations.pause('all', 'paused_new', 'Lunch.')).rejects.toThrow(HeldHereError)
    await expect(operations.halt('chain:alpha', 'Fire.')).rejects.toThrow(HeldHereError)
    await expect(operations.resume({ ...order, scope: 'all' })).rejects.toThrow('read-only')
    expect(await store.operatingStates()).toHaveLength(2)
    const stopping = new AbortController()
    const { clock } = world
    const until = clock.now() + 10_000
    clock.onPass(() => {
      if (clock.now() >= until - 5_000) store.setOperatingState = write
      if (clock.now() >= until) stopping.abort()
    })
    await new WriteHolds({ store, operations, clock, observer }).run(stopping.signal)
    expect(store.holds.all()).toEqual([])
    expect(await world.start().store.operatingStates()).toMatchObject([
      { scope: 'all', level: 'paused_new', reason: 'Lunch.' },
      { scope: 'chain:alpha', level: 'halted' },
    ])
    expect(observer.of('failed').some(({ what }) => what === 'writing down what is stopped')).toBe(true)
    clock.pass(1)
    expect(await operations.resume({ ...order, scope: 'all' })).toMatchObject({ state: { level: 'running' } })
    expect(await store.operatingStates()).toMatchObject([{ scope: 'chain:alpha' }])
  })
})
