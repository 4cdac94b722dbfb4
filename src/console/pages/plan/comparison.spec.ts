import { describe, expect, test } from '@jest/globals'
import type { Cycle, Plan, PlannedLeg } from './api.js'
import { comparedWith, costParts, overLeast, savedAgainst } from './comparison.js'
import { heldAround, movedBy } from './holdings.js'

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

test('overLeast tells per cent up to twice the least, and a multiple from there on', () => {
  const told = (gap: string) => {
    const { figure, relation, isNear } = overLeast(gap)
    return [`${figure} ${relation}`, isNear]
  }
  expect(told('1.0231')).toEqual(['2.31 % above the least', true])
  expect(told('1.5')).toEqual(['50.00 % above the least', false])
  expect(told('1.00001')).toEqual(['<0.01 % above the least', true])
  expect([told('1'), told('0.9999999')]).toEqual([
    ['as good as the least', true],
    ['as good as the least', true],
  ])
  expect(told('30.9767')).toEqual(['31 times the least', false])
  expect(told('2997.67')).toEqual(['2,997.7 times the least', false])
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

  test('of what has ended, takes what was sold and received, and nothing where nothing was', () => {
    const ran = [
      { sold: amount('bay', '0xaa', '4'), received: amount('bay', '0xbb', '7.5') },
      { sold: amount('bay', '0xaa', '1'), received: null },
      { sold: null, received: null },
    ] as unknown as Cycle['legs']
    const came = heldAround(measured, movedBy({ outcome: 'traded', legs: ran })!)
    expect(came({ chain: 'bay', address: '0xaa', symbol: '' })).toEqual({ before: '10.5', after: '5.5' })
    expect(came({ chain: 'bay', address: '0xbb', symbol: '' })).toEqual({ before: '0', after: '7.5' })
    expect(movedBy({ outcome: null, legs: ran })).toBeUndefined()
    expect(movedBy({ outcome: 'planned', legs: ran.slice(2) })).toBeUndefined()
  })

  test('does not know what lies on a chain that did not answer', () => {
    expect(at('cove', '0xbb')).toBeUndefined()
  })
})
