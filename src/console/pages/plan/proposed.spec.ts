import { describe, expect, test } from '@jest/globals'
import type { Plan } from './api.js'
import { decimalsIn, decimalTextOf, differencesOf, proposedPlan } from './proposed.js'

const amount = (units: string) => ({ chain: 'bay', token: '0xAb', units, symbol: 'WETH' })
const LEG = {
  id: 'c.1',
  kind: 'swap',
  venue: 'lifi',
  tool: 'uniswapV3',
  sell: amount('10'),
  expectedOut: amount('9'),
  minimumOut: amount('8'),
  funding: [],
}
const CONTENT = { portfolio: 'treasury', cycle: 'c', account: '0x1', chains: ['bay'], legs: [LEG] }
const drawn = (more: object = {}) => {
  const wire = (units: string) => ({ chain: 'bay', address: '0xaB', units, symbol: 'WETH', amount: units })
  const leg = { ...LEG, sell: wire('10'), expectedOut: wire('9'), minimumOut: wire('8'), ...more }
  return { legs: [leg] } as unknown as Plan
}

test('proposedPlan reads what a digest stands for, and nothing that is made otherwise', () => {
  expect(proposedPlan(CONTENT)?.legs).toEqual([LEG])
  expect(proposedPlan({ ...CONTENT, account: 1 })).toBeUndefined()
  expect(proposedPlan({ ...CONTENT, legs: [{ ...LEG, sell: { units: '1' } }] })).toBeUndefined()
  expect(proposedPlan({ scope: 'all' })).toBeUndefined()
})

describe('differencesOf', () => {
  const proposed = proposedPlan(CONTENT)!

  test('finds none where the picture is of what is proposed', () => {
    expect(differencesOf(proposed, drawn())).toEqual([])
  })

  test('A-08: finds another amount, token, venue, tool or funding, and legs too many or too few', () => {
    const wire = { chain: 'bay', address: '0xaB', units: '7', symbol: 'WETH', amount: '7' }
    for (const more of [
      { minimumOut: wire },
      { sell: { ...wire, units: '10', address: '0xcd' } },
      { venue: 'zeroex' },
      { tool: 'other' },
      { kind: 'bridge' },
      { funding: [{ leg: 'c.0', units: '10' }] },
    ])
      expect(differencesOf(proposed, drawn(more))).toEqual(['Leg c.1 is proposed otherwise than it is drawn.'])
    expect(differencesOf(proposed, { legs: [] } as unknown as Plan)).toEqual(['Leg c.1 is only in what is proposed.'])
    expect(differencesOf({ ...proposed, legs: [] }, drawn())).toEqual(['Leg c.1 is only in what is drawn.'])
  })
})

describe('decimalsIn', () => {
  const decimalsOf = decimalsIn({
    config: {
      assets: { ETH: { tokens: [{ chain: 'bay', address: '0xaB', decimals: 2 }] }, USD: {} },
      chains: { bay: { native: { decimals: 18 } }, cove: {} },
    },
  })

  test('makes base units readable, exactly', () => {
    expect(decimalTextOf(amount('1234'), decimalsOf)).toBe('12.34')
    expect(decimalsOf({ chain: 'bay', token: `0x${'0'.repeat(40)}` })).toBe(18)
  })

  test('leaves the units of what is not configured as they are', () => {
    expect(decimalTextOf({ ...amount('1234'), chain: 'cove' }, decimalsOf)).toBeUndefined()
    expect(decimalTextOf(amount('-1'), decimalsOf)).toBeUndefined()
    expect(decimalsIn({ config: {} })(amount('1'))).toBeUndefined()
  })
})
