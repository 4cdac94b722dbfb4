import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Cost } from '../planning/cost.js'
import { expectedOfSold, pointsOf } from './cost-report.js'

const amount = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n })
const cost: fc.Arbitrary<Cost> = fc.record({ slippage: amount, fees: amount, gas: amount, bridge: amount })
const units = fc.bigInt({ min: 1n, max: 10n ** 30n })

test('of the whole sale everything was expected, of none nothing', () => {
  fc.assert(
    fc.property(cost, units, (planned, all) => {
      expect(expectedOfSold(planned, all, all)).toEqual(planned)
      expect(expectedOfSold(planned, all, 0n)).toEqual({ slippage: 0n, fees: 0n, gas: 0n, bridge: 0n })
    }),
  )
})

test('parts of a sale were expected to cost no more than the whole but for gas, and less by one unit each at most', () => {
  fc.assert(
    fc.property(cost, units, units, (planned, one, other) => {
      const whole = one + other
      const [first, second] = [expectedOfSold(planned, whole, one), expectedOfSold(planned, whole, other)]
      for (const component of ['slippage', 'fees', 'bridge'] as const) {
        const missing = planned[component] - first[component] - second[component]
        expect(missing * missing <= 1n).toBe(true)
      }
      expect([first.gas, second.gas]).toEqual([planned.gas, planned.gas])
    }),
  )
})

test.each([
  [3n, 2_000n, 150_000n],
  [-3n, 2_000n, -150_000n],
  [2n, 3n, 66_666_666n],
  [1n, 0n, undefined],
])('%s of %s is %s ten-thousandths of a basis point', (part, whole, points) => {
  expect(pointsOf(part, whole)).toBe(points)
})
