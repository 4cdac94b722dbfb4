import { expect, test } from '@jest/globals'
import { aLeg, aPlan } from '../../../test/support/builders.js'
import { ONE_USD } from '../units/usd.js'
import { boundOf, gapOf, scoreOfAlternative, scoreOfPlan, unmetBy } from './comparison.js'
import { NO_COST } from './cost.js'

const plan = {
  ...aPlan([aLeg()]),
  cost: { ...NO_COST, slippage: 7n * ONE_USD, gas: ONE_USD },
  unmet: [
    { asset: 'BTC', value: 30n * ONE_USD, reason: 'Too small.' },
    { asset: 'ETH', value: 10n * ONE_USD, reason: 'Too small.' },
  ],
  lowerBound: 8n * ONE_USD,
}

test('what a plan leaves undone counts with it, at five cents the dollar', () => {
  expect(unmetBy(plan)).toBe(40n * ONE_USD)
  expect(scoreOfPlan(plan)).toBe(10n * ONE_USD)
  expect(scoreOfPlan({ ...plan, unmet: [] })).toBe(8n * ONE_USD)
})

test('doing nothing costs what it leaves undone; what has no way has no score', () => {
  expect(scoreOfAlternative({ name: 'nothing', cost: 0n, unmet: 1_000n * ONE_USD })).toBe(50n * ONE_USD)
  expect(scoreOfAlternative({ name: 'naive', cost: undefined, unmet: 0n })).toBeUndefined()
})

test('the gap is the score over the bound, never reported smaller than it is', () => {
  expect(gapOf(plan)).toBe(125n * 10n ** 16n)
  expect(gapOf({ ...plan, lowerBound: 3n * ONE_USD })).toBe(3_333_333_333_333_333_334n)
})

test('no bound above the score is claimed, whatever was written down', () => {
  expect(boundOf(plan)).toEqual({ claimed: 8n * ONE_USD })
  expect(boundOf({ ...plan, lowerBound: 10n * ONE_USD })).toEqual({ claimed: 10n * ONE_USD })
  const beaten = { ...plan, lowerBound: 10n * ONE_USD + 1n }
  expect(boundOf(beaten)).toEqual({
    claimed: undefined,
    reason: 'The one that was reckoned lay above what the plan costs.',
  })
  expect(gapOf(beaten)).toBeUndefined()
})

test('a bound that is missing is missing for the reason that was written down, where one was', () => {
  expect(boundOf({ ...plan, lowerBound: undefined, noBound: 'Broken.' })).toEqual({
    claimed: undefined,
    reason: 'Broken.',
  })
  expect(boundOf({ ...plan, lowerBound: undefined })).toEqual({ claimed: undefined, reason: 'None was reckoned.' })
})

test.each([undefined, 0n])('there is no gap to a bound of %s', (lowerBound) => {
  expect(gapOf({ ...plan, lowerBound })).toBeUndefined()
})
