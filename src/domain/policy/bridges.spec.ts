import { describe, expect, test } from '@jest/globals'
import { addressOf, aToken } from '../../../test/support/builders.js'
import { looseLimits } from '../../../test/support/limits.js'
import { ratioOfBasisPoints, RATIO_ONE } from '../units/ratio.js'
import {
  bridgeLimits,
  type BridgeTerms,
  bridgeTermsOf,
  type Crossing,
  mayBeginTransfer,
  plannedShareOf,
  TIER_CAPS,
  UNKNOWN_BRIDGE,
} from './bridges.js'

const usdc = aToken({ chain: 'beta', address: addressOf(0xcb) })
const weth = aToken({ chain: 'beta', asset: 'ETH', address: addressOf(0xbe) })
const next: Crossing = { bridge: 'swift', origin: 'alpha', expected: usdc }
const terms: BridgeTerms = { ...UNKNOWN_BRIDGE, hasIds: true }

describe('mayBeginTransfer', () => {
  test('a bridge that gives ids may have several under way', () => {
    expect(mayBeginTransfer([], next, terms)).toBeUndefined()
    expect(mayBeginTransfer([{ ...next, state: 'in_flight' }, next], next, terms)).toBeUndefined()
  })

  test.each([
    ['the same token there', usdc, 'swift', 'BRIDGE_CAP'],
    ['another token', weth, 'swift', undefined],
    ['the same token elsewhere', aToken({ chain: 'gamma', address: usdc.address }), 'swift', undefined],
    ['the same token over another bridge', usdc, 'ferry', undefined],
  ])('without ids only one goes per bridge, destination and token: beside %s', (_name, expected, bridge, code) => {
    const open = [{ ...next, expected, bridge, origin: 'delta' }]
    expect(mayBeginTransfer(open, next, UNKNOWN_BRIDGE)?.code).toBe(code)
  })

  test.each(['late', 'lost_suspected'] as const)('C-61: none begins on a bridge that has one %s', (state) => {
    const overdue = { ...next, expected: weth, state }
    expect(mayBeginTransfer([overdue], next, terms)?.code).toBe('BRIDGE_CAP')
    expect(mayBeginTransfer([{ ...overdue, bridge: 'ferry' }], next, terms)).toBeUndefined()
  })

  test('C-64: only routes that are allowed, in their direction', () => {
    const route = { origin: 'alpha', destination: 'beta', asset: usdc.asset }
    const may = (routes: BridgeTerms['routes']) => mayBeginTransfer([], next, { ...terms, routes })?.code
    expect(may([route])).toBeUndefined()
    for (const wrong of [
      [],
      [{ ...route, origin: 'beta' }],
      [{ ...route, destination: 'alpha' }],
      [{ ...route, asset: 'ETH' }],
    ])
      expect(may(wrong)).toBe('POLICY_DENIED')
  })
})

describe('the caps of a bridge (C-60)', () => {
  const bps = ratioOfBasisPoints

  test('are the tighter ones of its own and the portfolio', () => {
    const limits = looseLimits({ bridgeInFlight: bps(200), bridgeDay: bps(1_000) })
    expect(bridgeLimits(limits, { ...terms, inFlight: bps(50), day: bps(5_000) })).toEqual({
      ...limits,
      bridgeInFlight: bps(50),
      bridgeDay: bps(1_000),
    })
  })

  test('are those of the lowest tier for a bridge of which nothing is configured', () => {
    expect(bridgeTermsOf({ swift: terms }, 'swift')).toBe(terms)
    expect(bridgeTermsOf({ swift: terms }, 'ferry')).toMatchObject({ tier: 'other', hasIds: false, ...TIER_CAPS.other })
    expect(TIER_CAPS.liquidity).toEqual({ inFlight: RATIO_ONE, day: RATIO_ONE })
  })

  test('are planned with to nine tenths', () => {
    expect(plannedShareOf({ ...terms, inFlight: bps(400), day: bps(300) })).toBe(bps(270))
  })
})
