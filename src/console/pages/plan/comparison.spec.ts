import { describe, expect, test } from '@jest/globals'
import type { Cycle, Plan, PlannedLeg } from './api.js'
import { comparedWith, costParts, savedAgainst } from './comparison.js'
import { heldAround } from './holdings.js'

const PLAN = {
  cost: { slippageUsd: '60', feesUsd: '-5', gasUsd: '30', bridgeUsd: '10', totalUsd: '95' },
  unmet: [
    { asset: 'LINK', valueUsd: '-7.5', reason: '' },
    { asset: 'DAI', valueUsd: '2.5', reason: '' },
  ],
  alternatives: [
    { name: 'nothing', costUsd: '0', unmetUsd: '900' },
    { name: 'naive', costUsd: null, unmetUsd: '900' },
    { name: 'greedy', costUsd: '190.1', unmetUsd: '4' },
  ],
} satisfies Pick<Plan, 'cost' | 'unmet' | 'alternatives'>

describe('comparedWith', () => {
  test('has the plan first, then what is nearest to it, each with what it leaves', () => {
    expect(comparedWith(PLAN).map(({ name, costUsd, unmetUsd }) => [name, costUsd, unmetUsd])).toEqual([
      ['This plan', '95', '10'],
      ['Best single route', '190.1', '4'],
      ['One order each', null, '900'],
      ['Doing nothing', '0', '900'],
    ])
  })

  test('makes bars as long as the dearest is dear', () => {
    expect(comparedWith(PLAN).map(({ length }) => Math.round(length * 100))).toEqual([50, 100, 0, 0])
    const free = { ...PLAN, cost: { ...PLAN.cost, totalUsd: '0' }, alternatives: [] }
    expect(comparedWith(free)[0]?.length).toBe(0)
  })
})

test('savedAgainst is what the best single route costs more and leaves more', () => {
  expect(savedAgainst(comparedWith(PLAN))).toEqual({ costUsd: '95.1', unmetUsd: '-6' })
  expect(savedAgainst(comparedWith({ ...PLAN, alternatives: [] }))).toBeUndefined()
})

test('costParts gives what brings something no share of what costs', () => {
  expect(costParts(PLAN.cost).map(({ name, usd, share }) => [name, usd, share])).toEqual([
    ['Slippage', '60', 0.6],
    ['Fees', '-5', 0],
    ['Gas', '30', 0.3],
    ['Bridge', '10', 0.1],
  ])
  const nothing = { slippageUsd: '0', feesUsd: '0', gasUsd: '0', bridgeUsd: '0', totalUsd: '0' }
  expect(costParts(nothing).every(({ share }) => share === 0)).toBe(true)
})

describe('heldAround', () => {
  const amount = (chain: string, address: string, text: string) => ({
    chain,
    address,
    amount: text,
    symbol: '',
    units: '',
  })
  const measured = {
    chains: [{ chain: 'bay', valueUsd: '1' }],
    assets: [{ positions: [{ ...amount('bay', '0xAa', '10.5'), valueUsd: '1' }] }, {}],
  } as unknown as Pick<Cycle, 'assets' | 'chains'>
  const legs = [
    { sell: amount('bay', '0xaa', '4.25'), expectedOut: amount('bay', '0xbb', '8') },
    { sell: amount('bay', '0xbb', '3'), expectedOut: amount('cove', '0xbb', '3') },
  ] as unknown as PlannedLeg[]
  const held = heldAround(measured, legs)
  const at = (chain: string, address: string) => held({ chain, address, symbol: '' })

  test('takes off what is sold and adds what is to come', () => {
    expect(at('bay', '0xAA')).toEqual({ before: '10.5', after: '6.25' })
    expect(at('bay', '0xbb')).toEqual({ before: '0', after: '5' })
  })

  test('does not know what lies on a chain that did not answer', () => {
    expect(at('cove', '0xbb')).toBeUndefined()
  })
})
