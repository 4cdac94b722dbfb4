import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyState, onTarget, solveByPairs } from '../../../test/support/rebalancing.js'
import { absolute, RATIO_ONE } from '../units/ratio.js'
import type { ResetMode } from './parameters.js'
import { RebalancingInputError } from './rebalancing-error.js'
import type { PortfolioState } from './rebalancing-policy.js'
import { createPolicy, DEFAULT_POLICY, POLICIES, type PolicyChoice, type PolicyName } from './registry.js'

const HOUR = 3_600_000
/** Due at every full hour, and so at the time of every state. */
const services = { nextDue: (after: number) => Math.floor(after / HOUR + 1) * HOUR, solve: solveByPairs }
const names = Object.keys(POLICIES) as PolicyName[]
const parameters = fc.record({
  reset: fc.constantFrom<ResetMode>('target', 'half', 'edge', 'inner'),
  hysteresis: fc.constantFrom(0n, RATIO_ONE / 20n),
  objective: fc.constantFrom('risk' as const, 'weights' as const),
  overrides: fc.constantFrom({}, { A1: { band: RATIO_ONE / 50n, costAversion: 3 } }),
})

test('the default is the impulse band, and every policy is made by its name', () => {
  expect(DEFAULT_POLICY).toBe('impulse-band')
  for (const name of names)
    expect(createPolicy({ name, parameters: {} } as PolicyChoice, services).decide).toBeDefined()
  expect(() => createPolicy({ name: 'calendar', parameters: {} })).toThrow(RebalancingInputError)
})

const policy = (name: PolicyName, given: object) => createPolicy({ name, parameters: given } as PolicyChoice, services)

describe('every policy', () => {
  test('decides alike on the same state, whatever it decided on before', () => {
    fc.assert(
      fc.property(anyState, parameters, (state, given) => {
        for (const name of names) {
          const one = policy(name, given)
          const first = one.decide(state)
          one.decide(onTarget(state))
          expect(one.decide(state)).toEqual(first)
          expect(policy(name, given).decide(structuredClone(state))).toEqual(first)
        }
      }),
      { numRuns: 25 },
    )
  })

  test('does not trade when every drift is zero, even when asked', () => {
    fc.assert(
      fc.property(anyState, parameters, (state, given) => {
        for (const name of names)
          expect(policy(name, given).decide(onTarget(state))).toMatchObject({ trade: false, levels: [], breached: [] })
      }),
      { numRuns: 60 },
    )
  })

  test('gives levels that hold the target within zero and one, that can be reached together, and that bind who is outside', () => {
    const trades = new Map<PolicyName, number>()
    const check = (name: PolicyName, state: PortfolioState, given: object) => {
      const { trade, levels, breached, reasons, figures } = policy(name, given).decide(state)
      assertThat(reasons.length > 0)
      assertThat(trade || levels.length === 0)
      if (!trade) return
      trades.set(name, (trades.get(name) ?? 0) + 1)
      let [lowest, highest] = [0n, 0n]
      for (const [index, { asset, lower, upper }] of levels.entries()) {
        const { target, weight, settlesAt } = state.assets[index]!
        assertThat(asset === state.assets[index]!.asset)
        assertThat(0n <= lower && lower <= target && target <= upper && upper <= RATIO_ONE)
        const { inner } = figures[index]!
        if (breached.includes(asset)) assertThat(upper <= target + inner && lower >= target - inner)
        if (settlesAt !== undefined && settlesAt > state.now)
          assertThat(lower <= weight && weight <= upper && !breached.includes(asset))
        lowest += lower
        highest += upper
      }
      assertThat(lowest <= RATIO_ONE && RATIO_ONE <= highest)
      assertThat(breached.length > 0 || state.isAsked === true)
    }
    fc.assert(
      fc.property(anyState, parameters, (state, given) => {
        for (const name of names) check(name, state, given)
      }),
      { numRuns: 150 },
    )
    for (const name of names) expect([name, trades.get(name)! > 20]).toEqual([name, true])
  })

  test('its figures are numbers: inner within band, costs and penalties zero or more', () => {
    fc.assert(
      fc.property(anyState, parameters, (state, given) => {
        for (const name of names) {
          const { figures, breached } = policy(name, given).decide(state)
          for (const [index, one] of figures.entries()) {
            const { asset, weight, target } = state.assets[index]!
            assertThat(one.asset === asset && one.drift === weight - target)
            assertThat(0n <= one.inner && one.inner <= one.band)
            for (const value of [one.benefitPerYear ?? 0, one.costNow, one.costOfWaiting ?? 0])
              assertThat(value >= 0 && Number.isFinite(value))
            if (breached.includes(asset)) assertThat(absolute(one.drift) > (name === 'calendar' ? one.inner : one.band))
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  test('refuses a state that contradicts itself', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const [first, ...others] = state.assets
        const wrong = { ...state, assets: [{ ...first!, weight: first!.weight + RATIO_ONE / 100n }, ...others] }
        for (const name of names)
          expect(() => policy(name, {}).decide(wrong)).toThrow('The weights of all assets sum to one')
      }),
      { numRuns: 5 },
    )
  })
})

/** Cheaper than `expect` where a property asks thousands of times. */
function assertThat(isTrue: boolean): void {
  if (!isTrue) throw new Error('A property of the decision does not hold.')
}
