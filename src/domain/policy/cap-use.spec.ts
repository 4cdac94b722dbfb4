import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { looseLimits } from '../../../test/support/limits.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import type { BudgetUse } from './budgets.js'
import { capUse } from './cap-use.js'

const nothing: BudgetUse = {
  cycleTurnover: 0n,
  hourTurnover: 0n,
  dayTurnover: 0n,
  assetDayTurnover: 0n,
  venueDayTurnover: 0n,
  bridgeCycleTurnover: 0n,
  bridgeDayTurnover: 0n,
  bridgeInFlight: 0n,
  allBridgesInFlight: 0n,
  bridgeLate: 0,
  dayGas: 0n,
  hourTransactions: 0,
  dayCycles: 0,
  failedInRow: 0,
  hourFailures: 0,
  dayLoss: 0n,
  soldTheOtherWay: false,
}
const nav = 1_000n * ONE_USD
const limits = looseLimits({
  hourTurnover: ratioOfBasisPoints(1_000),
  dayLoss: ratioOfBasisPoints(100),
  hourTransactions: 20,
  bridgeInFlight: ratioOfBasisPoints(2_000),
  allBridgesInFlight: ratioOfBasisPoints(4_000),
})
const half = RATIO_ONE / 2n

test('nothing used is 0 of every cap', () => {
  const use = capUse({ limits, bridges: {} }, { whole: nothing, chains: [], bridges: [] }, nav)
  expect(new Set(Object.values(use))).toEqual(new Set([0n]))
})

test('turnover and losses are shares of their caps of NAV', () => {
  const whole = { ...nothing, hourTurnover: 50n * ONE_USD, dayLoss: 10n * ONE_USD }
  const use = capUse({ limits, bridges: {} }, { whole, chains: [], bridges: [] }, nav)
  expect([use['turnover-hour'], use['loss-day']]).toEqual([half, RATIO_ONE])
})

test('of what chains and bridges have each, the fullest counts, and a bridge nobody configured has little', () => {
  const whole = { ...nothing, allBridgesInFlight: 40n * ONE_USD }
  const used = {
    whole,
    chains: [{ hourTransactions: 3 }, { hourTransactions: 10 }],
    bridges: [{ bridge: 'unheard-of', use: { bridgeInFlight: 5n * ONE_USD } }],
  }
  const use = capUse({ limits, bridges: {} }, used, nav)
  // One hundredth of NAV is what such a bridge may carry; all together may carry 400 USD.
  expect([use['transactions-hour'], use['bridge-in-flight']]).toEqual([half, half])
})

test('a cap that allows nothing is full as soon as anything is used', () => {
  const closed = { limits: { ...limits, dayCycles: 0 }, bridges: {} }
  const use = (dayCycles: number) => capUse(closed, { whole: { ...nothing, dayCycles }, chains: [], bridges: [] }, nav)
  expect([use(0)['cycles-day'], use(1)['cycles-day']]).toEqual([0n, RATIO_ONE])
})

test('a cap never looks emptier than it is', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 24n), fc.bigInt(1n, 10n ** 24n), (dayTurnover, worth) => {
      const tight = { limits: looseLimits({ dayTurnover: RATIO_ONE }), bridges: {} }
      const used = { whole: { ...nothing, dayTurnover }, chains: [], bridges: [] }
      const use = capUse(tight, used, worth)['turnover-day']
      expect(use * worth >= dayTurnover * RATIO_ONE).toBe(true)
    }),
  )
})
