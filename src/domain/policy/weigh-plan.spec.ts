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
import { weighPlan, type Weighed } from './weigh-plan.js'

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
    isUnfinished: false,
    isManual: false,
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
    expect(weigh(110, 'impulse-band', { isManual: true })).toBeUndefined()
    expect(weigh(110, 'impulse-band', { continues: { cycleId: 'c', reason: 'A leg failed.' } })).toBeUndefined()
  })

  test('without a cost to compare with the plan stands', () => {
    const asked = weighed('impulse-band')
    const free = { ...asked, circumstances: { ...asked.circumstances, costs: new Map<string, number>(), fixedCost: 0 } }
    const { decision } = evaluateTriggers(drift, free.policies, free.context, free.circumstances)
    expect(weighPlan(planFor(110), decision, free, aMarket())).toBeUndefined()
  })
})
