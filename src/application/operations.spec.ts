import { expect, test } from '@jest/globals'
import { FakeWorld } from '../../test/support/fake-world.js'
import { Operations } from './operations.js'

test('pausing and resuming are written down with reason and time, and told', async () => {
  const world = new FakeWorld()
  const { store, observer } = world.start()
  const operations = new Operations({ store, clock: world.clock, observer })
  const paused = { state: 'paused_new', reason: 'Lunch.', since: world.clock.now() }
  expect(await operations.pause('Lunch.')).toEqual(paused)
  expect(world.rows.operatingState).toEqual(paused)
  world.clock.pass(5)
  const running = { state: 'running', reason: 'Fed.', since: world.clock.now() }
  expect(await operations.resume('Fed.')).toEqual(running)
  expect(world.rows.operatingState).toEqual(running)
  expect(observer.events).toEqual([
    { type: 'paused', reason: 'Lunch.', by: 'operator' },
    { type: 'resumed', reason: 'Fed.' },
  ])
})
