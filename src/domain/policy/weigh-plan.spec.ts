import { describe, expect, test } from '@jest/globals'
import { aLeg, aMarket, aPlan, aToken, WETH } from '../../../test/support/builders.js'
import { aCovariance } from '../../../test/support/rebalancing.js'
import { NO_COST } from '../planning/cost.js'
import type { Drift } from '../portfolio/drift.js'
import { createPolicy, type PolicyName } from '../rebalancing/registry.js'
import { amountOf } from '../units/amount.js'
import { ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import { evaluateTriggers } from './trigger.js'
import { weighPlan, type Weighed, withDearness } from './weigh-plan.js'

const bps = ratioOfBasisPoints
const asset = (key: string, distance: number) => ({
  asset: key,
  value: 50_000n * ONE_USD,
  weight: bps(5_000 + distance),
  target: bps(5_000),
  drift: bps(distance),
  band: bps(200),
  isInBand: false,
})
const drift: Drift = {
  nav: 100_000n * ONE_USD,
  assets: [asset('ETH', 450), asset('USD', -450)],
  portfolio: bps(450),
  excluded: [],
}
const named = (name: PolicyName) => ({ name, policy: createPolicy({ name, parameters: {} }) })
const weighed = (name: PolicyName, changes: Partial<Weighed['context']> = {}): Weighed => ({
  drift,
  policies: { live: named(name), shadow: named('relative-threshold') },
  context: {
    now: 1_000_000,
    lastTradedAt: undefined,
    servedAt: undefined,
    askedBy: undefined,
    continues: undefined,
    ...changes,
  },
  circumstances: {
    covariance: { assets: ['ETH', 'USD'], matrix: aCovariance([0.6, 0.01]) },
    costs: new Map([
      ['ETH', 0.001],
      ['USD', 0],
    ]),
    fixedCost: 0.000_01,
    settlesAt: new Map(),
    notes: [],
  },
})
/** Sells 1.5 ETH, 4,500 USD, for USDC; by the costs above that takes 4.50 USD and 1 USD for the leg. */
const planFor = (usd: number) => ({
  ...aPlan([
    aLeg({ kind: 'swap', sell: amountOf(WETH, 15n * 10n ** 17n), expectedOut: amountOf(aToken(), 4_490_000_000n) }),
  ]),
  cost: { ...NO_COST, slippage: BigInt(Math.round(usd * 100)) * (ONE_USD / 100n) },
})
const weigh = (usd: number, name: PolicyName = 'impulse-band', changes: Partial<Weighed['context']> = {}) => {
  const asked = weighed(name, changes)
  const { decision } = evaluateTriggers(asked.drift, asked.policies, asked.context, asked.circumstances)
  expect(decision.act).toBe(true)
  return weighPlan(planFor(usd), decision, asked, aMarket())
}

describe('a plan is weighed against its decision', () => {
  test('what costs no more than was reckoned stands, and so does what is dearer but still worth it', () => {
    expect(weigh(-3)).toBeUndefined()
    expect(weigh(5.5)).toBeUndefined()
    expect(weigh(5.6)).toBeUndefined()
  })

  test('what costs so much that the policy would wait is not traded, with both costs and the wider band', () => {
    const { decision, drift: after } = weigh(110)!
    expect(decision).toMatchObject({ act: false, code: 'cost-exceeds-benefit', levels: [], policy: 'impulse-band' })
    expect(decision.reasons[0]).toBe(
      'The plan costs 110.00 USD, 20.0 times the 5.50 USD that earlier quotes let expect: with such costs nothing is worth trading.',
    )
    expect(after.assets[0]!.band).toBeGreaterThan(bps(450))
    expect(decision.shadow?.policy).toBe('relative-threshold')
  })

  test('a policy that does not go by costs trades all the same, and so does what a person or an earlier cycle wants', () => {
    expect(weigh(110, 'absolute-threshold')).toBeUndefined()
    expect(weigh(110, 'impulse-band', { askedBy: 'ops' })).toBeUndefined()
    expect(weigh(110, 'impulse-band', { continues: { cycleId: 'c', reason: 'A leg failed.' } })).toBeUndefined()
  })

  test.each([
    ['none', new Map()],
    ['zero', new Map([['ETH', 0]])],
    ['a gain', new Map([['ETH', -0.001]])],
  ])('where trading seemed to be free a plan is compared with very little: costs of %s', (_what, costs) => {
    const asked = weighed('impulse-band')
    const free = { ...asked, circumstances: { ...asked.circumstances, costs, fixedCost: 0 } }
    const { decision } = evaluateTriggers(drift, free.policies, free.context, free.circumstances)
    expect(weighPlan(planFor(0.05), decision, free, aMarket())).toBeUndefined()
    expect(weighPlan(planFor(110), decision, free, aMarket())?.decision.code).toBe('cost-exceeds-benefit')
  })

  test('costs are never taken for more than the whole, however dear a plan is', () => {
    const asked = weighed('impulse-band')
    const tiny = {
      ...asked.circumstances,
      costs: new Map([
        ['ETH', 2.2e-16],
        ['USD', 0.5],
      ]),
      fixedCost: 1e-18,
    }
    const { decision } = evaluateTriggers(drift, asked.policies, asked.context, asked.circumstances)
    expect(weighPlan(planFor(1e6), decision, { ...asked, circumstances: tiny }, aMarket())?.decision.act).toBe(false)
  })

  test('what a plan has shown is reckoned with for an hour, so that nobody is asked again meanwhile', () => {
    const asked = weighed('impulse-band')
    const { decision } = weigh(110)!
    const { now } = asked.context
    expect(decision.dearness).toEqual({ times: 20, until: now + 3_600_000 })
    const later = (at: number) => withDearness(asked.circumstances, decision.dearness, at)
    expect(later(now + 3_600_000)).toBe(asked.circumstances)
    const known = later(now + 3_599_999)
    expect(known.notes.at(-1)).toContain('A plan was 20.0 times as dear as earlier quotes let expect')
    expect(evaluateTriggers(drift, asked.policies, asked.context, known).decision.act).toBe(false)
    expect(evaluateTriggers(drift, asked.policies, asked.context, asked.circumstances).decision.act).toBe(true)
  })
})
