import { describe, expect, test } from '@jest/globals'
import { aLeg, aMarket, aPlan, aPolicy, aToken, aValuation, WETH } from '../../../test/support/builders.js'
import { looseLimits } from '../../../test/support/limits.js'
import { amountOf } from '../units/amount.js'
import { RATIO_ONE, ratioOfBasisPoints } from '../units/ratio.js'
import { ONE_USD } from '../units/usd.js'
import type { Valuation } from '../portfolio/valuation.js'
import type { ChainReading } from '../portfolio/snapshot.js'
import { balanceMove, checkPlan, isUndone, tradesOf } from './sanity.js'

const bps = ratioOfBasisPoints
const USDC = aToken({ asset: 'USD', symbol: 'USDC', decimals: 6 })
const market = aMarket()
const policy = aPolicy({ targets: [{ asset: 'ETH', weight: RATIO_ONE }] })
const ofEth = (units: bigint) => aLeg({ sell: amountOf(WETH, units), expectedOut: amountOf(USDC, 1n) })
const faults = (legs: ReturnType<typeof aLeg>[], changes: Partial<Parameters<typeof checkPlan>[1]> = {}) =>
  checkPlan(aPlan(legs), {
    valuation: aValuation(),
    market,
    policy,
    limits: looseLimits(),
    turnoverLeft: undefined,
    ...changes,
  })

describe('C-54: the sanity of a plan', () => {
  test('a plan that fits has no fault', () => {
    expect(faults([ofEth(10n ** 18n)])).toEqual([])
  })

  test('its targets are a whole', () => {
    const half = aPolicy({ targets: [{ asset: 'ETH', weight: RATIO_ONE / 2n }] })
    expect(faults([ofEth(1n)], { policy: half })).toEqual(['C-54: Targets sum to 5000 bps, expected 10000 bps.'])
  })

  test('all legs together sell no more than there is; what other legs deliver is not counted', () => {
    const most = 10n ** 22n
    expect(faults([ofEth(most)])).toEqual([])
    expect(faults([ofEth(most), { ...ofEth(1n), id: 'plan-1.2' }])).toHaveLength(1)
    expect(faults([ofEth(most), { ...ofEth(1n), funding: [{ leg: 'plan-1.1', units: 1n }] }])).toEqual([])
  })

  test('no leg is more than a quarter of NAV, or than the limits say', () => {
    const limits = looseLimits({ legShare: bps(2_500) })
    // 25 million in NAV, ETH at 3,000
    expect(faults([ofEth(2_083n * 10n ** 18n)], { limits })).toEqual([])
    expect(faults([ofEth(2_084n * 10n ** 18n)], { limits })).toHaveLength(1)
  })

  test('it trades no more than the budgets have left; crossings are no trade', () => {
    const left = { turnoverLeft: 2_999n * ONE_USD }
    expect(faults([ofEth(10n ** 18n)], left)).toHaveLength(1)
    expect(faults([{ ...ofEth(10n ** 18n), kind: 'bridge' }], left)).toEqual([])
  })
})

describe('C-53: how far balances moved', () => {
  const reading = (units: bigint): ChainReading => ({
    chain: 'alpha',
    status: 'known',
    block: { number: 1n, hash: '0x1', timestamp: 0 },
    baseFee: 0n,
    holdings: [amountOf(WETH, units)],
    problems: [],
  })

  test('is the value of what changed, up or down, as a share of NAV', () => {
    expect(balanceMove(aValuation(), market, [reading(10n ** 22n)])).toBe(0n)
    const more = balanceMove(aValuation(), market, [reading(10n ** 22n + 50n * 10n ** 18n)])
    const less = balanceMove(aValuation(), market, [reading(10n ** 22n - 50n * 10n ** 18n)])
    // 150,000 of 25 million
    expect([more, less].map((share) => share / 10n ** 14n)).toEqual([60n, 60n])
  })

  test('a chain that is silent now shows nothing', () => {
    expect(balanceMove(aValuation(), market, [{ chain: 'alpha', status: 'unknown', reason: 'x' }])).toBe(0n)
    expect(balanceMove({ nav: 0n, isComplete: true, assets: [] } satisfies Valuation, market, [])).toBe(0n)
  })
})

describe('C-51: what a cycle trades all in all', () => {
  const leg = (sold: string, bought: string, units: bigint) =>
    aLeg({
      sell: amountOf({ ...WETH, asset: sold }, units),
      expectedOut: amountOf({ ...WETH, asset: bought }, units),
    })
  const prices = new Map<string, bigint>(['ETH', 'USD', 'BTC', 'LINK'].map((asset) => [asset, ONE_USD]))
  const flat = { ...market, prices }

  test('an asset that only passes money on is none of it', () => {
    const plan = aPlan([leg('ETH', 'USD', 10n ** 20n), leg('USD', 'BTC', 99n * 10n ** 18n)])
    expect(tradesOf(plan, flat, ['ETH', 'USD'])).toEqual([['ETH', 'BTC']])
    expect(tradesOf(plan, flat, ['USD', 'BTC'])).toEqual([['ETH', 'BTC']])
  })

  test('a hub that is bought itself is part of it', () => {
    const plan = aPlan([leg('ETH', 'USD', 10n ** 20n), leg('USD', 'BTC', 5n * 10n ** 19n)])
    expect(tradesOf(plan, flat, ['ETH', 'USD'])).toEqual([['ETH', 'USD']])
    expect(tradesOf(plan, flat, ['USD', 'BTC'])).toEqual([['ETH', 'BTC']])
  })

  test('is undone by the opposite pair alone, and not by hops that meet', () => {
    const flows = [
      { cycle: 'a', sold: 'ETH', bought: 'USD', value: 100n },
      { cycle: 'a', sold: 'USD', bought: 'BTC', value: 100n },
    ]
    expect(isUndone(flows, [['BTC', 'ETH']])).toBe(true)
    expect(isUndone(flows, [['ETH', 'BTC']])).toBe(false)
    expect(isUndone(flows, [['USD', 'ETH']])).toBe(false)
    expect(isUndone(flows, [['BTC', 'USD']])).toBe(false)
    const apart = flows.map((flow, index) => ({ ...flow, cycle: String(index) }))
    expect(isUndone(apart, [['USD', 'ETH']])).toBe(true)
  })
})
