import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FakeClock } from '../../../test/support/fake-clock.js'
import { Circuit } from './circuit.js'
import { RateLimiter } from './rate-limiter.js'

const build = (random = 0) => {
  const clock = new FakeClock()
  return { clock, circuit: new Circuit(clock, 30_000, () => random) }
}
const fail = (circuit: Circuit, times: number) => {
  for (let count = 0; count < times; count++) circuit.note(false)
}

describe('a circuit (F-16)', () => {
  test('stays closed through four failures, and through any number with a success between', () => {
    const { circuit } = build()
    for (let round = 0; round < 10; round++) {
      fail(circuit, 4)
      expect(circuit.admit()).toBeUndefined()
      circuit.note(true)
    }
  })

  test('opens with the fifth failure in 30 s, not with one that comes later', () => {
    const { clock, circuit } = build()
    fail(circuit, 4)
    clock.pass(30_000)
    fail(circuit, 4)
    expect(circuit.admit()).toBeUndefined()
    circuit.note(false)
    expect(circuit.admit()).toEqual({ reason: 'it failed 5 times in a row', waitMs: 30_000 })
  })

  test('lets one probe pass when the pause is over; its success opens the way, its failure doubles the pause', () => {
    const { clock, circuit } = build()
    fail(circuit, 5)
    clock.pass(30_000)
    expect(circuit.admit()).toBeUndefined()
    expect(circuit.admit()).toBeDefined()
    circuit.note(false)
    expect(circuit.admit()?.waitMs).toBe(60_000)
    clock.pass(60_000)
    expect(circuit.admit()).toBeUndefined()
    circuit.note(true)
    expect([circuit.admit(), circuit.admit()]).toEqual([undefined, undefined])
  })

  test('late failures of requests sent before the pause do not lengthen it', () => {
    const { circuit } = build()
    fail(circuit, 50)
    expect(circuit.admit()?.waitMs).toBe(30_000)
  })

  test('stretches each pause by chance, by half at most', () => {
    const { circuit } = build(0.5)
    fail(circuit, 5)
    expect(circuit.admit()?.waitMs).toBe(37_500)
  })

  test('in a storm of ten minutes asks a handful of times, and never pauses for more than six minutes (P-26)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 600, maxLength: 600 }),
        (chances) => {
          const clock = new FakeClock()
          let drawn = 0
          const circuit = new Circuit(clock, 30_000, () => chances[drawn++ % 600]!)
          let asked = 0
          for (let second = 0; second < 600; second++) {
            const early = circuit.admit()
            expect(early?.waitMs ?? 0).toBeLessThanOrEqual(360_000)
            if (!early) {
              asked += 1
              circuit.note(false)
            }
            clock.pass(1_000)
          }
          expect(asked).toBeLessThanOrEqual(10)
        },
      ),
      { numRuns: 30 },
    )
  })
})

test('a service that answers 429 again and again is asked at doubling intervals until it answers anything else (F-16)', async () => {
  const clock = new FakeClock()
  const limiter = new RateLimiter(clock, 30_000, () => 0)
  const waits: number[] = []
  const refuse = async () => {
    limiter.note(429, new Headers())
    const waitMs = (await limiter.admit(clock.now()))?.waitMs ?? 0
    waits.push(waitMs)
    clock.pass(waitMs)
  }
  for (let count = 0; count < 9; count++) await refuse()
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 64_000, 64_000])
  limiter.note(200, new Headers())
  await refuse()
  expect(waits.at(-1)).toBe(1_000)
})
