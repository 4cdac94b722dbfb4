import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anAssetState, anyState, aState, aCovariance } from '../../../test/support/rebalancing.js'
import { createPolicy, type PolicyName } from '../rebalancing/registry.js'
import type { PortfolioState, RebalancingPolicy } from '../rebalancing/rebalancing-policy.js'
import { absolute, RATIO_ONE, ratioOfBasisPoints, ratioToNumber } from '../units/ratio.js'
import { ONE_USD, usdToNumber } from '../units/usd.js'
import { ruleConvexity } from './rule-convexity.js'

const NAV = 10_000_000n * ONE_USD
const bps = ratioOfBasisPoints
const itself = (asset: string) => asset
const threshold = (reset: 'target' | 'edge', band?: bigint) =>
  createPolicy({ name: 'absolute-threshold', parameters: { reset, ...(band !== undefined && { band }) } })

function convexityOf(policy: RebalancingPolicy, state: PortfolioState, follows = itself) {
  return ruleConvexity({ policy, state, nav: NAV, follows })
}

describe('convexity of the rebalancing rule', () => {
  test('without a band the rule is a constant mix', () => {
    const state = aState([anAssetState('ETH', 6_000, 0), anAssetState('USD', 4_000, 0)])
    const { atRest, assets } = convexityOf(threshold('target', 0n), state)
    expect(atRest).toMatchObject({ trade: false, turnover: 0n })
    const [eth] = assets
    expect(usdToNumber(eth!.up.constantMix)).toBe(-24_000)
    expect(usdToNumber(eth!.down.constantMix)).toBe(24_000)
    for (const { trade, exposure, turnover, constantMix } of [eth!.up, eth!.down]) {
      expect(trade).toBe(true)
      expect(absolute(exposure - constantMix)).toBeLessThan(ONE_USD / 1_000n)
      expect(absolute(turnover - absolute(exposure))).toBeLessThan(ONE_USD / 1_000n)
    }
    expect([eth!.tradesFromUp, eth!.tradesFromDown]).toEqual([bps(1), bps(1)])
  })

  test('inside its band the rule lets exposure follow the price, up to the move that reaches the edge', () => {
    const state = aState([anAssetState('ETH', 5_000, 0, { band: 500 }), anAssetState('USD', 5_000, 0, { band: 500 })])
    const [eth] = convexityOf(threshold('edge'), state).assets
    expect(eth!.up).toMatchObject({ move: bps(100), trade: false, code: 'within-band', exposure: 0n, turnover: 0n })
    expect(eth!.down).toMatchObject({ move: -bps(100), trade: false, exposure: 0n })
    // w(1 + m)/(1 + w·m) = 55 % at m = 22.2 %, and 45 % at m = -18.2 %.
    expect(ratioToNumber(eth!.tradesFromUp!)).toBeCloseTo(0.2223, 10)
    expect(ratioToNumber(eth!.tradesFromDown!)).toBeCloseTo(0.1819, 10)
  })

  test('beyond the edge it trades away what is beyond', () => {
    const state = aState([
      anAssetState('ETH', 5_000, 495, { band: 500 }),
      anAssetState('USD', 5_000, -495, { band: 500 }),
    ])
    const [eth] = convexityOf(threshold('edge'), state).assets
    const weight = (0.5495 * 1.01) / (1 + 0.5495 * 0.01)
    const nav = 10_000_000 * (1 + 0.5495 * 0.01)
    expect(eth!.up).toMatchObject({ trade: true, code: 'trade' })
    expect(usdToNumber(eth!.up.exposure)).toBeCloseTo(-(weight - 0.55) * nav, 4)
    expect(eth!.down).toMatchObject({ trade: false, exposure: 0n })
  })

  test('a rule that trades at rest says so, and how much', () => {
    const state = aState([anAssetState('ETH', 5_000, 800), anAssetState('USD', 5_000, -800)])
    const { atRest, assets } = convexityOf(threshold('target'), state)
    expect(atRest).toEqual({ move: 0n, trade: true, code: 'trade', turnover: (NAV * 8n) / 100n })
    expect(assets.map(({ tradesFromUp, tradesFromDown }) => [tradesFromUp, tradesFromDown])).toEqual([
      [0n, 0n],
      [0n, 0n],
    ])
  })

  test('a rule in its cooldown trades after no move, whoever asked before', () => {
    const policy = createPolicy({ name: 'absolute-threshold', parameters: { cooldownMs: 3_600_000 } })
    const state = aState([anAssetState('ETH', 5_000, 800), anAssetState('USD', 5_000, -800)])
    const held = { ...state, lastTradedAt: state.now - 1_000, isAsked: true }
    const { atRest, assets } = convexityOf(policy, held)
    expect(atRest).toMatchObject({ trade: false, code: 'cooldown' })
    expect(assets[0]).toMatchObject({ tradesFromUp: undefined, tradesFromDown: undefined })
  })

  test('a staked coin moves with the coin, and both are one exposure', () => {
    const state = aState([
      anAssetState('ETH', 3_000, 0),
      anAssetState('stETH', 3_000, 0),
      anAssetState('USD', 4_000, 0),
    ])
    const follows = (asset: string) => (asset === 'stETH' ? 'ETH' : asset)
    const { assets } = convexityOf(threshold('target', 0n), state, follows)
    expect(assets.map(({ asset }) => asset)).toEqual(['ETH', 'USD'])
    expect(usdToNumber(assets[0]!.up.constantMix)).toBe(-24_000)
    expect(absolute(assets[0]!.up.exposure - assets[0]!.up.constantMix)).toBeLessThan(ONE_USD / 1_000n)
  })

  test('of a single asset nothing is traded and nothing rebalanced', () => {
    const state = aState([anAssetState('ETH', 10_000, 0)])
    const { atRest, assets } = convexityOf(threshold('target'), state)
    expect(atRest.code).toBe('too-few')
    expect(assets).toHaveLength(1)
    expect(assets[0]!.up).toMatchObject({ trade: false, exposure: 0n, constantMix: 0n })
    expect(assets[0]!.tradesFromUp).toBeUndefined()
  })

  test('the impulse band adds no exposure of what rose and trades no more than a constant mix from its targets', () => {
    const weights = fc.integer({ min: 500, max: 9_500 })
    fc.assert(
      fc.property(weights, fc.double({ min: 0.1, max: 1.5, noNaN: true }), (target, volatility) => {
        const state = aState([anAssetState('ETH', target, 0), anAssetState('USD', 10_000 - target, 0)], {
          covariance: aCovariance([volatility, 0.01]),
          fixedCost: 2e-5,
        })
        const [eth] = convexityOf(createPolicy({ name: 'impulse-band', parameters: {} }), state).assets
        expect(eth!.up.exposure <= 0n && eth!.down.exposure >= 0n).toBe(true)
        expect(absolute(eth!.up.exposure) <= absolute(eth!.up.constantMix) + ONE_USD).toBe(true)
        expect(absolute(eth!.down.exposure) <= absolute(eth!.down.constantMix) + ONE_USD).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test.each<PolicyName>(['absolute-threshold', 'relative-threshold', 'impulse-band', 'tracking-error'])(
    'every state has an answer of the %s policy, the same each time, and it leaves the state alone',
    (name) => {
      const policy = createPolicy({ name, parameters: {} })
      fc.assert(
        fc.property(anyState, (state) => {
          const before = structuredClone(state)
          const found = convexityOf(policy, state)
          expect(convexityOf(policy, state)).toEqual(found)
          expect(state).toEqual(before)
          for (const { up, down, tradesFromUp, tradesFromDown } of found.assets) {
            expect([up.move, down.move]).toEqual([bps(100), -bps(100)])
            expect(absolute(up.exposure) <= up.turnover).toBe(true)
            for (const move of [tradesFromUp, tradesFromDown])
              expect(move === undefined || (move >= 0n && move <= RATIO_ONE / 2n)).toBe(true)
          }
        }),
        { numRuns: 15 },
      )
    },
  )
})
