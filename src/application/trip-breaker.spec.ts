import { expect, test } from '@jest/globals'
import { FakeClock } from '../../test/support/fake-clock.js'
import { RecordingObserver } from '../../test/support/fake-ports.js'
import { MemoryStore } from '../../test/support/memory-store.js'
import type { BreakerCode, Trip } from '../domain/policy/breakers.js'
import { TripBreaker } from './trip-breaker.js'

const scope = 'chain:alpha' as const
const trip = (code: BreakerCode, level: Trip['level']): Trip => ({ code, scope, level, reason: 'Something.' })

function start() {
  const observer = new RecordingObserver()
  const tripBreaker = new TripBreaker({ store: new MemoryStore(), clock: new FakeClock(), observer })
  const told = () => observer.of('scope-changed').map(({ state: { level, by } }) => `${level} by ${by}`)
  return { tripBreaker, told }
}

test('a scope whose last breaker lets go is told to be running', async () => {
  const { tripBreaker, told } = start()
  await tripBreaker.run(trip('B-10', 'paused_new'))
  await tripBreaker.clear(scope, 'B-10')
  expect(told()).toEqual(['paused_new by breaker', 'running by breaker'])
})

test('a scope that another breaker holds is told as that one holds it', async () => {
  const { tripBreaker, told } = start()
  await tripBreaker.run(trip('B-10', 'paused_new'))
  await tripBreaker.run(trip('B-08', 'halted'))
  await tripBreaker.clear(scope, 'B-10')
  expect(told().at(-1)).toBe('halted by breaker')
})

test('what was not tripped lets go of nothing and tells nobody', async () => {
  const { tripBreaker, told } = start()
  await tripBreaker.clear(scope, 'B-10')
  expect(told()).toEqual([])
})
